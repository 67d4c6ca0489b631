using Sam2.Torch.Configuration;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Training.Augmentations;

/// <summary>Makes the augmentations that a recipe names; names and defaults are the original's.</summary>
internal static class AugmentationFactory
{
    private const string Place = "data.train.augmentations";

    private static readonly Dictionary<string, IClipAugmentation> Kinds = new()
    {
        ["horizontal_flip"] = new RandomHorizontalFlip(),
        ["affine"] = new RandomAffine(),
        ["resize"] = new RandomResize(),
        ["color_jitter"] = new ColorJitter(),
        ["grayscale"] = new RandomGrayscale(),
        ["mosaic"] = new RandomMosaic(),
    };

    /// <summary>An augmentation.</summary>
    /// <param name="settings">Its <c>kind</c> and settings, such as <c>{kind: affine, degrees: 25}</c>.</param>
    /// <exception cref="ConfigurationException">The kind or a setting is unknown or out of range.</exception>
    public static IClipAugmentation Create(PlainDictionary settings)
    {
        if (settings.GetValueOrDefault("kind") is not string kind || !Kinds.TryGetValue(kind, out var start))
            throw new ConfigurationException(Place, $"has no kind of augmentation in {PlainYaml.Flow(settings)}", $"Give one of {string.Join(", ", Kinds.Keys)}, such as {{kind: grayscale, p: 0.05}}");
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
