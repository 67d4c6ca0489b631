using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sam2.Cli.Output;
using Sam2.Torch;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data;
using Sam2.Torch.Training;
using Sam2.Torch.Training.FineTuning;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 finetune</c>: from a few annotated pictures to a model that knows their kind, with one command.</summary>
internal static class FinetuneCommand
{
    private const int DefaultRank = 8, MostRank = 1024;

    public static Command Create(CommandContext context)
    {
        var data = new Argument<string>("DATA") { Description = "The annotated pictures: a folder of COCO, YOLO (polygons), LabelMe, or pictures and masks." };
        var model = new ModelOptions();
        var format = new Option<string?>("--format")
        {
            Description = "How the data set is laid out; found out by looking at the folder if not given.", HelpName = string.Join('|', DatasetFormats.Names),
        };
        var split = new Option<string?>("--split") { Description = "The part of the data set to use, such as train; all of it if not given.", HelpName = "NAME" };
        var steps = new Option<int?>("--steps") { Description = "Steps of training; chosen by the number of pictures if not given.", HelpName = "N" };
        steps.AtLeast(1);
        var trainEncoder = new Option<bool>("--train-encoder")
        {
            Description = "Train the image encoder too, not the mask decoder alone: for pictures unlike any others. A step then takes many times as long.",
        };
        var lora = new Option<int?>("--lora")
        {
            Description = $"Train low-rank updates (LoRA) in place of whole weights, of rank {DefaultRank} if no other is given; they are also written to adapter/, alone.",
            HelpName = "RANK", Arity = ArgumentArity.ZeroOrOne,
        };
        lora.AtLeast(1).AtMost(MostRank);
        var share = new Option<double>("--val-share")
        {
            Description = "The share of pictures that isn't trained on but measured on, before and after.", HelpName = "SHARE", DefaultValueFactory = _ => 0.2,
        };
        share.Only(value => value is > 0 and < 1, "a number between 0 and 1 is needed");
        var seed = new Option<int>("--seed") { Description = "Chooses the pictures to measure on, and everything random.", HelpName = "N", DefaultValueFactory = _ => 1 };
        seed.AtLeast(0);
        var overwrite = new Option<bool>("--overwrite") { Description = "Start over where a run of the same settings was interrupted or is done." };
        var directory = new Option<string?>("--out", "-o") { Description = "Where the model and the report are written; out/finetune-DATA if not given.", HelpName = "DIR" };

        var command = new Command("finetune", "Fine-tunes a model on 20 to 200 annotated pictures, and reports it before and after; goes on where it was stopped.")
        {
            data, model.Model, directory, format, split, steps, lora, trainEncoder, share, seed, model.Device, model.Threads, overwrite,
        };
        command.SetAction(parsed =>
        {
            var device = parsed.GetRequiredValue(model.Device);
            DeviceNames.ToDevice(device);
            var root = parsed.GetRequiredValue(data);
            var options = new FineTuneOptions
            {
                Model = parsed.GetRequiredValue(model.Model)!,
                Steps = parsed.GetValue(steps),
                TrainEncoder = parsed.GetValue(trainEncoder),
                LoraRank = parsed.GetResult(lora) is { } given ? given.GetValueOrDefault<int?>() ?? DefaultRank : null,
                Seed = (ulong)parsed.GetValue(seed),
                Device = device,
                Threads = parsed.GetValue(model.Threads),
            };
            return new Finetuning(context).Run(new FinetuneRequest(
                root, parsed.GetValue(format), parsed.GetValue(split), parsed.GetValue(share), options,
                parsed.GetValue(directory) ?? OutputFolder.DefaultFor("finetune", root), parsed.GetValue(overwrite)));
        });
        return command;
    }
}

