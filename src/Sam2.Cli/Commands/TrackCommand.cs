using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Cli.Prompts;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 track</c>: follows objects through a video.</summary>
internal static class TrackCommand
{
    /// <summary>The original's default.</summary>
    private const int DefaultHoles = 8;

    private static readonly string[] Savings = ["overlay", "side-by-side", "masks", "cutout", "davis", "json"];

    public static Command Create(CommandContext context)
    {
        var video = new Argument<string>("VIDEO") { Description = "A video that ffmpeg reads, or a folder of pictures." };
        var model = new ModelOptions();
        var prompts = new Option<TrackPrompt[]>("--prompt", "-p")
        {
            Description = "An object on a frame, such as \"frame=0 obj=1 point=210,350,1 point=250,220,0\", \"frame=3 obj=2 box=10,20,200,220\" or \"obj=3 mask=file.png\". May be repeated.",
            HelpName = "SPEC",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                var values = new List<TrackPrompt>();
                foreach (var token in result.Tokens)
                {
                    try
                    {
                        values.Add(TrackPrompt.Parse(token.Value));
                    }
                    catch (FormatException e)
                    {
                        result.AddError(e.Message);
                    }
                }

                return [.. values];
            },
        };
        var file = new Option<string?>("--prompts") { Description = "More prompts, as a JSON list.", HelpName = "FILE.json" };
        var start = Number("--start", "First frame to track; the earliest prompted one if not given.", 0);
        var frames = Number("--frames", "How many frames to track; all if not given.", 1);
        var reverse = new Option<bool>("--reverse") { Description = "Track backwards in time." };
        var directory = new Option<string?>("--out", "-o")
        {
            Description = "Where overlay.mp4, side-by-side.mp4, masks/OBJ/00000.png, cutout/OBJ/00000.png, davis/00000.png and masklets.json are written, "
                + "pictures under the names of the frames where these are pictures; out/track-VIDEO if not given. The results of an earlier run there are replaced.",
            HelpName = "DIR",
        };
        var memory = new MemoryOption();
        var save = new SaveOption(Savings, "overlay,masks,json");
        var pictures = new PictureOptions();
        var maxSide = Number("--max-side", "Frames with a longer side are scaled down to it. Prompts stay in pixels of the video.", 16);
        var fillHoles = Number("--fill-holes", $"Largest hole that is filled, in pixels of the model's low-resolution mask; 0 for none, {DefaultHoles} if not given.", 0);

        var command = new Command("track", "Follows objects through a video.") { video };
        model.AddTo(command);
        foreach (var option in new Option[] { prompts, file, start, frames, reverse, directory, maxSide, fillHoles })
        {
            command.Add(option);
        }

        memory.AddTo(command);
        save.AddTo(command);
        pictures.AddTo(command);

        command.Validators.Add(result =>
        {
            if (result.GetResult(prompts) is null && result.GetResult(file) is null)
            {
                result.AddError("no prompt: give at least one --prompt, or --prompts with a file");
            }
        });
        command.SetAction(parsed => new Tracking(context).Run(new TrackRequest(
            parsed.GetRequiredValue(video), model.Read(parsed),
            [.. parsed.GetValue(prompts) ?? [], .. parsed.GetValue(file) is { } path ? TrackPromptFile.Read(path) : []],
            parsed.GetValue(start), parsed.GetValue(frames), parsed.GetValue(reverse),
            parsed.GetValue(directory) ?? OutputFolder.DefaultFor("track", parsed.GetRequiredValue(video)),
            save.Read(parsed), pictures.Read(parsed), parsed.GetValue(maxSide), parsed.GetValue(fillHoles) ?? DefaultHoles, memory.Read(parsed))));
        return command;
    }

    private static Option<int?> Number(string name, string description, int smallest) =>
        new Option<int?>(name) { Description = description, HelpName = "N" }.AtLeast(smallest);
}

