using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Modeling;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>
/// What the two interactive protocols share: objects are grouped by the frame on which they appear, every round of annotations is
/// measured on all annotated frames, and the last round's masks are handed out. Every object is measured on its own, whatever covers it.
/// </summary>
public abstract class InteractiveProtocol : IVideoProtocol
{
    /// <summary>Creates the protocol.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    protected InteractiveProtocol(InteractiveOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        Options = options;
    }

    /// <summary>How the annotator works.</summary>
    protected InteractiveOptions Options { get; }

    /// <inheritdoc/>
    public VideoResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer)
    {
        ArgumentNullException.ThrowIfNull(video);
        ArgumentNullException.ThrowIfNull(observer);
        var job = new InteractiveJob(model, video, Options, observer);
        foreach (var group in FirstFrames(video, job.Frames).GroupBy(o => o.Frame).OrderBy(g => g.Key))
        {
            Annotate(job, group.Key, [.. group.Select(o => o.Id)]);
        }

        job.WriteLastRound();
        return new VideoResult(video.Name, job.Conclude())
        {
            Speed = new ReportSpeed(job.FramesTracked, job.Watch.Elapsed.TotalSeconds, observer.PeakMemory?.Invoke() ?? 0),
        };
    }

    /// <summary>Annotates the objects of one group in rounds and adds each round to the job.</summary>
    private protected abstract void Annotate(InteractiveJob job, int start, IReadOnlyList<int> objects);

    /// <summary>The frame on which each object is first visible.</summary>
    private static IEnumerable<(int Id, int Frame)> FirstFrames(IAnnotatedVideo video, AnnotatedFrames frames)
    {
        var first = new SortedDictionary<int, int>();
        for (int frame = 0; frame < video.FrameCount; frame++)
        {
            foreach (var (id, mask) in AnnotationReader.Read(video, frame, frames.Width, frames.Height))
            {
                if (mask.Area > 0) first.TryAdd(id, frame);
            }
        }

        return first.Select(o => (o.Key, o.Value));
    }
}
