using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Runs;

/// <summary>Passes predictions on to another sink on a thread of its own, so that pictures are compressed while the model computes.</summary>
internal sealed class BackgroundSink(IPredictionSink sink) : IPredictionSink, IDisposable
{
    private const int MostWaiting = 4;

    private readonly BackgroundWriter<(int Frame, IReadOnlyDictionary<int, BinaryMask> Masks)> _writer =
        new(item => sink.Write(item.Frame, item.Masks), MostWaiting);

    /// <inheritdoc/>
    public void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks) => _writer.Add((frame, masks));

    /// <summary>Waits until everything is written; throws what writing has thrown.</summary>
    public void Complete() => _writer.Complete();

    /// <summary>Finishes what was handed over, so that an evaluation that is cancelled keeps its frames. What ended it counts, not what writing throws now.</summary>
    public void Dispose()
    {
        try
        {
            _writer.Complete();
        }
        catch (Exception)
        {
            // Complete has thrown it before, or another failure is on its way.
        }
        finally
        {
            _writer.Dispose();
        }
    }
}
