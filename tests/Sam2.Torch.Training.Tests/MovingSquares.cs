using Sam2.Torch.Training.Batches;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>Batches of clips in which a bright square moves over noise; each is a function of its position.</summary>
internal sealed class MovingSquares(int size = 128, int frames = 2, int clips = 2) : IBatchSource
{
    public long Position { get; private set; }

    /// <summary>Changes a batch before it is handed out.</summary>
    public Action<long, ClipBatch>? Spoil { get; init; }

    public void Seek(long position) => Position = position;

    public ClipBatch Next(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        var random = TrainingRandom.For(7, (ulong)Position);
        using var generator = new Generator(random.NextBits());
        var images = randn([frames, clips, 3, size, size], generator: generator) * 0.1f;
        var masks = zeros([frames, clips, size, size], dtype: ScalarType.Bool);
        for (var clip = 0; clip < clips; clip++)
        {
            var (x, y, side) = (random.Below(size / 2), random.Below(size / 2), size / 5 + random.Below(size / 6));
            for (var frame = 0; frame < frames; frame++)
            {
                images[frame, clip].narrow(1, y + frame, side).narrow(2, x + frame, side).add_(1.5f);
                masks[frame, clip].narrow(0, y + frame, side).narrow(1, x + frame, side).fill_(true);
            }
        }
        var batch = new ClipBatch(
            images.MoveToOuterDisposeScope(), masks.MoveToOuterDisposeScope(), [.. Enumerable.Range(0, clips)],
            [.. Enumerable.Range(0, clips).Select(clip => $"squares/{Position}-{clip}")]);
        Spoil?.Invoke(Position, batch);
        Position++;
        return batch;
    }

    public void Dispose()
    {
    }
}
