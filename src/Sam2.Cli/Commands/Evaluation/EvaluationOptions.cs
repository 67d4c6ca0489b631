using System.CommandLine;
using System.CommandLine.Completions;
using System.Security.Cryptography;
using Sam2.Cli.Output;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data;

namespace Sam2.Cli.Commands.Evaluation;

/// <summary>The options of every command that evaluates a model on a data set.</summary>
internal sealed class EvaluationOptions
{
    private readonly ModelOptions _model = new();
    private readonly Argument<string> _root = new("DATASET_ROOT") { Description = "The data set's folder, as it is unpacked, or procedural:count=16,seed=1,width=256,height=192,frames=48 for clips that are drawn on the fly." };
    private readonly Option<string?> _format = new("--format")
    {
        Description = "How the data set is laid out; found out by looking at the folder if not given.", HelpName = string.Join('|', DatasetFormats.Names),
    };
    private readonly Option<string?> _split = new("--split")
    {
        Description = "The part of the data set, such as val: a list or a folder that it has.", HelpName = "NAME",
    };
    private readonly Option<string?> _videos = VideoList.CreateOption();
    private readonly Option<int?> _limit = new("--limit") { Description = "Only the first N videos.", HelpName = "N" };
    private readonly Option<int> _jobs = JobsOption.Create("How many videos are worked on at once. Scores don't depend on it.", 1);
    private readonly Option<string?> _directory = new("--out", "-o")
    {
        Description = "Where predictions and reports are written; out/eval-PROTOCOL-DATASET-SPLIT-MODEL if not given. An evaluation that was stopped continues there; one with other settings needs another folder.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _ignoreVoid = VoidOption.Create();

    private readonly Option<bool> _noPredictions = new("--no-predictions")
    {
        Description = "Don't store masks, which takes time and space where images have hundreds of objects. The report then has no pictures.",
    };

    public EvaluationOptions()
    {
        _format.CompletionSources.Add(_ => DatasetFormats.Names.Select(name => new CompletionItem(name)));
        _format.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && Refusal(result.Tokens[0].Value) is { } refusal)
            {
                result.AddError($"--format: {refusal}");
            }
        });
        _limit.AtLeast(1);
    }

    public void AddTo(Command command)
    {
        command.Add(_root);
        _model.AddTo(command);
        foreach (var option in new Option[] { _format, _split, _videos, _limit, _jobs, _directory, _noPredictions })
        {
            command.Add(option);
        }
    }

    /// <summary>Adds the option not to count what DAVIS's 255 marks, to protocols that can leave pixels out.</summary>
    public void AddVoidTo(Command command) => command.Add(_ignoreVoid);

    public EvaluationRequest Read(ParseResult parsed) => new(
        parsed.GetRequiredValue(_root), parsed.GetValue(_format)?.ToLowerInvariant(),
        parsed.GetValue(_split), VideoList.Read(parsed.GetValue(_videos)), parsed.GetValue(_limit), _model.Read(parsed),
        parsed.GetValue(_jobs), parsed.GetValue(_directory) ?? DefaultFolder(parsed), !parsed.GetValue(_noPredictions),
        parsed.CommandResult.Command.Options.Contains(_ignoreVoid) && parsed.GetValue(_ignoreVoid));

    private string DefaultFolder(ParseResult parsed) => OutputFolder.DefaultFor(
        $"eval-{parsed.CommandResult.Command.Name}", parsed.GetRequiredValue(_root), parsed.GetValue(_split) ?? "", _model.Read(parsed).NameOrPath);

    /// <summary>What is wrong with the name of a format; null if there is such a format, built in or registered.</summary>
    private static string? Refusal(string format)
    {
        try
        {
            DatasetFormats.Require(format);
            return null;
        }
        catch (DatasetException e)
        {
            return e.Message;
        }
    }
}

