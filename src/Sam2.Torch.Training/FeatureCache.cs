using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>How much room the features of pictures may take while the image encoder is frozen.</summary>
public sealed record FeatureCacheSettings
{
    /// <summary>Megabytes in memory. A picture of 1024×1024 pixels takes 17 in fp32.</summary>
    public int MemoryMb { get; init; } = 1024;

    /// <summary>Megabytes on the disk, in the run's folder, for what doesn't fit into memory; what doesn't fit there either is encoded again each time.</summary>
    public int DiskMb { get; init; } = 16_384;
}

/// <summary>
/// Keeps what a frozen image encoder makes of pictures, so that a step of training on pictures that it has seen before costs no encoder.
/// Pictures are known by their pixels, as the model gets them: whatever changes them, such as an augmentation, makes another picture of
/// them. <see cref="Batches.ClipSampling.Views"/> keeps the number of these small.
/// </summary>
/// <remarks>Several threads may use a cache at the same time. What is on the disk serves a later process too, with the same encoder.</remarks>
public sealed class FeatureCache : IDisposable
{
    private const string Ending = ".features";

    /// <summary>Names of the weights that features depend on, by their beginnings. The decoder makes its skip connections of the features.</summary>
    private static readonly string[] Encoder = ["image_encoder.", "sam_mask_decoder.conv_s0.", "sam_mask_decoder.conv_s1."];

    private readonly string _folder;
    private readonly long _memoryBytes;
    private readonly long _diskBytes;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ImageFeatures> _features = [];
    private readonly ConditionalWeakTable<Sam2Model, byte[]> _fingerprints = [];
    private long _inMemory;
    private long _onDisk;

    /// <summary>Opens a cache.</summary>
    /// <param name="folder">The folder of its files, created when it is needed. Files of an earlier process are used.</param>
    /// <param name="settings">How large it may get.</param>
    /// <exception cref="ArgumentException">A size is negative.</exception>
    public FeatureCache(string folder, FeatureCacheSettings settings)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.MemoryMb < 0 || settings.DiskMb < 0)
            throw new ArgumentException($"feature_cache has {settings.MemoryMb} MB of memory and {settings.DiskMb} of the disk; neither can be negative.");
        (_folder, _memoryBytes, _diskBytes) = (folder, settings.MemoryMb * 1_000_000L, settings.DiskMb * 1_000_000L);
        _onDisk = Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*" + Ending).Sum(file => file.Length) : 0;
    }

    /// <summary>How many pictures have been encoded, because they were in neither memory nor files.</summary>
    public long Encoded { get; private set; }

    /// <summary>Bytes of features in memory.</summary>
    public long BytesInMemory => _inMemory;

    /// <summary>Bytes of features on the disk.</summary>
    public long BytesOnDisk => _onDisk;

    /// <summary>Checks that nothing changes a model's features while it is trained.</summary>
    /// <exception cref="ArgumentException">A weight of the encoder is trained, or the encoder is random; the message says what to set.</exception>
    public static void Require(Sam2Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (FrozenOnly(model).FirstOrDefault(weight => weight.parameter.requires_grad).name is { } trained)
            throw new ArgumentException(
                $"Features are kept (feature_cache), but {trained} is trained, which changes them. Freeze image_encoder.* and sam_mask_decoder.conv_s*, or keep no features.");
        var trunk = model.Config.ImageEncoder.Trunk;
        if (trunk.Randomness.FirstOrDefault(setting => setting.Value > 0) is { Value: > 0 } random)
            throw new ArgumentException(
                $"Features are kept (feature_cache), but image_encoder.trunk.{random.Setting} is {random.Value}, which makes them random. Set it to 0, or keep no features.");
        if (trunk.KeepsStatistics)
            throw new ArgumentException(
                $"Features are kept (feature_cache), but the trunk ({trunk.Summary}) has batch normalisation, whose statistics change in training and the features with them. Keep no features.");
    }

    /// <summary>The features of images, from the cache where it has them.</summary>
    /// <param name="model">The model, which <see cref="Require"/> accepts.</param>
    /// <param name="images"><c>[B, 3, S, S]</c>, normalised, on the model's device.</param>
    /// <returns>Features without a graph, in the current dispose scope.</returns>
    public ImageFeatures Encode(Sam2Model model, Tensor images)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var all = Enumerable.Range(0, (int)images.size(0)).Select(i => One(model, images.narrow(0, i, 1))).ToList();
        Tensor Joined(Func<ImageFeatures, Tensor> part) => all.Count == 1 ? part(all[0]) : cat([.. all.Select(part)], 0);
        return new ImageFeatures(
            Joined(f => f.Embedding), all[0].HighRes is null ? null : new(Joined(f => f.HighRes!.Stride8), Joined(f => f.HighRes!.Stride4))).MoveToOuterDisposeScope();
    }

    /// <summary>Forgets all features, and removes their files.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var features in _features.Values)
                features.Dispose();
            _features.Clear();
            (_inMemory, _onDisk) = (0, 0);
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Frees the memory; files stay.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var features in _features.Values)
                features.Dispose();
            _features.Clear();
            _inMemory = 0;
        }
    }

    /// <summary>The features of an image <c>[1, 3, S, S]</c>, copied for the caller's dispose scope.</summary>
    private ImageFeatures One(Sam2Model model, Tensor image)
    {
        var key = KeyOf(model, image);
        lock (_lock)
            if (_features.TryGetValue(key, out var known))
                return Aliases(known);
        var path = Path.Combine(_folder, key + Ending);
        if (FeatureFile.TryRead(path, model) is { } read)
            return read;
        var features = model.EncodeImage(image);
        lock (_lock)
        {
            Encoded++;
            Keep(key, path, features);
        }
        return features;
    }

    private void Keep(string key, string path, ImageFeatures features)
    {
        var bytes = FeatureFile.Tensors(features).Sum(tensor => tensor.numel() * tensor.element_size());
        if (_features.ContainsKey(key))
            return;
        if (_inMemory + bytes <= _memoryBytes)
        {
            _features.Add(key, new ImageFeatures(
                features.Embedding.alias().DetachFromDisposeScope(),
                features.HighRes is { } fine ? new(fine.Stride8.alias().DetachFromDisposeScope(), fine.Stride4.alias().DetachFromDisposeScope()) : null));
            _inMemory += bytes;
        }
        else if (_onDisk + bytes <= _diskBytes && FeatureFile.TryWrite(path, features))
        {
            _onDisk += bytes;
        }
    }

    private static ImageFeatures Aliases(ImageFeatures features) => new(
        features.Embedding.alias(), features.HighRes is { } fine ? new(fine.Stride8.alias(), fine.Stride4.alias()) : null);

    /// <summary>A picture's pixels and the encoder's weights, as a name.</summary>
    private string KeyOf(Sam2Model model, Tensor image)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_fingerprints.GetValue(model, Fingerprint));
        Add(hash, image);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    private static byte[] Fingerprint(Sam2Model model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, parameter) in FrozenOnly(model))
            Add(hash, parameter);
        return hash.GetHashAndReset();
    }

    private static void Add(IncrementalHash hash, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        hash.AppendData(TensorMemory.Span<byte>(tensor.detach().cpu().contiguous()));
    }

    private static IEnumerable<(string name, TorchSharp.Modules.Parameter parameter)> FrozenOnly(Sam2Model model) =>
        model.named_parameters().Where(weight => Encoder.Any(start => weight.name.StartsWith(start, StringComparison.Ordinal)));
}

