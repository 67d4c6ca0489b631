using System.Collections.Concurrent;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Training.Augmentations;

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