/// <summary>What every evaluation of a model was asked for.</summary>
/// <param name="Root">The data set's folder.</param>
/// <param name="Format">The name of its format, or null to find out.</param>
/// <param name="Split">Which part of it, or null for all.</param>
/// <param name="Videos">Which videos, or null for all.</param>
/// <param name="Limit">How many of them, or null for all.</param>
/// <param name="Model">Which model, where and how.</param>
/// <param name="Jobs">How many videos at once.</param>
/// <param name="Directory">Where results go.</param>
/// <param name="StorePredictions">Whether masks are stored there too.</param>
/// <param name="IgnoreVoid">Whether 255 in masks says that it isn't known what is there.</param>
internal sealed record EvaluationRequest(
    string Root, string? Format, string? Split, IReadOnlyList<string>? Videos, int? Limit, ModelRequest Model, int Jobs, string Directory, bool StorePredictions,
    bool IgnoreVoid)
{
    /// <summary>Opens the data set.</summary>
    public IReadOnlyList<IAnnotatedVideo> OpenDataset()
    {
        IReadOnlyList<IAnnotatedVideo> videos = ProceduralArgument.Open(Root) is { } drawn
            ? Videos is null ? drawn : [.. drawn.Where(v => Videos.Contains(v.Name))]
            : DatasetReader.Open(Root, Format, new DatasetOptions { Split = Split, Videos = Videos, VoidNumber = IgnoreVoid ? VoidOption.Number : null });
        return Limit is { } limit ? [.. videos.Take(limit)] : videos;
    }

    /// <summary>The settings on which every video's result depends, by name.</summary>
    public Dictionary<string, string> Settings(string protocol)
    {
        var settings = CommonSettings(protocol);
        if (IgnoreVoid) settings["void"] = $"{VoidOption.Number} doesn't count";
        if (Model.Lora is { } lora) settings["adapters"] = $"{lora} {ModelFingerprint.OfAdapters(lora)}";
        return settings;
    }

    private Dictionary<string, string> CommonSettings(string protocol) => new()
    {
        ["protocol"] = protocol,
        ["data set"] = ProceduralArgument.Open(Root) is null ? Path.GetFullPath(Root) : Root,
        ["format"] = Format ?? "found out",
        ["part"] = Split ?? "all",
        ["model"] = Model.NameOrPath,
        ["checkpoint"] = ModelFingerprint.Of(Model.NameOrPath),
        ["configuration"] = Model.Config is { } config ? $"{config} {ModelFingerprint.OfFile(config)}" : "from the weights",
        ["device"] = Model.Device,
        ["precision"] = Model.Precision,
        ["predictions"] = StorePredictions ? "stored" : "not stored",
    };
}

/// <summary>The option not to count the pixels of which an annotation says that it isn't known what is there.</summary>
internal static class VoidOption
{
    /// <summary>DAVIS's number for such pixels.</summary>
    public const int Number = 255;

    public static Option<bool> Create() => new("--ignore-void")
    {
        Description = $"The number {Number} in pictures of all objects' masks is no object: its pixels don't count, as in DAVIS's own evaluation.",
    };
}

/// <summary>Tells checkpoints apart, even where one replaced another under the same name.</summary>
internal static class ModelFingerprint
{
    /// <summary>The beginning of the SHA-256 of a checkpoint's file, or of all its files.</summary>
    public static string Of(string nameOrPath)
    {
        var path = ModelFiles.Resolve(nameOrPath);
        if (File.Exists(path) && !path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return OfFile(path);
        }

        using var checkpoint = Checkpoint.Open(path);
        return OfFiles([.. checkpoint.Files, HuggingFaceConfig.Beside(checkpoint.Path)]);
    }

    /// <summary>The beginning of the SHA-256 of adapters and their configuration.</summary>
    public static string OfAdapters(string path)
    {
        using var adapters = LoraAdapter.Open(path);
        return OfFiles(adapters.Files);
    }

    /// <summary>The beginning of a file's SHA-256.</summary>
    /// <exception cref="CliException">It can't be read.</exception>
    public static string OfFile(string path) => OfFiles([path]);

    private static string OfFiles(IReadOnlyList<string> paths)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths.Count == 1 ? paths : paths.Where(File.Exists))
        {
            Append(hash, path);
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static void Append(IncrementalHash hash, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[1 << 20];
            for (var count = file.Read(buffer); count > 0; count = file.Read(buffer))
            {
                hash.AppendData(buffer, 0, count);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} can't be read: {e.Message}", e);
        }
    }
}

/// <summary>The option that names a file with the videos to use.</summary>
internal static class VideoList
{
    public static Option<string?> CreateOption() => new("--videos")
    {
        Description = "A text file with the names of the videos to use, one per line, such as the lists that come with data sets; all if not given.",
        HelpName = "FILE",
    };

    /// <summary>The names in a file; null for no file.</summary>
    /// <exception cref="CliException">The file can't be read or holds no name.</exception>
    public static IReadOnlyList<string>? Read(string? path)
    {
        if (path is null) return null;
        try
        {
            return VideoListFile.Read(path);
        }
        catch (DatasetException e)
        {
            throw new CliException($"--videos {path}: {e.Message}", e);
        }
    }
}

/// <summary>The option that says how many videos are worked on at once.</summary>
internal static class JobsOption
{
    private const int Most = 256;

    public static Option<int> Create(string description, int fallback) =>
        new Option<int>("--jobs", "-j") { Description = description, HelpName = "N", DefaultValueFactory = _ => fallback }.AtLeast(1).AtMost(Most);
}
