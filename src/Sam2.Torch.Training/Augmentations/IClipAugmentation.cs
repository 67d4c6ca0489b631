using System.Collections.Concurrent;
using Sam2.Torch.Configuration;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>
/// A random change of a clip that moves its masks along with the pictures (training/dataset/transforms.py). One that is a record can
/// be given a name for recipes: see <see cref="ClipAugmentations.Register"/>.
/// </summary>
/// <remarks>Several threads may call one augmentation at the same time, each for a clip of its own.</remarks>
public interface IClipAugmentation
{
    /// <summary>Changes a clip.</summary>
    /// <param name="clip">The frames; they stay as they are.</param>
    /// <param name="random">The source of all randomness.</param>
    /// <returns>The new frames, with the same objects; a frame that does not change may be returned as it is.</returns>
    IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random);

    /// <summary>Refuses settings that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range; the message names the setting.</exception>
    void Check()
    {
    }
}

/// <summary>A frame of a clip with the masks of its objects, before it becomes the model's input.</summary>
/// <param name="Image">[3, H, W], float32, RGB in [0, 1].</param>
/// <param name="Masks">[O, H, W], bool; all false where an object can't be seen.</param>
public sealed record ClipFrame(Tensor Image, Tensor Masks)
{
    /// <summary>Height in pixels.</summary>
    public long Height => Image.size(1);

    /// <summary>Width in pixels.</summary>
    public long Width => Image.size(2);

    /// <summary>
    /// This frame at another size: the picture is antialiased, masks are interpolated between neighbouring pixels and cut at one half,
    /// as in the original.
    /// </summary>
    public ClipFrame ResizedTo(long height, long width)
    {
        if (height == Height && width == Width)
            return this;
        using var scope = NewDisposeScope();
        var image = F.interpolate(Image.unsqueeze(0), size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false, antialias: true).squeeze(0);
        return new ClipFrame(image.clamp(Scalars.Of(0), Scalars.Of(1)), ResizedMasks(Masks, height, width)).MoveToOuterDisposeScope();
    }

    /// <summary>Masks [O, H, W] at another size, as <see cref="ResizedTo"/> makes them.</summary>
    public static Tensor ResizedMasks(Tensor masks, long height, long width)
    {
        if (masks.size(1) == height && masks.size(2) == width)
            return masks.alias();
        using var scope = NewDisposeScope();
        var soft = F.interpolate(masks.to(float32).unsqueeze(0), size: [height, width], mode: InterpolationMode.Bilinear, align_corners: false);
        return soft.squeeze(0).gt(Scalars.Of(0.5)).MoveToOuterDisposeScope();
    }

    /// <summary>Moves the tensors out of the current dispose scope, so that they outlive it.</summary>
    /// <returns>This frame.</returns>
    public ClipFrame MoveToOuterDisposeScope()
    {
        Image.MoveToOuterDisposeScope();
        Masks.MoveToOuterDisposeScope();
        return this;
    }
}

/// <summary>An augmentation that changes each frame by random parameters, drawn once for the clip or anew for every frame.</summary>
/// <typeparam name="TParameters">The random parameters.</typeparam>
public abstract record FrameAugmentation<TParameters> : IClipAugmentation
{
    /// <summary>Whether all frames of a clip change in the same way; if not, each draws parameters of its own.</summary>
    public bool ConsistentTransform { get; init; } = true;

