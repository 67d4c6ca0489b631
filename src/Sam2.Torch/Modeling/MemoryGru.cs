using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// A convolutional gated recurrent unit through which memories pass before they are stored, so that each also holds what came
/// before it: the recurrent memory of the SAM 2 paper's ablations (after Ballas et al., "Delving deeper into convolutional
/// networks for learning video representations", 2016). The published models have none.
/// </summary>
public class MemoryGru : Module<Tensor, Tensor, Tensor>
{
    private readonly Conv2d gates;
    private readonly Conv2d candidate;

    /// <summary>Builds the unit with freshly initialised weights.</summary>
    /// <param name="channels">Channels of a memory.</param>
    public MemoryGru(int channels) : base(nameof(MemoryGru))
    {
        gates = Conv2d(2 * channels, 2 * channels, 3, padding: 1);
        candidate = Conv2d(2 * channels, channels, 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>Merges a frame's memory with the state that the frame before left.</summary>
    /// <param name="memory"><c>[B, Cm, H, W]</c>.</param>
    /// <param name="state"><c>[B, Cm, H, W]</c>; zeros where there is none.</param>
    /// <returns>The new state, which is the memory to be stored, <c>[B, Cm, H, W]</c>.</returns>
    public override Tensor forward(Tensor memory, Tensor state)
    {
        using var scope = NewDisposeScope();
        var parts = gates.call(cat([memory, state], 1)).sigmoid().chunk(2, 1);
        var (update, reset) = (parts[0], parts[1]);
        var proposed = candidate.call(cat([memory, reset * state], 1)).tanh();
        return state.Plus(update * (proposed - state)).MoveToOuterDisposeScope();
    }
}
