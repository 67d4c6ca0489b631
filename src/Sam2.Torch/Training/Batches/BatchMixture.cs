using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Batches;

/// <summary>
/// Batches from several samplers, whose shares may change over the run: as in the paper, a batch is of images or of videos, and
/// training may begin with images alone. Batches are made ahead on the thread pool; each is a function of its position.
/// </summary>
internal sealed class BatchMixture : IBatchSource
{
    // Other uses of the seed have other numbers.
    private const ulong DataStream = 2;

    private readonly IReadOnlyList<(ClipSampler Sampler, Schedule Weight)> _sources;
    private readonly ulong _seed;
    private readonly long _total;
    private readonly int _ahead;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<Task<ClipBatch>> _queue = [];

    /// <summary>Mixes sources.</summary>
    /// <param name="sources">The samplers and their weights.</param>
    /// <param name="seed">Decides everything.</param>
    /// <param name="total">Batches of the whole run, over which the weights change.</param>
    /// <param name="ahead">Batches that are made ahead.</param>
    public BatchMixture(IReadOnlyList<(ClipSampler Sampler, Schedule Weight)> sources, ulong seed, long total, int ahead) =>
        (_sources, _seed, _total, _ahead) = (sources, seed, total, ahead);

    /// <inheritdoc/>
    public long Position { get; private set; }

    /// <inheritdoc/>
    public void Seek(long position)
    {
        Drain();
        Position = position;
    }

    /// <inheritdoc/>
    public ClipBatch Next(CancellationToken cancellation)
    {
        while (_queue.Count < _ahead + 1)
        {
            var position = Position + _queue.Count;
            _queue.Enqueue(Task.Run(() => Draw(position), _stop.Token));
        }
        _queue.Peek().Wait(cancellation);
        Position++;
        return _queue.Dequeue().Result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        Drain();
        _stop.Dispose();
    }

    private ClipBatch Draw(long position)
    {
        var random = TrainingRandom.For(_seed, DataStream, (ulong)position);
        return Choose(position, random).Draw(random, _stop.Token);
    }

    private ClipSampler Choose(long position, TrainingRandom random)
    {
        var weights = _sources.Select(source => Math.Max(0, source.Weight.At((double)position / _total))).ToList();
        var pick = random.NextDouble() * weights.Sum();
        for (var i = 0; i < weights.Count; i++)
            if ((pick -= weights[i]) < 0)
                return _sources[i].Sampler;
        return _sources[weights.IndexOf(weights.Max())].Sampler;
    }

    private void Drain()
    {
        while (_queue.TryDequeue(out var task))
        {
            try
            {
                task.GetAwaiter().GetResult().Dispose();
            }
            catch (OperationCanceledException)
            {
                // Nothing was made.
            }
            catch (IOException)
            {
                // Nobody needs that batch any more, so nobody needs to know what was wrong with it.
            }
        }
    }
}
