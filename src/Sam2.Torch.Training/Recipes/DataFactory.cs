using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Tracking.Policies;
using Sam2.Torch.Training.Augmentations;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Validation;

namespace Sam2.Torch.Training.Recipes;

/// <summary>What is trained on and what is validated on.</summary>
public sealed record DataSettings
{
    /// <summary>Sources of training batches; every step takes its batch from one of them.</summary>
    public IReadOnlyList<BatchSettings> Train { get; init; } = [];

    /// <summary>What the model is measured on.</summary>
    public ValidationDataSettings Validation { get; init; } = new();

    /// <summary>Number of batches that are prepared ahead of time, in the background.</summary>
    public int Ahead { get; init; } = 2;
}

/// <summary>A source of training batches.</summary>
public sealed record BatchSettings
{
    /// <summary>The videos or images.</summary>
    public DatasetSettings Dataset { get; init; } = new();

    /// <summary>Several data sets instead of one: their videos are shuffled together, each set repeated by its own factor.</summary>
    public IReadOnlyList<DatasetSettings> Datasets { get; init; } = [];

    /// <summary>How often it is used, relative to the other sources: a number, or a schedule over the run. Null for 1.</summary>
    public ScheduleSettings? Weight { get; init; }

    /// <summary>Clips per batch.</summary>
    public int Clips { get; init; } = 1;

    /// <summary>Frames per clip; 1 for images.</summary>
    public int Frames { get; init; } = 8;

    /// <summary>Stride over the annotated frames: 1 takes every one, 2 every second one.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>Maximum number of objects per clip.</summary>
    public int MaxObjects { get; init; } = 3;

    /// <summary>Probability that a clip is mirrored, in [0, 1].</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>
    /// Probability that a clip runs backwards in time, in [0, 1]: one half in the paper (appendix D.2.2), 0 in the original's recipe for
    /// fine-tuning (<c>reverse_time_prob</c>).
    /// </summary>
    public double ReverseProbability { get; init; } = 0.5;

    /// <summary>
    /// How many fixed variants of each video's frames there are, in place of new random ones each time: the first as it is, the second mirrored
    /// (where <see cref="FlipProbability"/> is above 0), and the others changed by <see cref="Augmentations"/>, every other one mirrored. Null for no
    /// limit. It makes <see cref="Recipe.FeatureCache"/> useful.
    /// </summary>
    public int? Views { get; init; }

    /// <summary>
    /// Random changes of clips, applied in this order: a <c>kind</c> (horizontal_flip, affine, resize, color_jitter, grayscale, mosaic, or
    /// one of <see cref="ClipAugmentations.Register"/>) and its settings, the original's (training/dataset/transforms.py), such as
    /// <c>{kind: affine, degrees: 25, shear: 20}</c>. With <c>consistent_transform: false</c> each frame changes on its own. Afterwards
    /// frames are resized to the model's square.
    /// </summary>
    public IReadOnlyList<PlainDictionary> Augmentations { get; init; } = [];
}

/// <summary>What the model is measured on.</summary>
public sealed record ValidationDataSettings
{
    /// <summary>Videos in which objects are tracked; null for none.</summary>
    public DatasetSettings? Videos { get; init; }

    /// <summary>How objects of videos are prompted.</summary>
    public IReadOnlyList<PromptKind> Prompts { get; init; } = [PromptKind.Click1, PromptKind.Mask];

    /// <summary>
    /// How objects of videos are remembered: a policy of <see cref="MemoryPolicies"/> by name, such as <c>samurai:motion_weight=0.25</c>; null for SAM 2's own.
    /// </summary>
    public string? Memory { get; init; }

    /// <summary>Images that are segmented interactively; null for none.</summary>
    public DatasetSettings? Images { get; init; }

    /// <summary>Numbers of clicks on images after which the mask is measured.</summary>
    public IReadOnlyList<int> Clicks { get; init; } = [1, 5];

    /// <summary>Whether there is nothing to measure on.</summary>
    internal bool IsEmpty => Videos is null && Images is null;
}

/// <summary>Opens the data of a recipe.</summary>
public static class DataFactory
{
    private const ulong SamplerStream = 3;

    /// <summary>The training batches.</summary>
    /// <param name="recipe">All settings.</param>
    /// <param name="imageSize">Side of the model's input.</param>
    /// <param name="progress">Told of samples that were skipped.</param>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <exception cref="DatasetException">A data set is missing or damaged.</exception>
    public static IBatchSource Training(Recipe recipe, int imageSize, IProgress<string>? progress = null)
    {
        if (recipe.Data.Train.Count == 0)
            throw new ConfigurationException("data.train", "names no data", "Give at least one source, such as - {dataset: {kind: procedural}, frames: 8}");
        return new BatchMixture(
            [.. recipe.Data.Train.Select((source, i) => (Sampler(source, imageSize, recipe.Seed, i), source.Weight?.ToSchedule() ?? new ConstantSchedule(1)))],
            recipe.Seed, recipe.Steps * recipe.Accumulate, recipe.Data.Ahead, progress);
    }

    /// <summary>What the model is measured on.</summary>
    public static IValidator Validation(ValidationDataSettings settings, int imageSize) => new DatasetValidator(
        settings.Videos is { } videos ? DatasetOpener.Open(videos, frames: 24, imageSize) : [], settings.Prompts,
        settings.Images is { } images ? DatasetOpener.Open(images, frames: 1, imageSize) : [], settings.Clicks)
    {
        Memory = settings.Memory is { } memory ? MemoryPolicies.Parse(memory) : null,
    };

    private static ClipSampler Sampler(BatchSettings source, int imageSize, ulong seed, int index)
    {
        var sampling = Sampling(source);
        // Sources must not use related random numbers.
        var datasets = (source.Datasets.Count > 0 ? source.Datasets : [source.Dataset])
            .Select(settings => new WeightedDataset(DatasetOpener.Open(settings, sampling.Span, imageSize), Repeat(settings))).ToList();
        if (datasets.All(set => set.Videos.Count * set.Repeat < 0.5))
            throw new ConfigurationException($"data.train[{index}]", "has no video to train on", "Check the folders, count and repeat");
        return new ClipSampler(datasets, sampling, imageSize, TrainingRandom.For(seed, SamplerStream, (ulong)index).NextBits());
    }

    private static double Repeat(DatasetSettings settings) => settings.Repeat is > 0 and <= 1e6
        ? settings.Repeat
        : throw new ConfigurationException("dataset.repeat", $"is {settings.Repeat}", "Give a number above 0, up to a million");

    private static ClipSampling Sampling(BatchSettings source)
    {
        AtLeastOne("clips", source.Clips);
        AtLeastOne("frames", source.Frames);
        AtLeastOne("stride", source.Stride);
        AtLeastOne("max_objects", source.MaxObjects);
        AtLeastOne("views", source.Views ?? 1);
        Probability("flip_probability", source.FlipProbability);
        Probability("reverse_probability", source.ReverseProbability);
        return new ClipSampling(source.Clips, source.Frames, source.MaxObjects, source.FlipProbability, source.ReverseProbability, source.Stride)
        {
            Augmentations = [.. source.Augmentations.Select(ClipAugmentations.Create)],
            Views = source.Views,
        };
    }

    private static void AtLeastOne(string name, int value)
    {
        if (value < 1)
            throw new ConfigurationException($"data.train.{name}", $"is {value}", "Give 1 or more");
    }

    private static void Probability(string name, double value)
    {
        if (value is not (>= 0 and <= 1))
            throw new ConfigurationException($"data.train.{name}", $"is {value}", "Give a probability, from 0 to 1");
    }
}
