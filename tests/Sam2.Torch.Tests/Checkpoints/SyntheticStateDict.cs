using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Checkpoints;

/// <summary>Small checkpoint files with many large tensors: every tensor repeats the one element of a shared storage.</summary>
internal static class SyntheticStateDict
{
    /// <summary>Keys and shapes of a published model, from the golden key lists, for example <c>sam2.1_hiera_t</c>.</summary>
    public static IEnumerable<(string Key, long[] Shape)> Published(string name)
    {
        foreach (var line in File.ReadLines(RepositoryFiles.Golden($"keys_{name}.txt")))
        {
            var space = line.IndexOf(' ');
            if (space < 0)
                continue;
            var sizes = line[(space + 1)..].Trim('[', ']', ' ');
            yield return (line[..space], sizes.Length == 0 ? [] : [.. sizes.Split(',').Select(long.Parse)]);
        }
    }

    /// <summary>Keys and shapes of an open checkpoint.</summary>
    public static IEnumerable<(string Key, long[] Shape)> Of(Checkpoint checkpoint) =>
        checkpoint.StateDict.Select(entry => (entry.Key, entry.Value.Shape.ToArray()));

    /// <summary>Writes the file and opens it.</summary>
    public static Checkpoint Open(IEnumerable<(string Key, long[] Shape)> shapes, PlainDictionary? entries = null, string? path = null)
    {
        using var scope = NewDisposeScope();
        var one = zeros([1]);
        var tensors = shapes.ToDictionary(s => s.Key, s => one.as_strided(s.Shape, new long[s.Shape.Length]));
        if (path is not null)
        {
            CheckpointWriter.Save(path, tensors, entries);
            return Checkpoint.Open(path);
        }
        using var stream = new MemoryStream();
        CheckpointWriter.WriteTorch(stream, tensors, entries ?? PlainDictionary.Empty);
        return Checkpoint.Open(stream.ToArray(), "memory.pt");
    }
}
