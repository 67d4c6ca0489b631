using System.Globalization;

namespace Sam2.Torch.Training;

/// <summary>The files of a training run.</summary>
/// <param name="path">The folder, which is created with the first file.</param>
public sealed class TrainingFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The state from which the run is resumed. It can be loaded as a model too, with the weights of the last step.</summary>
    public string Checkpoint => At("checkpoint.pt");

    /// <summary>The weights with the best validation score.</summary>
    public string Best => At("best.pt");

    /// <summary>The weights at the end of the run.</summary>
    public string Model => At("model.pt");

    /// <summary>The recipe with all settings.</summary>
    public string Recipe => At("recipe.yaml");

    /// <summary>The log for programs.</summary>
    public string JsonLines => At("log.jsonl");

    /// <summary>The folder of event files for TensorBoard.</summary>
    public string TensorBoard => At("tensorboard");

    /// <summary>The folder beside a checkpoint of the run for the low-rank updates (LoRA) that are merged into it, as PEFT saves them.</summary>
    /// <param name="checkpoint">The checkpoint, such as <see cref="Best"/>.</param>
    public static string AdapterOf(string checkpoint) => TrainedWeights.AdapterOf(checkpoint);

    /// <summary>The folder of pictures' features, which is there while the run is not at its end.</summary>
    public string Features => At("features");

    /// <summary>The weights of a step that the recipe keeps.</summary>
    public string WeightsOf(long step) => At(string.Create(CultureInfo.InvariantCulture, $"step_{step}.pt"));

    /// <summary>Creates the folder if it isn't there, and removes what a process left that was killed while it wrote.</summary>
    /// <exception cref="TrainingException">The folder can't be created or written to.</exception>
    internal void Create()
    {
        try
        {
            Directory.CreateDirectory(Path);
            RemoveLeftovers();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"the folder {Path} can't be created or written to: {e.Message.TrimEnd('.')}. Choose another one.", e);
        }
    }

    /// <summary>Removes the temporary files of a process that was killed while it wrote.</summary>
    public void RemoveLeftovers()
    {
        if (!Directory.Exists(Path))
            return;
        foreach (var file in Directory.EnumerateFiles(Path, ".*.tmp.*"))
            File.Delete(file);
    }

    private string At(string name) => System.IO.Path.Combine(Path, name);
}
