using System.Reflection;
using NUnit.Framework;

namespace TorchSharp.Tests.Api;

/// <summary>
/// The system stack's API is a strict subset of TorchSharp's. Signatures.txt holds the needed lines of the list of
/// signatures that TorchSharp 0.106 and 0.107 have in common. After adding members, renew it from that list with
/// <c>TORCHSHARP_SIGNATURES=list.txt dotnet test tests/TorchSharp.System.Tests --filter SubsetTests</c>.
/// </summary>
public class SubsetTests
{
    private static string[] Exposed() => Signatures.Of(typeof(torch).Assembly).Distinct().Order(StringComparer.Ordinal).ToArray();

    [Test]
    public void Every_public_member_is_a_member_of_TorchSharp()
    {
        string[] exposed = Exposed();
        string stored = Path.Combine(TestContext.CurrentContext.TestDirectory, "Api", "Signatures.txt");
        if (Environment.GetEnvironmentVariable("TORCHSHARP_SIGNATURES") is { Length: > 0 } list)
        {
            HashSet<string> all = File.ReadLines(list).ToHashSet();
            File.WriteAllLines(SourceOf("Signatures.txt"), exposed.Where(all.Contains));
            stored = SourceOf("Signatures.txt");
        }
        HashSet<string> known = File.ReadLines(stored).ToHashSet();
        Assert.That(exposed.Where(line => !known.Contains(line)), Is.Empty, "members that TorchSharp does not have in this form");
    }

    [Test]
    public void The_stored_signatures_are_those_exposed()
    {
        string stored = Path.Combine(TestContext.CurrentContext.TestDirectory, "Api", "Signatures.txt");
        Assert.That(File.ReadLines(stored).Except(Exposed()), Is.Empty, "stored lines that no member needs any more");
    }

    [Test]
    public void A_member_of_another_form_would_be_found()
    {
        string[] own = Signatures.Of(typeof(SubsetTests).Assembly).ToArray();
        Assert.That(own, Does.Contain("M TorchSharp.Tests.Api.SubsetTests.Every_public_member_is_a_member_of_TorchSharp() | void"));
        Assert.That(own.Intersect(Exposed()), Is.Empty);
    }

    private static string SourceOf(string file, [System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, file);
}
