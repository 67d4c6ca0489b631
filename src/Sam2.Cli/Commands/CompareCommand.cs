using System.CommandLine;
using System.Text;
using Sam2.Cli.Benchmarking;
using Sam2.Cli.Output;
using Sam2.Torch;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 compare</c>: models side by side on the same pictures: size, speed on this machine, and how far their masks agree.</summary>
internal static class CompareCommand
{
    public static Command Create(CommandContext context)
    {
        var models = new Argument<string[]>("MODELS")
        {
            Description = "Checkpoints of SAM 2, SAM or MobileSAM by name or path, and FastSAM or YOLO-seg exported as NAME.torchscript, whose code is run: use files that you trust. "
                + "Masks are compared with the first one's.",
            Arity = ArgumentArity.OneOrMore,
        };
        var images = new Option<string>("--images", "-i") { Description = "A folder of pictures. The first one is timed.", HelpName = "DIR", Required = true };
        var directory = new Option<string?>("--out", "-o")
        {
            Description = "Where compare.md and compare.json are written; nowhere if not given. The results of an earlier run there are replaced.", HelpName = "DIR",
        };
        var clicks = new Option<int>("--clicks") { Description = "Clicks along each side of a grid on every picture.", HelpName = "N", DefaultValueFactory = _ => 4 }
            .AtLeast(1).AtMost(32);
        var points = new Option<int>("--points-per-side") { Description = "Points along each side of the grid with which everything is found.", HelpName = "N", DefaultValueFactory = _ => 32 }
            .AtLeast(1).AtMost(512);
        var repeat = new Option<int>("--repeat") { Description = "Repetitions per time; the best counts.", HelpName = "N", DefaultValueFactory = _ => 3 }.AtLeast(1).AtMost(10_000);
        var limit = new Option<int?>("--limit") { Description = "Only the first N pictures.", HelpName = "N" }.AtLeast(1);
        var options = new ModelOptions();

        var command = new Command("compare", "Compares models on pictures: size, parameters, speed on this machine, and agreement of masks.") { models };
        foreach (var option in new Option[] { images, directory, clicks, points, repeat, limit, options.Device, options.Precision, options.Threads })
        {
            command.Add(option);
        }

        command.SetAction(parsed => new Comparison(context).Run(new CompareRequest(
            parsed.GetRequiredValue(models), options.Read(parsed), parsed.GetRequiredValue(images), parsed.GetValue(directory), parsed.GetValue(clicks),
            parsed.GetValue(points), parsed.GetValue(repeat), parsed.GetValue(limit))));
        return command;
    }
}

/// <summary>What <c>sam2 compare</c> was asked for.</summary>
/// <param name="Models">Names or paths, the first of which is what the others are compared with.</param>
/// <param name="Where">Where to compute, and in which precision; it names no model.</param>
/// <param name="Images">The folder of pictures.</param>
/// <param name="Directory">Where the report is written, or null.</param>
/// <param name="ClicksPerSide">Clicks along each side of the grid.</param>
/// <param name="PointsPerSide">Points along each side of the grid with which everything is found.</param>
/// <param name="Repeat">Repetitions per time.</param>
/// <param name="Limit">How many pictures at most; null for all.</param>
internal sealed record CompareRequest(
    IReadOnlyList<string> Models, ModelRequest Where, string Images, string? Directory, int ClicksPerSide, int PointsPerSide, int Repeat, int? Limit);

/// <summary>Does what <c>sam2 compare</c> asks for, one model after the other, so that only one is in memory.</summary>
internal sealed class Comparison(CommandContext context)
{
    private const string Markdown = "compare.md", Json = "compare.json";

    public int Run(CompareRequest request)
    {
        using var progress = new ProgressLine(context);
        var pictures = UnrelatedPictures.In(request.Images).Take(request.Limit ?? int.MaxValue).ToList();
        using var run = request.Directory is { } folder ? RunOutput.Begin(folder, "compare", Markdown, Json) : null;
        var device = request.Where.ApplyDevice();
        var timed = Read(request, pictures[0]);
        var results = new List<ModelComparison>();
        List<IReadOnlyList<CocoRle>>? first = null;
        foreach (var name in request.Models)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            progress.Step($"loading {name} ...");
            using var scope = torch.NewDisposeScope();
            using var model = ComparedModel.Load(name, device, PrecisionNames.ToScalarType(request.Where.Precision), request.PointsPerSide, context.Cancellation);
            var times = BenchmarkRun.Measure(
                reference: null, model.Workloads(timed), request.Repeat, workload => progress.Step($"{name}: {workload.Title} ..."), context.Cancellation);
            var answers = Answers(request, name, model, pictures, first, progress);
            first ??= answers;
            results.Add(new ModelComparison(
                name, model.Kind, model.FileBytes, model.ParameterCount, model.ImageSize, times,
                [.. answers.Zip(first).SelectMany(picture => picture.First.Zip(picture.Second, Iou))]));
        }

        progress.Dispose();
        var report = new ComparisonReport(
            request.Images, pictures.Count, $"{pictures[0]} ({timed.Width}x{timed.Height})", request.ClicksPerSide * request.ClicksPerSide, request.Where.Device,
            request.Where.Precision, torch.get_num_threads(), request.Repeat, results);
        if (run is not null)
        {
            Write(run.PathFor(Path.Combine(run.Folder, Markdown)), report.ToMarkdown());
            Write(run.PathFor(Path.Combine(run.Folder, Json)), report.ToJson() + "\n");
            run.Complete();
        }

        context.Output.Write(report.ToMarkdown());
        return ExitCode.Success;
    }

    private List<IReadOnlyList<CocoRle>> Answers(
        CompareRequest request, string name, ComparedModel model, IReadOnlyList<string> pictures, List<IReadOnlyList<CocoRle>>? first, ProgressLine progress)
    {
        var answers = new List<IReadOnlyList<CocoRle>>();
        for (var i = 0; i < pictures.Count; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            progress.Step($"{name}: masks on picture {i + 1} of {pictures.Count} ...");
            using var scope = torch.NewDisposeScope();
            var picture = Read(request, pictures[i]);
            PointPrompt[] clicks = [.. PointGrid.Build(request.ClicksPerSide).Select(at => new PointPrompt((float)(at.X * picture.Width), (float)(at.Y * picture.Height)))];
            answers.Add(model.Answer(picture, clicks, first?[i]));
        }

        return answers;
    }

    private RgbImage Read(CompareRequest request, string name) => ImageFile.Read(Path.Combine(request.Images, name), cancellationToken: context.Cancellation);

    /// <summary>Two models that both see nothing agree.</summary>
    private static double Iou(CocoRle a, CocoRle b) => a.Area == 0 && b.Area == 0 ? 1 : a.Iou(b);

    private static void Write(string path, string text) =>
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)), e => new CliException($"{path} can't be written: {e.Message}", e));
}
