using System.Text.RegularExpressions;
using NUnit.Framework;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>The page on security promises things, and names the tests that show them.</summary>
public partial class SecurityPageTests
{
    [Test]
    public void Each_promise_has_a_test_and_each_test_exists()
    {
        var page = File.ReadAllLines(RepositoryFiles.At("docs", "security.md"));
        var sources = Directory.GetFiles(RepositoryFiles.At("tests"), "*Tests.cs", SearchOption.AllDirectories)
            .GroupBy(file => Path.GetFileNameWithoutExtension(file)).ToDictionary(files => files.Key, files => files.Select(File.ReadAllText).ToList());
        var isPromise = false;
        var promises = 0;
        foreach (var line in page)
        {
            if (!line.StartsWith('|')) isPromise = false;
            if (line.StartsWith("| promise | test |", StringComparison.Ordinal))
            {
                isPromise = true;
                continue;
            }

            if (!isPromise || line.StartsWith("|---", StringComparison.Ordinal)) continue;
            promises++;
            var tests = TestName().Matches(line);
            Assert.That(tests, Is.Not.Empty, line);
            foreach (Match test in tests)
            {
                Assert.That(sources.GetValueOrDefault(test.Groups["class"].Value), Has.Some.Contains($" {test.Groups["method"].Value}("), test.Value);
            }
        }

        Assert.That(promises, Is.GreaterThan(12));
    }

    [GeneratedRegex(@"`(?<class>\w+Tests)\.(?<method>\w+)`")]
    private static partial Regex TestName();
}
