using System.Text;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Logging;
using Sam2.Torch.Training.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>From a recipe to trained weights: puts model, data, validation, logs and training loop together.</summary>
public static class TrainingRun
{
    /// <summary>Trains, or continues a run that was interrupted.</summary>
    /// <param name="recipe">All settings.</param>
    /// <param name="folder">Where everything is written.</param>
    /// <param name="resume">Whether to continue from the folder's checkpoint; if there is none, the run begins.</param>
    /// <param name="output">Where the table for people goes.</param>
    /// <param name="parts">Your own modules, loss, prompts, callbacks and so on; null for those of the recipe.</param>
    /// <param name="cancellationToken">Ends the run with a checkpoint of the last complete step.</param>
    /// <returns>The state at the end of the run.</returns>
    /// <exception cref="TrainingException">
    /// The folder holds a run and <paramref name="resume"/> is false, or it can't be written, or the run diverges.
    /// </exception>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <exception cref="CheckpointException">A checkpoint is missing, damaged or of another recipe.</exception>
    /// <exception cref="ArgumentException">Settings contradict each other or don't fit the model.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled; it can be resumed.</exception>
    public static RunState Execute(
        Recipe recipe, TrainingFolder folder, bool resume, TextWriter output, TrainerParts? parts = null, CancellationToken cancellationToken = default)
    {
        var begun = File.Exists(folder.Checkpoint);
        if (begun && !resume)
            throw new TrainingException($"{folder.Path} holds a run already. Resume it, or choose another folder.");
        if (recipe.Validation is not null && recipe.Data.Validation.IsEmpty)
            throw new TrainingException("validation is set, but data.validation has no videos and no images. Give some, or set validation: null.");

        var all = get_num_threads();
        try
        {
            set_num_threads(recipe.Threads ?? all);
            return Train(recipe, folder, begun, output, parts ?? new(), cancellationToken);
        }
        finally
        {
            set_num_threads(all);
        }
    }

    private static RunState Train(Recipe recipe, TrainingFolder folder, bool begun, TextWriter output, TrainerParts parts, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var console = new ConsoleLog(output);
        using var model = ModelFactory.Create(recipe.Model, recipe.Seed, console, parts.ModelParts);
        model.to(DeviceFor(recipe));
        using var batches = DataFactory.Training(recipe, model.Config.ImageSize, console);
        var validator = recipe.Validation is null ? null : DataFactory.Validation(recipe.Data.Validation, model.Config.ImageSize);
        using var json = new JsonLinesLog(folder.JsonLines);
        using var board = recipe.Log.Tensorboard ? new TensorBoardLog(folder.TensorBoard) : null;
        using var features = recipe.FeatureCache is { } kept && parts.Features is null ? new FeatureCache(folder.Features, kept) : null;
        // The recipe may have added adapters to the parts.
        parts = parts with { Features = parts.Features ?? features, ModelParts = model.Parts };
        IReadOnlyList<ITrainerCallback> callbacks = [console, json, .. board is null ? Array.Empty<ITrainerCallback>() : [board], .. parts.Callbacks];
        using var trainer = new Trainer(recipe, model, batches, folder, validator, parts with { Callbacks = callbacks });
        folder.Create();
        if (begun)
        {
            trainer.Resume();
            console.OnNote($"resuming {folder.Path} at step {trainer.State.Step} of {recipe.Steps}");
        }
        else
        {
            console.OnNote($"training {model.named_parameters().Where(p => p.parameter.requires_grad).Sum(p => p.parameter.numel()) / 1e6:0.00} million parameters for {recipe.Steps} steps, into {folder.Path}");
        }
        WriteRecipe(folder.Recipe, recipe);
        trainer.Run(cancellationToken);
        features?.Clear();
        return trainer.State;
    }

    /// <summary>Finds the mistakes of a recipe that show without training, by preparing its run.</summary>
    /// <param name="recipe">All settings.</param>
    /// <param name="parts">The parts that the run will have; null for those of the recipe.</param>
    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <exception cref="CheckpointException">A checkpoint is missing or damaged.</exception>
    /// <exception cref="Data.DatasetException">A data set is missing or damaged.</exception>
    /// <exception cref="ArgumentException">Settings contradict each other or don't fit the model.</exception>
    internal static void Check(Recipe recipe, TrainerParts? parts = null)
    {
        using var scope = NewDisposeScope();
        DeviceFor(recipe);
        using var model = ModelFactory.Create(recipe.Model, recipe.Seed, parts: parts?.ModelParts);
        using var batches = DataFactory.Training(recipe, model.Config.ImageSize);
        if (recipe.Validation is not null)
            DataFactory.Validation(recipe.Data.Validation, model.Config.ImageSize);
        using var trainer = new Trainer(recipe, model, batches, new TrainingFolder(""), parts: (parts ?? new()) with { ModelParts = model.Parts });
    }

