using System.Diagnostics;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Cli.Prompts;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Commands;

/// <summary>Does what <c>sam2 track</c> asks for: video and prompts in, overlay, masks and report out, frame by frame.</summary>
internal sealed class Tracking(CommandContext context)
{
    public int Run(TrackRequest request)
    {
        RefuseReplaced(request.Prompts);
        using var progress = new ProgressLine(context);
        progress.Step($"opening {request.Video} ...");
        using var frames = VideoFrames.Open(request.Video, new VideoReadOptions { MaxSide = request.MaxSide });
        progress.Step($"loading {request.Model.NameOrPath} ...");
        using var model = request.Model.Load();
        using var session = new VideoSession(model, frames, new VideoSessionOptions { FillHoleArea = request.FillHoles });
        var shown = new List<(int Frame, long Object, IReadOnlyList<PointPrompt> Points, BoxPrompt? Box)>();
        foreach (var prompt in request.Prompts)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            progress.Step($"prompting object {prompt.Object} on frame {prompt.Frame} ...");
            var (points, box) = Add(session, prompt, frames);
            shown.Add((prompt.Frame, prompt.Object, points, box));
        }

        var prompts = shown.GroupBy(p => p.Frame).ToDictionary(f => f.Key, f => ShownPrompts.Of(f.Select(p => (p.Object, p.Points, p.Box))));
        using var output = new TrackOutput(request, session.ObjectIds, frames, prompts);
        var watch = Stopwatch.StartNew();
        try
        {
            foreach (var masks in session.Propagate(request.Start, request.Frames - 1, request.Reverse, context.Cancellation))
            {
                output.Write(masks, frames.Read(masks.Frame)!);
                progress.Update(() => TrackStatus.Of(output.FrameCount, Expected(request, frames, masks.Frame, output.FrameCount), watch.Elapsed));
            }
        }
        finally
        {
            // Whatever ends tracking, Ctrl-C or a damaged frame, what was tracked so far is worth keeping.
            if (output.FrameCount > 0) output.Complete();
        }

        progress.Dispose();
        Summarise(request, output, watch.Elapsed);
        return ExitCode.Success;
    }

    /// <summary>
    /// Points add to what was said of an object on a frame; a box or a mask would replace it, and nobody would notice.
    /// </summary>
    private static void RefuseReplaced(IReadOnlyList<TrackPrompt> prompts)
    {
        var said = new HashSet<(int, int)>();
        foreach (var prompt in prompts)
        {
            if (!said.Add((prompt.Frame, prompt.Object)) && (prompt.Box is not null || prompt.Mask is not null))
            {
                throw new CliException(
                    $"object {prompt.Object} on frame {prompt.Frame} has a prompt already, which its {(prompt.Box is null ? "mask" : "box")} would replace; " +
                    $"give {(prompt.Box is null ? "the mask first and points after it" : "the box and its points in one prompt")}");
            }
        }
    }

    /// <summary>Gives the session a prompt.</summary>
    /// <returns>Its points and box in pixels of the frames.</returns>
    private static (IReadOnlyList<PointPrompt> Points, BoxPrompt? Box) Add(VideoSession session, TrackPrompt prompt, VideoFrames frames)
    {
        if (prompt.Mask is { } path)
        {
            session.AddMask(prompt.Frame, prompt.Object, MaskFile.Read(path));
            return ([], null);
        }

        // Prompts are in pixels of the video, whatever size it is tracked at.
        var info = frames.Reader.Info;
        var resolved = PromptArguments.Resolve(prompt.Points, prompt.Box is { } given ? [given] : [], info.Width, info.Height)[0];
        float x = (float)frames.Width / info.Width, y = (float)frames.Height / info.Height;
        PointPrompt[] points = [.. resolved.Points.Select(p => p with { X = p.X * x, Y = p.Y * y })];
        BoxPrompt? box = resolved.Box is { } b ? new BoxPrompt(b.X0 * x, b.Y0 * y, b.X1 * x, b.Y1 * y) : null;
        session.AddPoints(prompt.Frame, prompt.Object, points, box, replace: box is not null);
        return (points, box);
    }

    private static long? Expected(TrackRequest request, VideoFrames frames, int frame, int done)
    {
        var left = request.Reverse ? frame : (frames.FrameCount ?? frames.Reader.ExpectedFrameCount) - 1 - frame;
        return left is { } rest ? Math.Min(done + rest, request.Frames ?? long.MaxValue) : request.Frames;
    }

    private void Summarise(TrackRequest request, TrackOutput output, TimeSpan elapsed)
    {
        foreach (var (id, visible) in output.VisibleFrames)
        {
            context.Output.WriteLine($"object {id}: visible on {visible} of {output.FrameCount} frames");
        }

        context.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Directory}  {output.FrameCount} frames in {elapsed.TotalSeconds:0.0} s, {output.FrameCount / elapsed.TotalSeconds:0.00} per second"));
    }
}
