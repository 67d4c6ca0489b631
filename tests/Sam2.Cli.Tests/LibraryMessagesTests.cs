using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Sam2.Torch.Checkpoints;

namespace Sam2.Cli.Tests;

/// <summary>
/// The libraries are used without the command line, so their messages must not speak of its options and commands: they name their own
/// parameters, and the command line adds its own names where it catches.
/// </summary>
public partial class LibraryMessagesTests
{
    [TestCase("Sam2.Torch")]
    [TestCase("Sam2.Torch.Data")]
    [TestCase("Sam2.Torch.Evaluation")]
    [TestCase("Sam2.Torch.Training")]
    public void A_library_names_neither_options_nor_commands_of_the_command_line(string library) =>
        Assert.That(UserStrings(library).Where(text => OptionOrCommand().IsMatch(text)), Is.Empty);

    [Test]
    public void The_scan_finds_what_it_looks_for() =>
        Assert.That(UserStrings("sam2").Where(text => OptionOrCommand().IsMatch(text)), Has.Some.Contains("--out").And.Some.Contains("sam2 download"));

    [Test]
    public void The_command_line_says_how_to_download_a_model_that_is_missing()
    {
        var model = ModelCatalog.Find("sam2_hiera_small")!;
        var missing = new CheckpointException(model.Name, "is not on this machine; looked in a, b", "As the library says it") { Download = model };
        Assert.That(ErrorLine.Of(missing), Is.EqualTo(
            $"sam2_hiera_small: is not on this machine; looked in a, b. Download it: sam2 download sam2_hiera_small, or put {model.Url} into one of these folders."));
    }

    /// <summary>All string literals of an assembly's code.</summary>
    private static List<string> UserStrings(string assembly)
    {
        using var file = new PEReader(File.OpenRead(System.Reflection.Assembly.Load(assembly).Location));
        var metadata = file.GetMetadataReader();
        var texts = new List<string>();
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
            texts.Add(metadata.GetUserString(handle));
        Assert.That(texts, Has.Count.GreaterThan(50), assembly);
        return texts;
    }

    [GeneratedRegex(@"(?<![\w-])(--[a-z]|sam2 [a-z])")]
    private static partial Regex OptionOrCommand();
}
