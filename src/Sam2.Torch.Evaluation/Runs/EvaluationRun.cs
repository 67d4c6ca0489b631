using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Evaluation.Runs;

/// <summary>Works through a data set, several videos at once, and skips what an earlier run has done.</summary>
public static class EvaluationRun
{
    /// <summary>Evaluates every video that isn't done yet.</summary>
    /// <typeparam name="T">What is measured on a video.</typeparam>
    /// <param name="folder">Where results are stored.</param>
    /// <param name="videos">The data set.</param>
    /// <param name="evaluate">Evaluates one video; called from several threads.</param>
    /// <param name="options">How to work.</param>
    /// <returns>All results, in the data set's order.</returns>
    /// <exception cref="DatasetException">A video can't be evaluated, or two have one name.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<T> Run<T>(
        RunFolder folder, IReadOnlyList<IAnnotatedVideo> videos, Func<IAnnotatedVideo, VideoObserver, T> evaluate, EvaluationRunOptions options)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(videos);
        ArgumentNullException.ThrowIfNull(evaluate);
        ArgumentNullException.ThrowIfNull(options);
        if (videos.GroupBy(v => v.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new DatasetException($"There are {twice.Count()} videos with the name {twice.Key}; list each once.");
        }

        var results = videos.Select(v => folder.Find<T>(v.Name)).ToArray();
        var missing = Enumerable.Range(0, videos.Count).Where(i => results[i] is null).ToList();
        var parts = new double[videos.Count];
        void Report(int index, double part)
        {
            lock (parts)
            {
                parts[index] = part;
                options.Progress?.Report(new EvaluationProgress(videos.Count - missing.Count, parts.Sum(), videos.Count));
            }
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Jobs, CancellationToken = options.CancellationToken };
        try
        {
            Parallel.ForEach(missing, parallel, index =>
            {
                var video = videos[index];
                using var predictions = options.StorePredictions ? new BackgroundSink(new PredictionFolder(folder.Predictions, video)) : null;
                var result = evaluate(video, new VideoObserver(predictions, new Part(part => Report(index, part)), options.PeakMemory, options.CancellationToken));
                predictions?.Complete();
                folder.Store(video.Name, result);
                results[index] = result;
                Report(index, 1);
            });
        }
        catch (AggregateException e) when (e.InnerExceptions.Count > 0)
        {
            // Videos that fail together mostly fail for one reason; the first is enough.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return results!;
    }

    /// <summary>Passes progress on at once; <see cref="Progress{T}"/> would do it later and in any order.</summary>
    private sealed class Part(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}

/// <summary>How an evaluation works through a data set. Scores don't depend on it.</summary>
public sealed record EvaluationRunOptions
{
    /// <summary>How many videos are worked on at once.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Whether predictions are stored.</summary>
    public bool StorePredictions { get; init; } = true;

    /// <summary>Told how far the evaluation is; called from the threads that evaluate, but never from two at once.</summary>
    public IProgress<EvaluationProgress>? Progress { get; init; }

    /// <summary>Measures the largest amount of memory that was in use, in bytes.</summary>
    public Func<long>? PeakMemory { get; init; }

    /// <summary>Ends the evaluation between two frames; videos that are done stay done.</summary>
    public CancellationToken CancellationToken { get; init; }
}

/// <summary>How far an evaluation is, in videos.</summary>
/// <param name="Before">Videos that an earlier run of the same evaluation did.</param>
/// <param name="Done">Videos that this run did, plus the finished parts of those in progress.</param>
/// <param name="Total">All videos.</param>
public readonly record struct EvaluationProgress(int Before, double Done, int Total);

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
