using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;

namespace TestSupport;

/// <summary>The small architecture with deterministic weights, as the golden files have it.</summary>
public static class NanoModel
{
    public static Sam2Model Create(Sam2Config? config = null)
    {
        var model = new Sam2Model(config ?? Sam2Presets.Nano);
        model.eval();
        DeterministicWeights.Fill(model);
        return model;
    }
}
