using System.Diagnostics;
using System.Globalization;
using Sam2.Cli.Output;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking.Policies;

namespace Sam2.Cli.Commands.Everything;

/// <summary>Finds and follows every object in a video. What was done is kept on the way, so that an interrupted run can be continued.</summary>
internal sealed class EverythingInVideo(CommandContext context)
{
    /// <summary>How often the state is saved: a crash loses this much work at most, Ctrl-C none.</summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(1);

    public int Run(VideoRequest request)
    {
        using var progress = new ProgressLine(context);
        progress.Step($"opening {request.Input} ...");
        using var frames = VideoFrames.Open(request.Input, new VideoReadOptions { MaxSide = request.MaxSide, Count = request.Frames, Range = request.Pictures.Range });
        BitDepthOption.Hint(context, request.Input, frames, request.Pictures.Range);
        progress.Step($"loading {request.Model.NameOrPath} ...");
        using var model = request.Model.Load();
        using var run = RunOutput.Begin(request.Directory, "everything", MaskletResults.Planned(request));
        using var store = new MaskletStore(request);
        using var generator = Open(store, model, frames, request);
        var watch = Stopwatch.StartNew();
        List<Masklet> kept;
        try
        {
            Generate(generator, store, progress, frames);
            progress.Step("writing ...");
            kept = [.. generator.Masklets.Where(masklet => masklet.Verdict == MaskletVerdict.Keep)];
            new MaskletResults(request with { Directory = run.Staging }, frames, [.. kept.Select(masklet => masklet.Id)]).Write(store, context.Cancellation);
            run.Complete();
        }
        catch (Exception e)
        {
            // Ctrl-C, a damaged frame or a full disk: what was found so far is worth keeping.
            SaveIfPossible(generator, store);
            if (e is MediaException { Cause: var cause } && Directory.Exists(request.Input) && cause.Contains("the first frame", StringComparison.Ordinal))
                throw new CliException($"{e.Message} If they are no frames of a video: --pictures.", e);
            throw;
        }

        store.Delete();
        progress.Dispose();
        Summarise(request, generator, kept, watch.Elapsed);
        return ExitCode.Success;
    }

    private VideoMaskGenerator Open(MaskletStore store, Sam2Model model, VideoFrames frames, VideoRequest request)
    {
        var options = request.Generator with { Tracking = request.Generator.Tracking with { Memory = request.Memory?.For(model.Config) } };
        if (!store.CanResume)
        {
            return new VideoMaskGenerator(model, frames, options);
        }

        var generator = VideoMaskGenerator.Resume(store.StatePath, model, frames, options);
        context.Error.WriteLine($"continuing at frame {generator.NextFrame} of an interrupted run (--restart starts over)");
        return generator;
    }

    private void Generate(VideoMaskGenerator generator, MaskletStore store, ProgressLine progress, VideoFrames frames)
    {
        var (watch, first, saved) = (Stopwatch.StartNew(), generator.NextFrame, TimeSpan.Zero);
        var search = new GeneratorState(text => progress.Update(() => $"frame {generator.NextFrame}, {text}"));
        foreach (var frame in generator.Generate(search, context.Cancellation))
        {
            store.Append(frame);
            progress.Update(() => Status(generator, frames, generator.NextFrame - first, watch.Elapsed));
            if (watch.Elapsed - saved > SaveInterval)
            {
                generator.Save(store.StatePath);
                saved = watch.Elapsed;
            }
        }
    }

    private static void SaveIfPossible(VideoMaskGenerator generator, MaskletStore store)
    {
        try
        {
            generator.Save(store.StatePath);
        }
        catch (CheckpointException)
        {
            // The failure that led here is the one to report.
        }
    }

    private static string Status(VideoMaskGenerator generator, VideoFrames frames, int done, TimeSpan elapsed)
    {
        var perSecond = done / elapsed.TotalSeconds;
        var all = frames.FrameCount ?? frames.Reader.ExpectedFrameCount;
        var left = all > generator.NextFrame ? $", {TimeSpan.FromSeconds((all.Value - generator.NextFrame) / perSecond):h\\:mm\\:ss} left" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"frame {generator.NextFrame}{(all is { } n ? $" of {n}" : "")}, {generator.ActiveObjects} objects, {perSecond:0.00} frames per second{left}");
    }

    private void Summarise(VideoRequest request, VideoMaskGenerator generator, IReadOnlyList<Masklet> kept, TimeSpan elapsed)
    {
        for (var i = 0; i < kept.Count; i++)
        {
            var masklet = kept[i];
            context.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"object {i + 1}: visible on {masklet.VisibleFrames} frames, {masklet.FirstFrame} to {masklet.LastFrame}, stability {masklet.Stability:0.00}"));
        }

        int Dropped(MaskletVerdict verdict) => generator.Masklets.Count(masklet => masklet.Verdict == verdict);
        context.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Directory}  {kept.Count} objects on {generator.NextFrame} frames in {elapsed.TotalSeconds:0.0} s; dropped: {Dropped(MaskletVerdict.Duplicate)} duplicates, {Dropped(MaskletVerdict.TooShort)} too short, {Dropped(MaskletVerdict.Unstable)} unstable"));
    }
}

/// <summary>What <c>sam2 everything</c> was asked for, of a video.</summary>
/// <param name="Input">The video or folder of pictures.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Generator">How objects are found and followed.</param>
/// <param name="Frames">How many frames, or null for all.</param>
/// <param name="MaxSide">Longer side to scale frames down to, or null.</param>
/// <param name="Directory">Where results are written.</param>
/// <param name="Format">The format of the masks.</param>
/// <param name="Save">Which pictures: <c>overlay</c>, <c>side-by-side</c>, <c>cutout</c>.</param>
/// <param name="Pictures">How the overlay is drawn.</param>
/// <param name="Restart">Whether what an interrupted run left is ignored.</param>
/// <param name="Memory">How objects are remembered; as SAM 2 does when null.</param>
internal sealed record VideoRequest(
    string Input, ModelRequest Model, VideoMaskGeneratorOptions Generator, int? Frames, int? MaxSide, string Directory, string Format,
    IReadOnlySet<string> Save, PictureRequest Pictures, bool Restart, MemoryChoice? Memory);
