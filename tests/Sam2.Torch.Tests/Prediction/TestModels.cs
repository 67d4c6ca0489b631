using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tests.Modeling;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>The small architecture with the weights that golden files name.</summary>
internal static class TestModels
{
    /// <summary>With deterministic weights (<c>nano</c>) or those of weights/sam2.1_hiera_nano.pt (<c>trained</c>).</summary>
    public static Sam2Model Nano(string weights = "trained", Sam2Config? config = null)
    {
        var model = NanoModel.Create(config);
        if (weights == "trained")
        {
            using var checkpoint = Checkpoint.Open(RepositoryFiles.Weights("sam2.1_hiera_nano.pt"));
            CheckpointLoader.LoadInto(model, checkpoint);
        }

        return model;
    }
}