    private static void WriteRecipe(string path, Recipe recipe) => AtomicFile.Write(
        path, stream => stream.Write(Encoding.UTF8.GetBytes(RecipeYaml.Format(recipe))),
        e => new TrainingException($"{path}: can't be written: {e.Message.TrimEnd('.')}. Check that the folder is writable and has room.", e));

    /// <summary>The recipe's device, which must exist.</summary>
    private static Device DeviceFor(Recipe recipe)
    {
        var name = recipe.Device;
        Device device;
        try
        {
            device = torch.device(name);
        }
        catch (Exception e) when (e is not DllNotFoundException and not TypeInitializationException)
        {
            // A libtorch for processors alone refuses the name of a GPU as it refuses any other.
            throw name == "cuda" || name.StartsWith("cuda:", StringComparison.Ordinal)
                ? NoCuda(e)
                : new ConfigurationException("device", $"'{name}' is no device", "Give cpu, cuda, cuda:1 or mps", e);
        }
        return device.type == DeviceType.CUDA && !cuda.is_available() ? throw NoCuda(null) : device;

        ConfigurationException NoCuda(Exception? inner) =>
            new("device", $"{name} is set, but libtorch finds no CUDA device", "Use device: cpu, or build with -p:TorchDevice=cuda", inner);
    }
}

/// <summary>What a recipe and the model that it trains have to fulfil before the first step.</summary>
internal static class RecipeChecks
{
    /// <summary>Checks a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="config">The architecture of the model that it trains.</param>
    /// <param name="loraDropout">Dropout of the model's low-rank updates; 0 if it has none.</param>
    /// <exception cref="ArgumentException">A setting is impossible; the message names it.</exception>
    public static void Require(Recipe recipe, Sam2Config config, double loraDropout)
    {
        AtLeast("steps", recipe.Steps, 1);
        AtLeast("accumulate", recipe.Accumulate, 1);
        AtLeast("concurrent_batches", recipe.ConcurrentBatches, 1);
        AtLeast("divergence.patience", recipe.Divergence.Patience, 1);
        AtLeast("log.every", recipe.Log.Every, 1);
        AtLeast("checkpoint.every", recipe.Checkpoint.Every, 1);
        AtLeast("validation.every", recipe.Validation?.Every ?? 1, 1);
        if (config.ImageEncoder.Trunk.KeepsStatistics)
            RequireStatistics(recipe, config.ImageEncoder.Trunk.Summary);
        if (recipe.ConcurrentBatches > 1)
            RequireNoChance(config, loraDropout);

        static void AtLeast(string setting, long value, long least)
        {
            if (value < least)
                throw new ArgumentException($"{setting} is {value}; at least {least} is needed");
        }
    }

    // Each batch changes the statistics of batch normalisation a little. In half precision the change is lost to rounding.
    private static void RequireStatistics(Recipe recipe, string trunk)
    {
        if (recipe.ConcurrentBatches > 1)
            throw new ArgumentException($"concurrent_batches is {recipe.ConcurrentBatches}, but the trunk ({trunk}) has batch normalisation, whose statistics would depend on which batch is first; set it to 1");
        if (recipe.Precision != TrainingPrecision.Fp32)
            throw new ArgumentException($"precision is {Spelling.InFiles($"{recipe.Precision}")}, but the trunk ({trunk}) has batch normalisation, whose statistics need fp32; set it to fp32");
    }

    // The threads share libtorch's random numbers, so dropout would depend on which of them is first: a run could not be repeated.
    private static void RequireNoChance(Sam2Config config, double loraDropout)
    {
        var layer = config.MemoryAttention.Layer;
        var trunk = config.ImageEncoder.Trunk.Randomness.Select(setting => ("settings.image_encoder.trunk." + setting.Setting, setting.Value));
        foreach (var (setting, value) in new[]
        {
            ("lora.dropout", loraDropout),
            ("settings.spatial_perceiver.hidden_dropout_p", config.SpatialPerceiver?.HiddenDropoutP ?? 0),
            ("settings.spatial_perceiver.attention_dropout_p", config.SpatialPerceiver?.AttentionDropoutP ?? 0),
            ("settings.memory_attention.layer.dropout", layer.Dropout),
            ("settings.memory_attention.layer.self_attention.dropout", layer.SelfAttention.Dropout),
            ("settings.memory_attention.layer.cross_attention.dropout", layer.CrossAttention.Dropout),
            ("settings.memory_encoder.fuser.layer.drop_path", config.MemoryEncoder.Fuser.Layer.DropPath),
        }.Concat(trunk))
        {
            if (value > 0)
                throw new ArgumentException($"concurrent_batches is more than 1, but model.{setting} is {value}; set that to 0, or concurrent_batches to 1");
        }
    }
}

/// <summary>A training run can't go on; the message says at which step, on which data and what to do.</summary>
public sealed class TrainingException : Sam2Exception
{
    /// <summary>Creates the exception.</summary>
    public TrainingException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public TrainingException(string message, Exception inner) : base(message, inner)
    {
    }
}