/// <summary>What <c>sam2 track</c> was asked for.</summary>
/// <param name="Video">A video file or a folder of pictures.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Prompts">What is said of which object on which frame.</param>
/// <param name="Start">First frame to track, or null for the earliest prompted one.</param>
/// <param name="Frames">How many frames to track, or null for all.</param>
/// <param name="Reverse">Whether to track backwards in time.</param>
/// <param name="Directory">Where results are written.</param>
/// <param name="Save">Which results: <c>overlay</c>, <c>side-by-side</c>, <c>masks</c>, <c>cutout</c>, <c>davis</c>, <c>json</c>.</param>
/// <param name="Pictures">How overlays are drawn.</param>
/// <param name="MaxSide">Longer side to scale frames down to, or null.</param>
/// <param name="FillHoles">Largest hole that is filled, in pixels of the model's low-resolution mask.</param>
/// <param name="Memory">How objects are remembered; as SAM 2 does when null.</param>
internal sealed record TrackRequest(
    string Video, ModelRequest Model, IReadOnlyList<TrackPrompt> Prompts, int? Start, int? Frames, bool Reverse, string Directory,
    IReadOnlySet<string> Save, PictureRequest Pictures, int? MaxSide, int FillHoles, MemoryChoice? Memory);

/// <summary>Does what <c>sam2 track</c> asks for: video and prompts in, overlay, masks and report out, frame by frame.</summary>
internal sealed class Tracking(CommandContext context)
{
    /// <summary>Frames that wait to be drawn and written while the next ones are tracked.</summary>
    private const int FramesWaiting = 4;

    public int Run(TrackRequest request)
    {
        RefuseReplaced(request.Prompts);
        using var progress = new ProgressLine(context);
        progress.Step($"opening {request.Video} ...");
        using var frames = VideoFrames.Open(request.Video, new VideoReadOptions { MaxSide = request.MaxSide, Range = request.Pictures.Range });
        BitDepthOption.Hint(context, request.Video, frames, request.Pictures.Range);
        using var run = RunOutput.Begin(request.Directory, "track", TrackOutput.Planned(request));
        progress.Step($"loading {request.Model.NameOrPath} ...");
        using var model = request.Model.Load();
        using var session = new VideoSession(model, frames, new VideoSessionOptions { FillHoleArea = request.FillHoles, Memory = request.Memory?.For(model.Config) });
        if (request.Start >= session.FrameCount) throw new CliException($"--start {request.Start}: the video has frames 0 to {session.FrameCount - 1}");
        var shown = new List<(int Frame, long Object, IReadOnlyList<PointPrompt> Points, BoxPrompt? Box)>();
        foreach (var prompt in request.Prompts)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            progress.Step($"prompting object {prompt.Object} on frame {prompt.Frame} ...");
            var (points, box) = AddOrName(session, prompt, frames);
            shown.Add((prompt.Frame, prompt.Object, points, box));
        }

