using System.Text;

namespace Sam2.Fuzz.Targets;

/// <summary>Everything that is tried.</summary>
public static class FuzzTargets
{
    // The targets are made of what else is in this class, so they come later than it.
    private static readonly Lazy<IReadOnlyList<FuzzTarget>> Known = new(() => [.. AnnotationTargets.All, .. SettingTargets.All, .. RunTargets.All, .. MediaTargets.All]);

    /// <summary>All targets: texts, then files of runs, checkpoints, pictures and videos.</summary>
    public static IReadOnlyList<FuzzTarget> All => Known.Value;

    /// <summary>A target by its name; null if there is none.</summary>
    public static FuzzTarget? Find(string name) => All.FirstOrDefault(target => target.Name == name);

    /// <summary>Words as a reader sees them.</summary>
    internal static IReadOnlyList<byte[]> Words(params string[] words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Changes bytes of JSON, and its structure twice as often.</summary>
    internal static IReadOnlyList<IInputMaker> Json { get; } = [new ByteMutator(), new TreeMaker(), new TreeMaker()];

    /// <summary>Changes bytes of lines of JSON, and their structure twice as often.</summary>
    internal static IReadOnlyList<IInputMaker> JsonLines { get; } = [new ByteMutator(), new TreeMaker(lines: true), new TreeMaker(lines: true)];

    /// <summary>Changes bytes of YAML, and its structure twice as often.</summary>
    internal static IReadOnlyList<IInputMaker> Yaml { get; } = [new ByteMutator(), new TreeMaker(yaml: true), new TreeMaker(yaml: true)];

    /// <summary>Marks of JSON and numbers that are too large, too small or none.</summary>
    internal static IReadOnlyList<byte[]> JsonWords { get; } = Words(
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "false", "1e999", "-1", "0", "99999999999999999999", "0.5", "\\u0000", "\\ud800", "\uFEFF", "[[[[[[[[", "\"a\":", "//", "/*");

    /// <summary>Marks of YAML.</summary>
    internal static IReadOnlyList<byte[]> YamlWords { get; } = Words(
        ": ", "- ", "? ", "{", "}", "[", "]", ",", "#", "&a ", "*a", "!!int ", "!", "|", ">", "'", "\"", "%YAML 1.2\n", "---\n", "...\n", "\t", "~", ".nan", "1e999", "99999999999999999999", "${a}", "<<: ", "\\x00", "\\U00110000", "\n  ", "@", "`");
}
