using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Batches;

/// <summary>
/// Batches from several samplers, with weights that may change over the run: as in the paper, a batch is of images or of videos, and
/// training may begin with images only. Batches are made ahead of time on the thread pool; each is a function of its position.
/// </summary>
public sealed class BatchMixture : IBatchSource
{
    // Keeps these random numbers apart from those of other uses of the seed.
    private const ulong DataStream = 2;

    private readonly IReadOnlyList<(IClipSampler Sampler, Schedule Weight)> _sources;
    private readonly ulong _seed;
    private readonly long _total;
    private readonly int _ahead;
    private readonly IProgress<string>? _progress;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<Task<ClipBatch>> _queue = [];
    private readonly long[] _drawn;
    private readonly HashSet<string> _reported = [];
    private readonly Messages _messages = new();

    /// <summary>Mixes sources.</summary>
    /// <param name="sources">The samplers and their weights.</param>
    /// <param name="seed">Chooses the source of each batch.</param>
    /// <param name="total">Batches of the whole run, over which the weights change.</param>
    /// <param name="ahead">How many batches are prepared ahead of time, at least 0; up to one thread more than that may be busy.</param>
    /// <param name="progress">Told, on the thread that asks for batches, of samples that were skipped; once of each problem.</param>
    /// <exception cref="ArgumentException">There is no source.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="ahead"/> is negative.</exception>
    public BatchMixture(
        IReadOnlyList<(IClipSampler Sampler, Schedule Weight)> sources, ulong seed, long total, int ahead, IProgress<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentOutOfRangeException.ThrowIfNegative(ahead);
        if (sources.Count == 0)
            throw new ArgumentException("There is no source to take batches from; give at least one.", nameof(sources));
        (_sources, _seed, _total, _ahead, _progress) = (sources, seed, total, ahead, progress);
        _drawn = new long[sources.Count];
    }

    /// <inheritdoc/>
    public long Position { get; private set; }

    /// <inheritdoc/>
    public void Seek(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _total);
        Drain();
        Position = position;

        // Each source goes through its videos in its own order: what it has given so far follows from the choices before.
        Array.Clear(_drawn);
        for (long i = 0; i < position; i++)
            _drawn[Choose(i)]++;
    }

    /// <inheritdoc/>
    public ClipBatch Next(CancellationToken cancellationToken = default)
    {
        while (_queue.Count < _ahead + 1)
        {
            var source = Choose(Position + _queue.Count);
            var number = _drawn[source]++;
            _queue.Enqueue(Task.Run(() => _sources[source].Sampler.Draw(number, _messages, _stop.Token), _stop.Token));
        }
        Task.WaitAny([_queue.Peek()], cancellationToken);
        Position++;
        var batch = _queue.Dequeue();
        while (_messages.Queue.TryDequeue(out var message))
            if (_reported.Add(message))
                _progress?.Report(message);
        return batch.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
            return;
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
            catch (Exception e) when (e is IOException or Sam2Exception or ExternalException)
            {
                // Nobody needs that batch any more, so nobody needs to know what was wrong with it, or that there was no memory for it.
            }
        }
    }

    /// <summary>Keeps what samplers report on their threads until the caller's thread passes it on.</summary>
    private sealed class Messages : IProgress<string>
    {
        public ConcurrentQueue<string> Queue { get; } = [];

        public void Report(string value) => Queue.Enqueue(value);
    }
}
