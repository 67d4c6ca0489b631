using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Masks;

namespace Sam2.Torch.Evaluation.Tests;

/// <summary>Keeps predictions in memory.</summary>
internal sealed class MemorySink : IPredictionSink
{
    public Dictionary<int, IReadOnlyDictionary<int, BinaryMask>> Frames { get; } = [];

    public void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks) => Frames.Add(frame, masks);
}