/// <summary>What is to be fine-tuned.</summary>
/// <param name="Data">The data set's folder.</param>
/// <param name="Format">Its format, or null.</param>
/// <param name="Split">Its part, or null.</param>
/// <param name="ValidationShare">The share of pictures to measure on.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="Directory">Where results go.</param>
/// <param name="Overwrite">Whether an earlier run of the same settings is started over.</param>
internal sealed record FinetuneRequest(
    string Data, string? Format, string? Split, double ValidationShare, FineTuneOptions Options, string Directory, bool Overwrite)
{
    public const string Model = "model.pt", Recipe = "recipe.yaml", Log = "log.jsonl", Adapter = "adapter", Training = "training";

    /// <summary>All that results depend on.</summary>
    public object Settings(IReadOnlyList<string> train, IReadOnlyList<string> validation) =>
        new { Data = Path.GetFullPath(Data), Format, Split, Options = Options with { Threads = null }, train, validation };

    /// <summary>What a run writes.</summary>
    public static readonly string[] Files = [Model, Recipe, Log, "report.md", "report.html", "train.txt", "validation.txt", "pictures/", "adapter/"];
}

/// <summary>Does what <c>sam2 finetune</c> asks for.</summary>
internal sealed class Finetuning(CommandContext context)
{
    public int Run(FinetuneRequest request)
    {
        var watch = Stopwatch.StartNew();
        using var progress = new ProgressLine(context);
        var data = Survey(request, progress);
        var (train, validation) = data.Split(request.ValidationShare, request.Options.Seed);
        using var run = RunOutput.Continue(
            request.Directory, "finetune", request.Settings(train, validation), request.Overwrite, FinetuneRequest.Files);
        if (run.Continued is not null)
        {
            context.Output.WriteLine($"{Path.Combine(run.Folder, FinetuneRequest.Model)}  was made before, by the same settings (--overwrite makes it again)");
            return ExitCode.Success;
        }

        WriteLines(Path.Combine(run.Staging, "train.txt"), train);
        WriteLines(Path.Combine(run.Staging, "validation.txt"), validation);
        var recipe = FineTunePlan.Create(request.Options, data, run.Staging, train.Count);
        var pictures = data.Open(validation);
        var before = Measure(request.Options.Model, "before", recipe, pictures, progress);
        progress.Dispose();
        context.Output.WriteLine(Describe("before", before));

        var folder = new TrainingFolder(Path.Combine(run.Staging, FinetuneRequest.Training));
        var state = TrainingRun.Execute(recipe, folder, resume: true, context.Output, cancellationToken: context.Cancellation);
        var after = Measure(folder.Best, "after", recipe, pictures, progress);
        progress.Dispose();
        context.Output.WriteLine(Describe("after", after));

        File.Copy(folder.Best, Path.Combine(run.Staging, FinetuneRequest.Model), overwrite: true);
        File.Copy(folder.JsonLines, Path.Combine(run.Staging, FinetuneRequest.Log), overwrite: true);
        if (request.Options.LoraRank is not null)
        {
            var adapter = Path.Combine(run.Staging, FinetuneRequest.Adapter);
            OutputFolder.Create(adapter);
            foreach (var file in Directory.GetFiles(TrainingFolder.AdapterOf(folder.Best))) File.Copy(file, Path.Combine(adapter, Path.GetFileName(file)), overwrite: true);
        }

        // The lists lie in the user's folder when the run is over.
        WriteText(Path.Combine(run.Staging, FinetuneRequest.Recipe), RecipeYaml.Format(FineTunePlan.Create(request.Options, data, run.Folder, train.Count)));
        var report = new FineTuneReport(before, after, Facts(request, data, train, validation, recipe, state, watch.Elapsed));
        report.Write(run.Staging, pictures);
        Directory.Delete(folder.Path, recursive: true);
        run.Complete();
        context.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Path.Combine(run.Folder, FinetuneRequest.Model)}  {report.Headline}; see report.html"));
        return ExitCode.Success;
    }

    private FineTuneData Survey(FinetuneRequest request, ProgressLine progress)
    {
        if (!Directory.Exists(request.Data)) throw new CliException(File.Exists(request.Data) ? $"{request.Data} is a file; give the folder of the data set" : $"the folder {request.Data} does not exist");
        var data = FineTuneData.Survey(
            request.Data, request.Format, request.Split, new Told<(int Done, int All)>(at => progress.Update(() => $"looking at picture {at.Done + 1} of {at.All}")), context.Cancellation);
        progress.Dispose();
        foreach (var reason in data.LeftOut) context.Error.WriteLine($"sam2 finetune: left out: {reason}");
        return data;
    }

    private FineTuneScores Measure(string model, string when, Recipe recipe, IReadOnlyList<IAnnotatedVideo> pictures, ProgressLine progress)
    {
        progress.Step($"loading {model} ...");
        if (recipe.Threads is { } threads) TorchSharp.torch.set_num_threads(threads);
        using var loaded = ModelLoader.Load(model, device: DeviceNames.ToDevice(recipe.Device));
        return FineTuneScores.Measure(
            loaded, pictures, new Told<int>(done => progress.Update(() => $"measuring {when}: picture {done + 1} of {pictures.Count}")), context.Cancellation);
    }

    private static string Describe(string when, FineTuneScores scores) =>
        $"{when}: {string.Join("; ", scores.Means.Select(mean => string.Create(CultureInfo.InvariantCulture, $"{mean.Name} {100 * mean.Value:0.0}")))}";

    private static List<(string Name, string Value)> Facts(
        FinetuneRequest request, FineTuneData data, IReadOnlyList<string> train, IReadOnlyList<string> validation, Recipe recipe, RunState state, TimeSpan all)
    {
        var objects = data.Pictures.ToDictionary(picture => picture.Name, picture => picture.Objects);
        var source = recipe.Data.Train[0];
        string Part(IReadOnlyList<string> names) => $"{names.Count} pictures, {names.Sum(name => objects[name])} objects";
        return
        [
            ("model", request.Options.Model),
            ("data", request.Data + (request.Split is { } split ? $", {split}" : "")),
            ("trained on", Part(train)),
            ("measured on", Part(validation)),
            ("trained", recipe.Model.Lora is { } lora ? $"LoRA of rank {lora.Rank}: {string.Join(", ", lora.Modules)}" : string.Join(", ", recipe.Model.Trainable.Select(Words))),
            ("steps", string.Create(CultureInfo.InvariantCulture, $"{recipe.Steps}, of {source.Clips} pictures each; the best was {state.BestStep}")),
            ("views of each picture", source.Views?.ToString(CultureInfo.InvariantCulture) ?? "a new one each time"),
            ("device", recipe.Device + (recipe.Device == "cpu" ? string.Create(CultureInfo.InvariantCulture, $", {TorchSharp.torch.get_num_threads()} threads") : "")),
            ("minutes of training", string.Create(CultureInfo.InvariantCulture, $"{state.Elapsed.TotalMinutes:0.0}")),
            ("minutes of this process, measuring included", string.Create(CultureInfo.InvariantCulture, $"{all.TotalMinutes:0.0}")),
        ];
    }

    private static string Words(ModelPart part) => part switch
    {
        ModelPart.ImageEncoder => "image encoder",
        ModelPart.MaskDecoder => "mask decoder",
        ModelPart.PromptEncoder => "prompt encoder",
        _ => "memory",
    };

    private static void WriteLines(string path, IReadOnlyList<string> lines) => WriteText(path, string.Concat(lines.Select(line => line + "\n")));

    private static void WriteText(string path, string text) => AtomicFile.Write(
        path, stream => stream.Write(Encoding.UTF8.GetBytes(text)), e => new CliException($"{path} can't be written: {e.Message}", e));

    /// <summary>Progress on the thread that reports it.</summary>
    private sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }
}
