using System.Diagnostics;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>
/// Semi-supervised tracking (tools/vos_inference.py): every object is prompted on the first frame that shows it and followed to the
/// end, in one pass over the video.
/// </summary>
public sealed class SemiSupervisedProtocol(SemiSupervisedOptions options) : IVideoProtocol
{
    /// <inheritdoc/>
    public VideoResult Run(Sam2Model model, IAnnotatedVideo video, VideoObserver observer)
    {
        ArgumentNullException.ThrowIfNull(video);
        ArgumentNullException.ThrowIfNull(observer);
        var watch = Stopwatch.StartNew();
        var frames = new AnnotatedFrames(video);
        using var session = new VideoSession(model, frames, new VideoSessionOptions
        {
            FillHoleArea = options.FillHoleArea,
            NonOverlappingMasks = options.NonOverlappingMasks,
        });
        watch.Stop();

        var scores = new ObjectScorer(video);
        IEnumerator<FrameMasks>? pass = null;
        try
        {
            for (int frame = 0; frame < video.FrameCount; frame++)
            {
                observer.Cancellation.ThrowIfCancellationRequested();
                var truth = AnnotationReader.Read(video, frame, frames.Width, frames.Height);

                // Prompts on a frame that the session hasn't come to yet count from that frame on.
                watch.Start();
                foreach (var (id, mask) in truth.Where(o => o.Value.Area > 0 && !session.ObjectIds.Contains(o.Key)))
                {
                    SimulatedUser.Prompt(session, frame, id, mask, options.Prompt);
                    scores.Prompted(id, frame);
                }

                if (session.ObjectIds.Count > 0) pass ??= session.Propagate(frame).GetEnumerator();
                var masks = pass is not null && pass.MoveNext() ? pass.Current.Objects.ToDictionary(o => o.ObjectId, o => o.Mask) : [];
                watch.Stop();

                var stored = PredictionLayout.AsStored(masks, video, frames.Height, frames.Width);
                observer.Predictions?.Write(frame, stored);
                if (video.IsAnnotated(frame)) scores.Add(frame, truth, stored);
                observer.Progress?.Invoke((frame + 1.0) / video.FrameCount);
            }
        }
        finally
        {
            pass?.Dispose();
        }

        return new VideoResult(video.Name, [new RoundResult(1, scores.Conclude())])
        {
            Speed = new ReportSpeed(video.FrameCount, watch.Elapsed.TotalSeconds, observer.PeakMemory?.Invoke() ?? 0),
        };
    }
}
