using System.CommandLine;
using System.Globalization;
using Sam2.Torch.Checkpoints;

namespace Sam2.Cli.Commands;

/// <summary><c>sam2 download</c>: fetches a published checkpoint.</summary>
internal static class DownloadCommand
{
    public static Command Create(CommandContext context)
    {
        var names = string.Join(", ", Downloadable().Select(model => model.Name));
        var name = new Argument<string>("NAME") { Description = $"One of {names}; sam2.1_t and sam2.1-hiera-tiny mean the same as sam2.1_hiera_tiny." };
        var folder = new Option<string?>("--out", "-o") { Description = $"The folder to put it in; if not given, {ModelFiles.UserFolder} ($SAM2_WEIGHTS if set), where every command looks.", HelpName = "DIR" };
        name.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && ModelCatalog.Find(result.Tokens[0].Value) is null)
            {
                result.AddError($"'{result.Tokens[0].Value}' is not a published model; {names} are");
            }
        });

        var command = new Command("download", "Downloads a published checkpoint; an interrupted download continues where it stopped. $SAM2_MIRROR is the address of a folder to download from instead.") { name, folder };
        command.SetAction(parsed => Run(context, ModelCatalog.Find(parsed.GetRequiredValue(name))!, parsed.GetValue(folder)));
        return command;
    }

    private static IEnumerable<PublishedModel> Downloadable() => ModelCatalog.Models.Where(model => model.Url is not null);

    private static int Run(CommandContext context, PublishedModel model, string? folder)
    {
        // What came with the repository, or is here already, is as good as downloaded.
        if (folder is null && ModelFiles.TryLocate(model) is { } present)
        {
            context.Output.WriteLine(present);
            return ExitCode.Success;
        }

        using var progress = new ProgressLine(context);
        progress.Step($"connecting to {model.Url?.Host} ...");
        var path = CheckpointDownload.FetchAsync(model, folder, new Reporter(progress, model), context.Cancellation).GetAwaiter().GetResult();
        progress.Dispose();
        context.Output.WriteLine(path);
        return ExitCode.Success;
    }

    /// <summary>Shows progress in the order in which it happens, which <see cref="Progress{T}"/> does not promise.</summary>
    private sealed class Reporter(ProgressLine line, PublishedModel model) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            var total = value.Total ?? model.Size;
            line.Update(() => string.Create(
                CultureInfo.InvariantCulture, $"{model.File}  {value.Received / 1e6:0.0} of {total / 1e6:0.0} MB  {100.0 * value.Received / total:0} %"));
        }
    }
}