        var prompts = shown.GroupBy(p => p.Frame).ToDictionary(f => f.Key, f => ShownPrompts.Of(f.Select(p => (p.Object, p.Points, p.Box))));
        using var output = new TrackOutput(run, request, session.ObjectIds, frames, prompts);
        using var writer = new BackgroundWriter<(FrameMasks Masks, RgbImage Image, TimeSpan? Time)>(frame => output.Write(frame.Masks, frame.Image, frame.Time), FramesWaiting);
        var (watch, done, isWhole) = (Stopwatch.StartNew(), 0, false);
        try
        {
            foreach (var masks in session.Propagate(request.Start, request.Frames - 1, request.Reverse, context.Cancellation))
            {
                writer.Add((masks, frames.Read(masks.Frame)!, TimeOf(frames, masks.Frame, request.Reverse)));
                done++;
                progress.Update(() => TrackStatus.Of(done, Expected(request, frames, masks.Frame, done), watch.Elapsed));
            }

            isWhole = true;
        }
        finally
        {
            var written = false;
            try
            {
                writer.Complete();
                written = true;
            }
            finally
            {
                // Whatever ends tracking, Ctrl-C or a damaged frame, what was tracked so far is worth keeping.
                if (output.FrameCount > 0 && output.Complete(isWhole && written) is var place && place != request.Directory)
                {
                    progress.Dispose();
                    context.Error.WriteLine($"sam2 track: {request.Directory} keeps the results of an earlier run; the {output.FrameCount} frames that were tracked now are in {place}");
                }
            }
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

    /// <summary><see cref="Add"/>; what is wrong with the prompt is said of the prompt.</summary>
    private static (IReadOnlyList<PointPrompt> Points, BoxPrompt? Box) AddOrName(VideoSession session, TrackPrompt prompt, VideoFrames frames)
    {
        try
        {
            return Add(session, prompt, frames);
        }
        catch (Exception e) when (e is ArgumentException or CliException)
        {
            throw new CliException($"the prompt of object {prompt.Object} on frame {prompt.Frame}: {ErrorLine.Of(e).TrimEnd('.')}", e);
        }
    }

    /// <summary>Gives the session a prompt.</summary>
    /// <returns>Its points and box in pixels of the frames.</returns>
    private static (IReadOnlyList<PointPrompt> Points, BoxPrompt? Box) Add(VideoSession session, TrackPrompt prompt, VideoFrames frames)
    {
        // Prompts are in pixels of the video, whatever size it is tracked at.
        var info = frames.Reader.Info;
        if (prompt.Mask is { } path)
        {
            session.AddMask(prompt.Frame, prompt.Object, MaskArgument.Read("mask=", path, info.Width, info.Height));
            return ([], null);
        }

        var resolved = PromptArguments.Resolve(prompt.Points, prompt.Box is { } given ? [given] : [], info.Width, info.Height)[0];
        float x = (float)frames.Width / info.Width, y = (float)frames.Height / info.Height;
        PointPrompt[] points = [.. resolved.Points.Select(p => p with { X = p.X * x, Y = p.Y * y })];
        BoxPrompt? box = resolved.Box is { } b ? new BoxPrompt(b.X0 * x, b.Y0 * y, b.X1 * x, b.Y1 * y) : null;
        session.AddPoints(prompt.Frame, prompt.Object, points, box, replace: box is not null);
        return (points, box);
    }

    /// <summary>
    /// When a frame is shown. Backwards, that is when it ends in the video, counted backwards, so that each frame is shown for as long as in the video.
    /// </summary>
    private static TimeSpan? TimeOf(VideoFrames frames, int frame, bool reverse)
    {
        if (!reverse || frames.TimeOf(frame) is not { } begin) return frames.TimeOf(frame);
        if (frames.TimeOf(frame + 1) is { } known) return -known;
        try
        {
            frames.Read(frame + 1);
        }
        catch (MediaException)
        {
            // A damaged frame behind those that are tracked doesn't matter.
        }

        var rate = frames.Reader.Info.FrameRate?.PerSecond ?? 25;
        return -(frames.TimeOf(frame + 1) ?? begin + TimeSpan.FromSeconds(1 / rate));
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
            $"{request.Directory}  {output.FrameCount} frame{(output.FrameCount == 1 ? "" : "s")} in {elapsed.TotalSeconds:0.0} s, {output.FrameCount / elapsed.TotalSeconds:0.00} per second"));
    }
}

/// <summary>The line that <c>sam2 track</c> shows while it runs.</summary>
internal static class TrackStatus
{
    private const int BarWidth = 20;

    /// <summary>Frames so far, their speed and, where it is known how many there will be, a bar and the time left.</summary>
    /// <param name="done">Frames that were tracked, at least 1.</param>
    /// <param name="expected">How many there will be, or null.</param>
    /// <param name="elapsed">Time since tracking began.</param>
    public static string Of(int done, long? expected, TimeSpan elapsed)
    {
        var perSecond = done / elapsed.TotalSeconds;
        if (expected is not { } all) return string.Create(CultureInfo.InvariantCulture, $"tracking: frame {done}, {perSecond:0.00} per second");

        // What files say of their length isn't always true.
        all = Math.Max(all, done);
        var filled = (int)(BarWidth * done / all);
        var left = TimeSpan.FromSeconds((all - done) / perSecond);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"tracking: [{new string('#', filled)}{new string('.', BarWidth - filled)}] frame {done} of {all}, {perSecond:0.00} per second, {left:h\\:mm\\:ss} left");
    }
}
