using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;

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
                options.Progress?.Invoke(new EvaluationProgress(videos.Count - missing.Count, parts.Sum(), videos.Count));
            }
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Jobs, CancellationToken = options.Cancellation };
        try
        {
            Parallel.ForEach(missing, parallel, index =>
            {
                var video = videos[index];
                var predictions = options.StorePredictions ? new PredictionFolder(folder.Predictions, video) : null;
                var result = evaluate(video, new VideoObserver(predictions, part => Report(index, part), options.PeakMemory, options.Cancellation));
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
}
