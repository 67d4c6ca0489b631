using Sam2.Torch.Configuration;
using Sam2.Torch.Tracking;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>A memory bank of random memories: a conditioning frame at 0, and all frames up to the one that is tracked.</summary>
internal sealed class RandomMemoryBank : IMemoryBank, IDisposable
{
    private readonly FrameMemory _memory;

    /// <summary>Makes a bank for a model.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="device">Where the memories are.</param>
    /// <param name="frames">How many frames are remembered, at least 1; as many as a frame can attend to when null.</param>
    public RandomMemoryBank(Sam2Config config, torch.Device device, int? frames = null)
    {
        TrackedFrame = frames ?? Math.Max(config.MaxObjPtrsInEncoder, config.NumMaskmem);
        _memory = new FrameMemory(
            torch.randn([1, config.TokensPerMemory, config.MemDim], device: device).to(torch.bfloat16),
            torch.randn([1, config.HiddenDim], device: device));
    }

    /// <summary>The frame after those that are remembered.</summary>
    public int TrackedFrame { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<int> ConditioningFrames { get; } = [0];

    /// <inheritdoc/>
    public bool HasOther(int frame) => frame > 0 && frame < TrackedFrame;

    /// <inheritdoc/>
    public FrameMemory Conditioning(int frame) => _memory;

    /// <inheritdoc/>
    public FrameMemory Other(int frame) => _memory;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
