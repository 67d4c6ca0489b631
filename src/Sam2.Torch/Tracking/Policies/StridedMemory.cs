using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>The constants of <see cref="StridedMemory"/>.</summary>
public sealed record StridedOptions
{
    /// <summary>
    /// Frames from one memory to the next, r: beside the frame before, frames whose index is a multiple of it are attended to. 0 for what the model's
    /// configuration says (<c>memory_temporal_stride_for_eval</c>), which is 1 for the published models.
    /// </summary>
    public int Stride { get; init; }

    /// <summary>Frames without a prompt that are kept, or as many as a frame can attend to if those are more.</summary>
    public int Remembered { get; init; } = 32;

    /// <summary>Frames without a prompt that are kept because they are nearest to the first prompted one, where tracking the other way begins.</summary>
    public int AroundFirst { get; init; } = 16;
}

/// <summary>
/// SAM 2's own memory (Ravi et al., arXiv 2408.00714, section 4), with a stride in time: the last frame and every r-th before it
/// (sam2/modeling/sam2_base.py, <c>memory_temporal_stride_for_eval</c>). With the model's own stride it is <see cref="MemoryBank"/>, bit for bit.
/// </summary>
public sealed class StridedMemory : MemoryBank
{
    private readonly int _stride;

    /// <summary>Creates an empty memory.</summary>
    /// <param name="config">The model's architecture.</param>
    /// <param name="options">The constants; SAM 2's when null.</param>
    /// <exception cref="ArgumentException">A constant is out of range; the message names it.</exception>
    public StridedMemory(Sam2Config config, StridedOptions? options = null)
        : base(WithStride(config, options ??= new()), options.Remembered, options.AroundFirst) =>
        _stride = WithStride(config, options).MemoryTemporalStrideForEval;

    /// <inheritdoc/>
    public override MemorySelection Select(Sam2Config config, FramePosition at, bool training)
    {
        ArgumentNullException.ThrowIfNull(config);
        return base.Select(config with { MemoryTemporalStrideForEval = _stride }, at, training);
    }

    private static Sam2Config WithStride(Sam2Config config, StridedOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        PolicyRange.Require(nameof(StridedOptions.Stride), options.Stride, 0, 1000);
        PolicyRange.Require(nameof(StridedOptions.Remembered), options.Remembered, 1, 1_000_000);
        PolicyRange.Require(nameof(StridedOptions.AroundFirst), options.AroundFirst, 0, 1_000_000);
        return options.Stride == 0 ? config : config with { MemoryTemporalStrideForEval = options.Stride };
    }
}
