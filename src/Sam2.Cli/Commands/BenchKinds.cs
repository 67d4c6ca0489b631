using System.CommandLine;
using System.Globalization;
using Sam2.Cli.Benchmarking;
using Sam2.Cli.Output;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>The options of <c>sam2 bench</c> that measure something else than its figures: a video, or how cost grows.</summary>
internal sealed class BenchKinds
{
    private readonly Option<bool> _video = new("--video")
    {
        Description = "Time following an object through a video instead, in frames per second; after the figures, with --device cuda, in any case.",
    };

    private readonly Option<string[]> _precisions = new("--precisions")
    {
        Description = "With --video: the precisions to time; all on CUDA, that of --precision elsewhere, if not given.",
        HelpName = string.Join('|', VideoBenchmark.Precisions),
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _frames = new Option<int>("--frames")
    {
        Description = "With --video: how many frames are timed.", HelpName = "N", DefaultValueFactory = _ => 40,
    }.AtLeast(1);

    private readonly Option<string?> _curves = new("--curves")
    {
        Description = "Measure instead how time and memory grow with image size, prompts, objects, memories and model size; writes curves.json, time.svg and memory.svg.",
        HelpName = "DIR",
    };

    private readonly Option<int?> _steps = new Option<int?>("--steps") { Description = "With --curves: only the first N steps of each curve.", HelpName = "N" }.AtLeast(1);

    public BenchKinds() => _precisions.AcceptOnlyFromAmong([.. VideoBenchmark.Precisions]);

    public void AddTo(Command command, Option<bool> train, Option<string?> compare)
    {
        foreach (var option in new Option[] { _video, _precisions, _frames, _curves, _steps }) command.Add(option);
        command.Validators.Add(result =>
        {
            bool Given(Option option) => result.GetResult(option) is { Implicit: false };
            Option[] alone = [_video, _curves, train];
            if (alone.Count(Given) > 1) result.AddError($"{string.Join(" and ", alone.Where(Given).Select(option => option.Name))} exclude each other");
            if (Given(compare) && (Given(_video) || Given(_curves))) result.AddError("--compare compares figures, not --video or --curves");
            if (Given(_steps) && !Given(_curves)) result.AddError("--steps needs --curves");
        });
    }

    /// <summary>The folder that curves are written to; null if none are wanted.</summary>
    public string? Curves(ParseResult parsed) => parsed.GetValue(_curves);

    public int? Steps(ParseResult parsed) => parsed.GetValue(_steps);

    public bool IsVideo(ParseResult parsed) => parsed.GetValue(_video);

    public int Frames(ParseResult parsed) => parsed.GetValue(_frames);

    /// <summary>The precisions that a video is timed in.</summary>
    public IReadOnlyList<string> Precisions(ParseResult parsed, ModelRequest request) => parsed.GetValue(_precisions) is { Length: > 0 } chosen
        ? [.. chosen.Distinct()]
        : request.Device.StartsWith("cuda", StringComparison.Ordinal) ? VideoBenchmark.Precisions : [request.Precision];
}

/// <summary>Does what <see cref="BenchKinds"/> ask for.</summary>
/// <param name="context">Streams, and the wish to stop.</param>
/// <param name="request">Which model, where and how.</param>
/// <param name="random">The architecture where no model is named.</param>
internal sealed class OtherBenchmarks(CommandContext context, ModelRequest request, string random)
{
    private const int WarmUpFrames = 20;

    private bool IsRandom => request.NameOrPath.Length == 0;

    private string Name => IsRandom ? random : request.NameOrPath;

    public int Video(IReadOnlyList<string> precisions, int frames)
    {
        using var progress = new ProgressLine(context);
        var device = request.ApplyDevice();
        var speeds = new List<VideoSpeed>();
        double? published = null;
        foreach (var precision in precisions)
        {
            progress.Step($"following an object in {precision} ...");
            speeds.Add(VideoBenchmark.Measure(type => Create(device, type), precision, frames, WarmUpFrames, context.Cancellation));
        }

        progress.Dispose();
        var report = new VideoSpeedReport(Name, request.Device, torch.get_num_threads(), frames, speeds, published);
        context.Output.Write(report.ToTable());
        context.Output.WriteLine(report.ToJsonLine());
        return ExitCode.Success;

        Sam2Model Create(torch.Device where, torch.ScalarType type)
        {
            var model = IsRandom ? RandomModel.Create(random, where, type) : request.Load(type);
            published = PublishedSpeed.Of(model.Config);
            return model;
        }
    }

    public int Curves(string folder, IReadOnlyList<string> only, int repeat, int? steps)
    {
        using var progress = new ProgressLine(context);
        var device = request.ApplyDevice();
        var precision = PrecisionNames.ToScalarType(request.Precision);
        var plans = new ModelCurves(Architecture(), device, precision).All;
        var unknown = only.Except(plans.Select(plan => plan.Name)).ToList();
        if (unknown.Count > 0) throw new CliException($"--only {unknown[0]} is no curve; {string.Join(", ", plans.Select(plan => plan.Name))} are");

        OutputFolder.Create(folder);
        var curves = new List<GrowthCurve>();
        foreach (var plan in plans.Where(plan => only.Count == 0 || only.Contains(plan.Name)))
        {
            var some = plan with { Steps = [.. plan.Steps.Take(steps ?? int.MaxValue)] };
            curves.Add(some.Measure(repeat, step => progress.Step($"{plan.Name}: {step.Label} ..."), context.Cancellation));
        }

        progress.Dispose();
        var report = new CurveReport(Name, request.Device, request.Precision, torch.get_num_threads(), curves);
        report.Write(folder);
        context.Output.Write(report.ToTable());
        context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.Combine(folder, "curves.json")}  {curves.Count} curves"));
        return ExitCode.Success;
    }

    private Sam2Config Architecture()
    {
        if (IsRandom) return RandomModel.Config(random);
        using var model = request.Load();
        return model.Config;
    }
}
