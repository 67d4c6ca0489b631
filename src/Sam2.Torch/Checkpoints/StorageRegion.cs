using System.IO.Hashing;
using TorchSharp;

namespace Sam2.Torch.Checkpoints;

/// <summary>The bytes of one storage in a file. Tensors that share a storage share the instance.</summary>
internal sealed class StorageRegion(ByteSource source, string name, long offset, long length, uint? crc)
{
    private const int BlockBytes = 1 << 20;

    private bool _verified = crc is null;

    public ByteSource Source => source;

    public string Name => name;

    /// <summary>Number of its bytes.</summary>
    public long Length => length;

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="start"/>; the storage's checksum is verified once.</summary>
    /// <exception cref="CheckpointException">The checksum is wrong, or reading fails.</exception>
    public void Read(long start, Span<byte> destination)
    {
        if (start < 0 || start > length - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(start));
        var sum = new Crc32();
        // The whole storage at once: the checksum is taken from the bytes as they pass, while they are in the cache.
        var inPassing = !_verified && start == 0 && destination.Length == length;
        if (!_verified && !inPassing)
            Verify();
        for (var done = 0; done < destination.Length;)
        {
            var block = destination.Slice(done, Math.Min(BlockBytes, destination.Length - done));
            source.Read(offset + start + done, block);
            if (inPassing)
                sum.Append(block);
            done += block.Length;
        }
        if (inPassing)
            Confirm(sum.GetCurrentHashAsUInt32());
    }

    /// <summary>Verifies the checksum, if there is one and it has not been verified before.</summary>
    public void Verify()
    {
        if (_verified)
            return;
        var sum = new Crc32();
        var buffer = new byte[(int)Math.Min(BlockBytes, length)];
        for (long done = 0; done < length;)
        {
            var block = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - done));
            source.Read(offset + done, block);
            sum.Append(block);
            done += block.Length;
        }
        Confirm(sum.GetCurrentHashAsUInt32());
    }

    private void Confirm(uint sum)
    {
        if (sum != crc)
            throw source.Bad($"the checksum of '{name}' is wrong (CRC-32 {sum:x8}, the archive says {crc:x8})", CheckpointRemedy.Redownload);
        _verified = true;
    }
}

/// <summary>A storage as a pickle refers to it: a typed range of a region.</summary>
/// <param name="Region">The bytes; null until the file has been read to where they lie (legacy format).</param>
/// <param name="Type">Element type.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="FirstElement">First element inside the region, in elements.</param>
internal sealed record StorageReference(StorageSlot Region, torch.ScalarType Type, long Count, long FirstElement);

/// <summary>Where a storage's region will be found. In the legacy format regions follow the pickle that describes them.</summary>
internal sealed class StorageSlot(string key)
{
    private StorageRegion? _region;

    public string Key { get; } = key;

    public bool IsLocated => _region is not null;

    public StorageRegion Region
    {
        get => _region ?? throw new InvalidOperationException($"Storage '{Key}' has not been located.");
        set => _region = value;
    }
}
