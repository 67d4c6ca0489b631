using Sam2.Torch.Checkpoints;
using Sam2.Torch.Datasets;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Validation;

namespace Sam2.Torch.Training.Recipes;

/// <summary>Opens the data that a recipe names.</summary>
internal static class DataFactory
{
    private const int EnoughClips = 1_000_000_000;

    /// <summary>The training batches.</summary>
    /// <exception cref="CheckpointException">A setting is wrong.</exception>
    /// <exception cref="DatasetException">A data set is missing or damaged.</exception>
    public static IBatchSource Training(Recipe recipe, int imageSize)
    {
        if (recipe.Data.Train.Count == 0)
            throw new CheckpointException("data.train", "names no data", "Give at least one source, such as - {dataset: {kind: procedural}, frames: 8}");
        return new BatchMixture(
            [.. recipe.Data.Train.Select(source => (new ClipSampler(Open(source.Dataset, source.Frames, imageSize), Sampling(source), imageSize), source.Weight?.ToSchedule() ?? new ConstantSchedule(1)))],
            recipe.Seed, recipe.Steps * recipe.Accumulate, recipe.Data.Ahead);
    }

    /// <summary>What the model is measured on.</summary>
    public static IValidator Validation(ValidationDataSettings settings, int imageSize) => new DatasetValidator(
        settings.Videos is { } videos ? Open(videos, frames: 24, imageSize) : [], settings.Prompts,
        settings.Images is { } images ? Open(images, frames: 1, imageSize) : [], settings.Clicks);

    private static IReadOnlyList<IAnnotatedVideo> Open(DatasetSettings settings, int frames, int imageSize) => new ProceduralDataset(
        settings.Count ?? EnoughClips, settings.Seed,
        SettingsTree.Overlay("data", settings.Options, new ProceduralOptions { Width = imageSize, Height = imageSize, FrameCount = frames }, "options"));

    private static ClipSampling Sampling(BatchSettings source)
    {
        AtLeastOne("clips", source.Clips);
        AtLeastOne("frames", source.Frames);
        AtLeastOne("max_objects", source.MaxObjects);
        Probability("flip_probability", source.FlipProbability);
        Probability("reverse_probability", source.ReverseProbability);
        return new ClipSampling(source.Clips, source.Frames, source.MaxObjects, source.FlipProbability, source.ReverseProbability);
    }

    private static void AtLeastOne(string name, int value)
    {
        if (value < 1)
            throw new CheckpointException($"data.train.{name}", $"is {value}", "Give 1 or more");
    }

    private static void Probability(string name, double value)
    {
        if (value is not (>= 0 and <= 1))
            throw new CheckpointException($"data.train.{name}", $"is {value}", "Give a probability, from 0 to 1");
    }
}
