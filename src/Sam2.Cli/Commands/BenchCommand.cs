using System.CommandLine;
using Sam2.Cli.Benchmarking;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 bench</c>: how fast the model is here, in seconds and in units of a matrix product.</summary>
internal static class BenchCommand
{
    private const string DefaultArchitecture = "sam2.1_hiera_t";

    public static Command Create(CommandContext context)
    {
        var model = new ModelOptions();
        model.Model.Required = false;
        var random = new Option<string?>("--random")
        {
            Description = $"An architecture with random weights instead of --model, such as {DefaultArchitecture} (the default); the times are the same.",
            HelpName = "ARCHITECTURE",
        };
        var repeat = new Option<int>("--repeat") { Description = "Repetitions per figure; the best counts.", HelpName = "N", DefaultValueFactory = _ => 5 };
        repeat.AtLeast(1).AtMost(10_000);
        var attention = new Option<bool>("--attention") { Description = "Also time the attention kernel at the shapes that SAM 2.1 tiny uses." };
        var train = new Option<bool>("--train") { Description = "Time a training step on a clip at 512x512 pixels instead, in fp32." };
        var only = new Option<string[]>("--only")
        {
            Description = "Time these figures, or with --curves these curves, alone, by their names in the JSON, such as image_encoder.",
            HelpName = "FIGURE",
            AllowMultipleArgumentsPerToken = true,
        };
        var kinds = new BenchKinds();
        var compare = new Option<string?>("--compare")
        {
            Description = "What an earlier run printed; prints the ratios to it, and ends with 1 where a figure got worse.",
            HelpName = "FILE",
        };
        var worse = new Option<double>("--worse")
        {
            Description = "By how many percent a figure in sg, or its memory, may grow before --compare calls it worse.",
            HelpName = "PERCENT",
            DefaultValueFactory = _ => 10,
        };
        worse.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(result.GetValueOrDefault<double>() >= 0)) result.AddError("--worse must be at least 0");
        });

        var command = new Command("bench", "Times the model: a table, then one line of JSON. 1 sg is the time of a 2048x2048x2048 fp32 product.");
        model.AddTo(command);
        foreach (var option in new Option[] { random, repeat, attention, train, only, compare, worse })
        {
            command.Add(option);
        }

        kinds.AddTo(command, train, compare);

        command.Validators.Add(result =>
        {
            if (result.GetResult(model.Model) is { Implicit: false } && result.GetResult(random) is { Implicit: false })
            {
                result.AddError("--model and --random exclude each other");
            }

            if (result.GetResult(train) is { Implicit: false } && result.GetResult(model.Model) is { Implicit: false })
            {
                result.AddError("--train starts from random weights: give --random instead of --model");
            }
        });
        command.SetAction(parsed =>
        {
            // Read first: nobody wants to learn after ten minutes that the file is no report.
            var old = parsed.GetValue(compare) is { } file ? BenchReport.Read(file) : null;
            var (request, times, names) = (model.Read(parsed), parsed.GetValue(repeat), parsed.GetValue(only) ?? []);
            var other = new OtherBenchmarks(context, request, parsed.GetValue(random) ?? DefaultArchitecture);
            if (kinds.Curves(parsed) is { } folder) return other.Curves(folder, names, times, kinds.Steps(parsed));
            if (kinds.IsVideo(parsed)) return other.Video(kinds.Precisions(parsed, request), kinds.Frames(parsed));
            var report = parsed.GetValue(train)
                ? RunTraining(context, request, parsed.GetValue(random) ?? DefaultArchitecture, times, names)
                : Run(context, request, parsed.GetValue(random), times, parsed.GetValue(attention), names);
            context.Output.Write(report.ToTable());
            var gotWorse = old is null ? [] : report.Compare(old, parsed.GetValue(worse) / 100, context.Output);
            context.Output.WriteLine(report.ToJsonLine());
            // Where people compare with Meta's frames per second.
            if (request.Device.StartsWith("cuda", StringComparison.Ordinal) && !parsed.GetValue(train) && names.Length == 0 && old is null)
                other.Video(kinds.Precisions(parsed, request), kinds.Frames(parsed));
            return gotWorse.Count == 0
                ? ExitCode.Success
                : throw new CliException($"worse by more than {parsed.GetValue(worse):0.##} %: {string.Join(", ", gotWorse)}");
        });
        return command;
    }

    private static BenchReport RunTraining(CommandContext context, ModelRequest request, string architecture, int repeat, string[] only)
    {
        using var progress = new ProgressLine(context);
        using var scope = torch.NewDisposeScope();
        var device = request.ApplyDevice();
        progress.Step("preparing ...");
        using var reference = new ReferenceProduct(device);
        using var training = new TrainingWorkload(RandomModel.Config(architecture), device);
        var run = BenchmarkRun.Measure(
            reference.Run, Chosen(training.All, only), repeat, workload => progress.Step($"{workload.Title} ..."), context.Cancellation);
        return new(architecture, request.Device, "fp32", torch.get_num_threads(), repeat, run);
    }

    private static BenchReport Run(CommandContext context, ModelRequest request, string? random, int repeat, bool attention, string[] only)
    {
        using var progress = new ProgressLine(context);
        using var scope = torch.NewDisposeScope();
        var device = request.ApplyDevice();
        var precision = PrecisionNames.ToScalarType(request.Precision);
        progress.Step("preparing ...");
        var name = request.NameOrPath.Length > 0 ? request.NameOrPath : random ?? DefaultArchitecture;
        using var model = request.NameOrPath.Length > 0 ? request.LoadForPictures() : RandomModel.CreateForPictures(name, device, precision);

        using var reference = new ReferenceProduct(device);
        using var workloads = new ModelWorkloads(model) { Cancellation = context.Cancellation };
        var tensors = new List<IDisposable>();
        var work = attention ? workloads.All.Concat(AttentionShape.All.Select(shape => shape.Create(device, precision, tensors))) : workloads.All;
        try
        {
            var run = BenchmarkRun.Measure(
                reference.Run, Chosen(work, only), repeat, workload => progress.Step($"{workload.Title} ..."), context.Cancellation);
            return new(name, request.Device, request.Precision, torch.get_num_threads(), repeat, run);
        }
        finally
        {
            tensors.ForEach(tensor => tensor.Dispose());
        }
    }

    private static List<Workload> Chosen(IEnumerable<Workload> all, string[] names)
    {
        var known = all.ToList();
        var unknown = names.Except(known.Select(workload => workload.Name)).ToList();
        if (unknown.Count > 0)
            throw new CliException($"--only {unknown[0]} is no figure of this run; {string.Join(", ", known.Select(workload => workload.Name))} are") { ExitCode = ExitCode.Usage };
        return names.Length == 0 ? known : known.FindAll(workload => names.Contains(workload.Name));
    }
}
