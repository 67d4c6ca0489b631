using System.IO.Compression;
using TestSupport;

namespace Sam2.Torch.Tests.Checkpoints.Layouts;

/// <summary>The names and shapes that transformers' own definitions give (tools/layouts/huggingface_keys.py).</summary>
internal static class HuggingFaceKeyList
{
    private static readonly Lazy<Dictionary<string, List<(string Key, long[] Shape)>>> Lists = new(Read);

    /// <summary>The eight published models, such as <c>sam2.1_hiera_t</c>.</summary>
    public static IEnumerable<string> Models => Lists.Value.Keys;

    /// <summary>Keys and shapes of a model.</summary>
    public static IReadOnlyList<(string Key, long[] Shape)> Of(string model) => Lists.Value[model];

    private static Dictionary<string, List<(string, long[])>> Read()
    {
        var lists = new Dictionary<string, List<(string, long[])>>();
        using var file = File.OpenRead(RepositoryFiles.At("tests", "Sam2.Torch.Tests", "Checkpoints", "Layouts", "huggingface_keys.txt.gz"));
        using var text = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        List<(string, long[])>? current = null;
        while (text.ReadLine() is { } line)
            if (line.StartsWith("# ", StringComparison.Ordinal))
                lists.Add(line[2..], current = []);
            else
                current!.Add((line[..line.IndexOf(' ')], [.. line[(line.IndexOf(' ') + 1)..].Trim('[', ']').Split(',').Select(long.Parse)]));
        return lists;
    }
}
