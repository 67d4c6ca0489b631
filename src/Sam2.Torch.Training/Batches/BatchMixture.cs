using System.Collections.Concurrent;
using Sam2.Torch.Data;
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
    private readonly Action<string>? _report;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<Task<ClipBatch>> _queue = [];
    private readonly long[] _drawn;
    private readonly HashSet<string> _reported = [];
    private readonly ConcurrentQueue<string> _reports = [];

    /// <summary>Mixes sources.</summary>
    /// <param name="sources">The samplers and their weights.</param>
    /// <param name="seed">Decides which source a batch is from.</param>
    /// <param name="total">Batches of the whole run, over which the weights change.</param>
    /// <param name="ahead">Batches that are made ahead; so many threads and one more can be busy.</param>
    /// <param name="report">Told, on the caller's thread, of samples that were skipped; of each problem once.</param>
    public BatchMixture(
        IReadOnlyList<(ClipSampler Sampler, Schedule Weight)> sources, ulong seed, long total, int ahead, Action<string>? report = null)
    {
        (_sources, _seed, _total, _ahead, _report) = (sources, seed, total, ahead, report);
        _drawn = new long[sources.Count];
    }

    /// <inheritdoc/>
    public long Position { get; private set; }

    /// <inheritdoc/>
    public void Seek(long position)
    {
        Drain();
        Position = position;

        // Each source goes through its videos in its own order: what it has given so far follows from the choices before.
        Array.Clear(_drawn);
        for (long i = 0; i < position; i++)
            _drawn[Choose(i)]++;
    }

    /// <inheritdoc/>
    public ClipBatch Next(CancellationToken cancellation)
    {
        while (_queue.Count < _ahead + 1)
        {
            var source = Choose(Position + _queue.Count);
            var number = _drawn[source]++;
            _queue.Enqueue(Task.Run(() => _sources[source].Sampler.Draw(number, _reports.Enqueue, _stop.Token), _stop.Token));
        }
        Task.WaitAny([_queue.Peek()], cancellation);
        Position++;
        var batch = _queue.Dequeue();
        while (_reports.TryDequeue(out var message))
            if (_reported.Add(message))
                _report?.Invoke(message);
        return batch.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        Drain();
        _stop.Dispose();
    }

    private int Choose(long position)
    {
        if (_sources.Count == 1)
            return 0;
        var weights = new double[_sources.Count];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = Math.Max(0, _sources[i].Weight.At((double)position / _total));
        var pick = TrainingRandom.For(_seed, DataStream, (ulong)position).NextDouble() * weights.Sum();
        for (var i = 0; i < weights.Length; i++)
            if ((pick -= weights[i]) < 0)
                return i;
        return Array.IndexOf(weights, weights.Max());
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
            catch (Exception e) when (e is IOException or DatasetException)
            {
                // Nobody needs that batch any more, so nobody needs to know what was wrong with it.
            }
        }
    }
}
