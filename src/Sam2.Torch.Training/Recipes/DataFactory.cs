using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Training.Augmentations;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Validation;

namespace Sam2.Torch.Training.Recipes;

/// <summary>Opens the data that a recipe names.</summary>
internal static class DataFactory
{
    private const ulong SamplerStream = 3;

    /// <summary>The training batches.</summary>
    /// <param name="recipe">All settings.</param>
    /// <param name="imageSize">Side of the model's input.</param>
    /// <param name="report">Told of samples that were skipped.</param>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <exception cref="DatasetException">A data set is missing or damaged.</exception>
    public static IBatchSource Training(Recipe recipe, int imageSize, Action<string>? report = null)
    {
        if (recipe.Data.Train.Count == 0)
            throw new ConfigurationException("data.train", "names no data", "Give at least one source, such as - {dataset: {kind: procedural}, frames: 8}");
        return new BatchMixture(
            [.. recipe.Data.Train.Select((source, i) => (Sampler(source, imageSize, recipe.Seed, i), source.Weight?.ToSchedule() ?? new ConstantSchedule(1)))],
            recipe.Seed, recipe.Steps * recipe.Accumulate, recipe.Data.Ahead, report);
    }

    /// <summary>What the model is measured on.</summary>
    public static IValidator Validation(ValidationDataSettings settings, int imageSize) => new DatasetValidator(
        settings.Videos is { } videos ? DatasetOpener.Open(videos, frames: 24, imageSize) : [], settings.Prompts,
        settings.Images is { } images ? DatasetOpener.Open(images, frames: 1, imageSize) : [], settings.Clicks);

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
        Probability("flip_probability", source.FlipProbability);
        Probability("reverse_probability", source.ReverseProbability);
        return new ClipSampling(source.Clips, source.Frames, source.MaxObjects, source.FlipProbability, source.ReverseProbability, source.Stride)
        {
            Augmentations = [.. source.Augmentations.Select(AugmentationFactory.Create)],
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
