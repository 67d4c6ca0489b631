using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;

namespace TestSupport;

/// <summary>The small architecture with the weights that golden files name.</summary>
public static class TestModels
{
    /// <summary>The checkpoint that comes with the project.</summary>
    public static Sam2Model Shipped() => ModelLoader.Load(RepositoryFiles.Weights("sam2.1_hiera_micro.pt"));

    /// <summary>With deterministic weights (<c>nano</c>) or those that were trained with the original's code (<c>trained</c>).</summary>
    public static Sam2Model Nano(string weights = "trained", Sam2Config? config = null)
    {
        var model = NanoModel.Create(config);
        if (weights == "trained")
        {
            using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
            CheckpointLoader.LoadInto(model, checkpoint);
        }

        return model;
    }
}
