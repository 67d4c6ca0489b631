using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace TestSupport;

/// <summary>Small models of the first Segment Anything with deterministic weights, as the golden files have them.</summary>
public static class SamModels
{
    /// <summary>A plain vision transformer of 256 pixels, with two blocks in windows that don't divide the grid and two over all of it.</summary>
    public static SamConfig Plain { get; } = new()
    {
        ImageSize = 256,
        PromptEmbedDim = 32,
        ImageEncoderViT = new() { EmbedDim = 64, Depth = 4, NumHeads = 4, WindowSize = 7, GlobalAttnIndexes = [1, 3] },
    };

    /// <summary>A TinyViT of 256 pixels.</summary>
    public static SamConfig Tiny { get; } = new()
    {
        ImageSize = 256,
        TinyViT = new() { EmbedDims = [16, 32, 40, 320], Depths = [1, 1, 2, 1], NumHeads = [1, 2, 4, 10], NumClasses = 10 },
    };

    /// <summary>A model in evaluation mode.</summary>
    public static SamModel Create(SamConfig config)
    {
        var model = new SamModel(config);
        model.eval();
        DeterministicWeights.Fill(model);
        return model;
    }

    /// <summary>Writes a checkpoint; its keys are the original's.</summary>
    public static string Save(string path, SamConfig config)
    {
        using var scope = NewDisposeScope();
        using var model = Create(config);
        CheckpointWriter.Save(path, model);
        return path;
    }
}
