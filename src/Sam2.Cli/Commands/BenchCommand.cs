using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
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
        repeat.AtLeast(1);
        var attention = new Option<bool>("--attention") { Description = "Also time the attention kernel at the shapes that SAM 2.1 tiny uses." };
        var train = new Option<bool>("--train") { Description = "Time a training step on a clip at 512x512 pixels instead, in fp32." };

        var command = new Command("bench", "Times the model: a table, then one line of JSON. 1 sg is the time of a 2048x2048x2048 fp32 product.");
        model.AddTo(command);
        foreach (var option in new Option[] { random, repeat, attention, train })
        {
            command.Add(option);
        }

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
        command.SetAction(parsed => parsed.GetValue(train)
            ? RunTraining(context, model.Read(parsed), parsed.GetValue(random) ?? DefaultArchitecture, parsed.GetValue(repeat))
            : Run(context, model.Read(parsed), parsed.GetValue(random), parsed.GetValue(repeat), parsed.GetValue(attention)));
        return command;
    }

    private static int RunTraining(CommandContext context, ModelRequest request, string architecture, int repeat)
    {
        using var progress = new ProgressLine(context);
        using var scope = torch.NewDisposeScope();
        var device = request.ApplyDevice();
        progress.Step("preparing ...");
        using var reference = new ReferenceProduct(device);
        using var training = new TrainingWorkload(RandomModel.Config(architecture), device);
        var run = BenchmarkRun.Measure(reference.Run, training.All, repeat, workload => progress.Step($"{workload.Title} ..."), context.Cancellation);
        progress.Dispose();
        Print(context, new(architecture, request.Device, "fp32", torch.get_num_threads(), repeat, run));
        return ExitCode.Success;
    }

    private static int Run(CommandContext context, ModelRequest request, string? random, int repeat, bool attention)
    {
        using var progress = new ProgressLine(context);
        using var scope = torch.NewDisposeScope();
        var device = request.ApplyDevice();
        var precision = PrecisionNames.ToScalarType(request.Precision);
        progress.Step("preparing ...");
        var name = request.NameOrPath.Length > 0 ? request.NameOrPath : random ?? DefaultArchitecture;
        using var model = request.NameOrPath.Length > 0 ? request.Load() : RandomModel.Create(name, device, precision);

        using var reference = new ReferenceProduct(device);
        using var workloads = new ModelWorkloads(model);
        var tensors = new List<IDisposable>();
        var work = attention ? workloads.All.Concat(AttentionShape.All.Select(shape => shape.Create(device, precision, tensors))) : workloads.All;
        var run = BenchmarkRun.Measure(
            reference.Run, work, repeat, workload => progress.Step($"{workload.Title} ..."), context.Cancellation);
        tensors.ForEach(tensor => tensor.Dispose());

        progress.Dispose();
        Print(context, new(name, request.Device, request.Precision, torch.get_num_threads(), repeat, run));
        return ExitCode.Success;
    }

    private static void Print(CommandContext context, BenchReport report)
    {
        context.Output.Write(report.ToTable());
        context.Output.WriteLine(report.ToJsonLine());
    }
}

/// <summary>What <c>sam2 bench</c> prints: a table for people, one JSON line for programs.</summary>
internal sealed record BenchReport(string Model, string Device, string Precision, int Threads, int Repeat, BenchmarkRun Run)
{
    /// <summary>The table, one line per figure.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        Line($"{Model}, {Precision} on {Device}, {Threads} thread{(Threads == 1 ? "" : "s")}, best of {Repeat}");
        Line($"1 sg = one 2048x2048x2048 fp32 product = {Run.ReferenceSeconds:0.0000} s");
        Line($"{"",-36}{"seconds",10}{"sg",10}{"peak MB",10}");
        foreach (var figure in Run.Measurements)
        {
            Line($"{figure.Title,-36}{figure.Seconds,10:0.0000}{Run.Sg(figure),10:0.00}{figure.PeakMemoryBytes / 1e6,10:0}");
        }

        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>The same as one line of JSON.</summary>
    public string ToJsonLine()
    {
        var figures = new JsonObject();
        foreach (var figure in Run.Measurements)
        {
            figures[figure.Name] = new JsonObject
            {
                ["seconds"] = Math.Round(figure.Seconds, 6),
                ["sg"] = Math.Round(Run.Sg(figure), 3),
                ["peak_memory_bytes"] = figure.PeakMemoryBytes,
            };
        }

        return new JsonObject
        {
            ["model"] = Model,
            ["device"] = Device,
            ["precision"] = Precision,
            ["threads"] = Threads,
            ["repeat"] = Repeat,
            ["sg_seconds"] = Math.Round(Run.ReferenceSeconds, 6),
            ["figures"] = figures,
            ["peak_memory_bytes"] = Run.Measurements.Max(figure => figure.PeakMemoryBytes),
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = false });
    }
}