    /// <inheritdoc/>
    public virtual IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random) => Change(clip, DrawAll(clip, random));

    /// <inheritdoc/>
    public virtual void Check()
    {
    }

    /// <summary>Draws parameters for a frame.</summary>
    protected abstract TParameters Draw(ClipFrame frame, TrainingRandom random);

    /// <summary>
    /// Changes a frame, in a dispose scope of its own. A tensor that stays the same goes into the new frame as an <c>alias()</c>; a frame that
    /// does not change is returned as it is.
    /// </summary>
    protected abstract ClipFrame Change(ClipFrame frame, TParameters parameters);

    /// <summary>The parameters of every frame.</summary>
    protected IReadOnlyList<TParameters> DrawAll(IReadOnlyList<ClipFrame> clip, TrainingRandom random)
    {
        if (!ConsistentTransform)
            return [.. clip.Select(frame => Draw(frame, random))];
        var parameters = Draw(clip[0], random);
        return [.. clip.Select(_ => parameters)];
    }

    /// <summary>Changes all frames.</summary>
    protected IReadOnlyList<ClipFrame> Change(IReadOnlyList<ClipFrame> clip, IReadOnlyList<TParameters> parameters) => [.. clip.Zip(parameters, (frame, drawn) =>
    {
        using var scope = NewDisposeScope();
        var changed = Change(frame, drawn);
        return ReferenceEquals(changed, frame) ? frame : changed.MoveToOuterDisposeScope();
    })];

    /// <summary>Throws if a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is.</exception>
    protected static void RequireRange(string name, double value, double low, double high)
    {
        if (!(value >= low && value <= high))
            throw new ArgumentOutOfRangeException(name, value, $"{Spelling.InFiles(name)} is {value}, but must be from {low} to {high}.");
    }
}

/// <summary>
/// The augmentations that recipes can name in <c>data.train.augmentations</c>, such as <c>{kind: affine, degrees: 25}</c>. Names and
/// defaults are the original's; <see cref="Register"/> adds others.
/// </summary>
public static class ClipAugmentations
{
    private const string Place = "data.train.augmentations";

    private static readonly ConcurrentDictionary<string, IClipAugmentation> Kinds = new(new Dictionary<string, IClipAugmentation>
    {
        ["horizontal_flip"] = new RandomHorizontalFlip(),
        ["affine"] = new RandomAffine(),
        ["resize"] = new RandomResize(),
        ["color_jitter"] = new ColorJitter(),
        ["grayscale"] = new RandomGrayscale(),
        ["mosaic"] = new RandomMosaic(),
    });

    /// <summary>The names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names => [.. Kinds.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Gives an augmentation a name for recipes.</summary>
    /// <param name="name">The <c>kind</c> that recipes give, such as <c>random_blur</c>.</param>
    /// <param name="defaults">
    /// The augmentation without any settings. It has to be a record: a recipe's settings are its public properties with
    /// <c>init</c> or <c>set</c>, whose names are in snake case there.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty or belongs to an augmentation of another type, or the type is no record.</exception>
    public static void Register(string name, IClipAugmentation defaults)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(defaults);
        var type = defaults.GetType();
        if (type.GetMethod("<Clone>$") is null)
            throw new ArgumentException($"{type.Name} is not a record, so settings of a recipe can't be put into a copy of it; make it a record.", nameof(defaults));
        var kept = Kinds.AddOrUpdate(name, defaults, (_, known) => known.GetType() == type ? defaults : known);
        if (kept.GetType() != type)
            throw new ArgumentException($"'{name}' is the name of {kept.GetType().Name} already; give {type.Name} another one.", nameof(name));
    }

    /// <summary>Makes an augmentation.</summary>
    /// <param name="settings">Its <c>kind</c>, and its settings in snake case.</param>
    /// <exception cref="ConfigurationException">The kind or a setting is unknown or out of range.</exception>
    public static IClipAugmentation Create(PlainDictionary settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.GetValueOrDefault("kind") is not string kind || !Kinds.TryGetValue(kind, out var start))
            throw new ConfigurationException(Place, $"has no kind of augmentation in {PlainYaml.Flow(settings)}", $"Give one of {string.Join(", ", Names)}, such as {{kind: grayscale, p: 0.05}}");
        var augmentation = RecordTree.Default.Overlay(Place, new PlainDictionary(settings.Where(entry => !entry.Key.Equals("kind"))), start, kind);
        try
        {
            augmentation.Check();
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new ConfigurationException(Place, $"has a wrong setting of {kind}: {e.Message}", "", e);
        }
        return augmentation;
    }
}
