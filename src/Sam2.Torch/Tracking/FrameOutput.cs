using static TorchSharp.torch;

namespace Sam2.Torch.Tracking;

/// <summary>What one frame leaves behind for others to attend to, for B objects or videos in step.</summary>
/// <param name="Features">Spatial memory as tokens, as a rule the pixels row by row, <c>[B, H · W, Cm]</c> (<see cref="Modeling.Sam2Model.MemoryAsTokens"/>); any floating type.</param>
/// <param name="ObjectPointer">Object pointer, <c>[B, C]</c>.</param>
public sealed record FrameMemory(Tensor Features, Tensor ObjectPointer) : IDisposable
{
    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Features.Dispose();
        ObjectPointer.Dispose();
    }
}

/// <summary>The memories that a frame attends to, one after the other.</summary>
/// <param name="Memory">Spatial memories, then object pointers, <c>[B, M, Cm]</c>.</param>
/// <param name="Position">Spatial plus temporal position encoding, <c>[1 or B, M, Cm]</c>.</param>
/// <param name="NumObjPtrTokens">Number of object-pointer tokens at the end.</param>
public sealed record MemoryTokens(Tensor Memory, Tensor Position, int NumObjPtrTokens);

/// <summary>
/// What the model said about one object on one frame, and the memory that the frame leaves behind. Its tensors are outside every
/// dispose scope: whoever holds the output disposes it, which frees all of them.
/// </summary>
public sealed class FrameOutput : IDisposable
{
    /// <summary>Takes the tensors over: they leave their dispose scopes and are freed with the output.</summary>
    /// <param name="maskLogits">Mask logits at a quarter of the model's resolution, <c>[1, 1, h, w]</c>, float32.</param>
    /// <param name="objectPointer">Object pointer, <c>[1, C]</c>.</param>
    /// <param name="objectScore">Logit of the object being visible, <c>[1, 1]</c>, float32.</param>
    /// <param name="memory">Spatial memory as tokens, <c>[1, H · W, Cm]</c>; null while it isn't encoded.</param>
    public FrameOutput(Tensor maskLogits, Tensor objectPointer, Tensor objectScore, Tensor? memory = null)
    {
        ArgumentNullException.ThrowIfNull(maskLogits);
        ArgumentNullException.ThrowIfNull(objectPointer);
        ArgumentNullException.ThrowIfNull(objectScore);
        MaskLogits = maskLogits.DetachFromDisposeScope();
        ObjectPointer = objectPointer.DetachFromDisposeScope();
        ObjectScore = objectScore.DetachFromDisposeScope();
        if (memory is not null) Remember(memory);
    }

    /// <summary>Mask logits at a quarter of the model's resolution, <c>[1, 1, h, w]</c>, float32.</summary>
    public Tensor MaskLogits { get; }

    /// <summary>Object pointer, <c>[1, C]</c>.</summary>
    public Tensor ObjectPointer { get; }

    /// <summary>Logit of the object being visible, <c>[1, 1]</c>, float32: above 0 it is predicted to be.</summary>
    public Tensor ObjectScore { get; }

    /// <summary>What other frames attend to; null before the frame's memory is encoded. It belongs to the output.</summary>
    public FrameMemory? Memory { get; private set; }

    /// <summary>Adds the spatial memory and takes it over; one that was added before is freed.</summary>
    /// <param name="features">Tokens, <c>[1, H · W, Cm]</c>.</param>
    public void Remember(Tensor features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (Memory is { } old && !ReferenceEquals(old.Features, features)) old.Features.Dispose();
        Memory = new FrameMemory(features.DetachFromDisposeScope(), ObjectPointer);
    }

    /// <summary>Does something with outputs that nothing holds yet; if it fails they are freed, for no dispose scope does it.</summary>
    /// <param name="outputs">The outputs; those that weren't made yet are null.</param>
    /// <param name="make">What is done.</param>
    internal static T OrFree<T>(IEnumerable<FrameOutput?> outputs, Func<T> make)
    {
        try
        {
            return make();
        }
        catch
        {
            foreach (var output in outputs) output?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        MaskLogits.Dispose();
        ObjectScore.Dispose();
        ObjectPointer.Dispose();
        Memory?.Features.Dispose();
    }
}