/// <summary>Features of a picture as a file: for each tensor its shape and its bytes. Only the process that wrote it, or one of the same run, reads it.</summary>
internal static class FeatureFile
{
    private const int Dimensions = 4;

    /// <summary>The tensors of features, in the order of the file.</summary>
    public static IReadOnlyList<Tensor> Tensors(ImageFeatures features) =>
        features.HighRes is { } fine ? [features.Embedding, fine.Stride8, fine.Stride4] : [features.Embedding];

    /// <summary>Writes a file, if there is room.</summary>
    /// <returns>Whether it was written. A cache may fail to keep something; then it is computed again.</returns>
    public static bool TryWrite(string path, ImageFeatures features)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, stream =>
            {
                foreach (var tensor in Tensors(features))
                {
                    using var scope = NewDisposeScope();
                    using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
                    foreach (var side in tensor.shape)
                        writer.Write(side);
                    writer.Flush();
                    stream.Write(TensorMemory.Span<byte>(tensor.cpu().contiguous()));
                }
            }, e => new IOException(e.Message, e), flushToDisk: false);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Reads a file; null if it isn't there or not whole.</summary>
    public static ImageFeatures? TryRead(string path, Sam2Model model)
    {
        try
        {
            if (!File.Exists(path))
                return null;
            using var reader = new BinaryReader(File.OpenRead(path));
            var count = model.Config.UseHighResFeaturesInSam ? 3 : 1;
            var tensors = Enumerable.Range(0, count).Select(_ => Read(reader, model)).ToList();
            return new ImageFeatures(tensors[0], count == 3 ? new(tensors[1], tensors[2]) : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    private static Tensor Read(BinaryReader reader, Sam2Model model)
    {
        using var scope = NewDisposeScope();
        var shape = Enumerable.Range(0, Dimensions).Select(_ => reader.ReadInt64()).ToArray();
        var left = reader.BaseStream.Length - reader.BaseStream.Position;
        if (shape.Any(side => side is < 1 or > 1 << 16) || shape.Aggregate(1.0, (product, side) => product * side) > left)
            throw new InvalidDataException("The file is damaged.");
        var tensor = empty(shape, dtype: model.Precision);
        reader.BaseStream.ReadExactly(TensorMemory.Span<byte>(tensor));
        return tensor.to(model.Device).MoveToOuterDisposeScope();
    }
}
