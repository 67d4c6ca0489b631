using Sam2.Torch.Data;

namespace Sam2.Cli.Commands.Evaluation;

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
internal sealed record EvaluationRequest(
    string Root, string? Format, string? Split, IReadOnlyList<string>? Videos, int? Limit, ModelRequest Model, int Jobs, string Directory, bool StorePredictions)
{
    /// <summary>Opens the data set.</summary>
    public IReadOnlyList<IAnnotatedVideo> OpenDataset()
    {
        IReadOnlyList<IAnnotatedVideo> videos = ProceduralArgument.Open(Root) is { } drawn
            ? Videos is null ? drawn : [.. drawn.Where(v => Videos.Contains(v.Name))]
            : DatasetReader.Open(Root, Format, new DatasetOptions { Split = Split, Videos = Videos });
        return Limit is { } limit ? [.. videos.Take(limit)] : videos;
    }

    /// <summary>The settings on which every video's result depends, by name.</summary>
    public Dictionary<string, string> Settings(string protocol) => new()
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
