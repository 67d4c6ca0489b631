using System.Text.RegularExpressions;
using NUnit.Framework;
using Sam2.Torch.Training.Ablation;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Cli.Tests.Tools;

/// <summary>docs/training.md says which keys a recipe has.</summary>
public partial class RecipeKeyTests
{
    [TestCase(typeof(Recipe))]
    [TestCase(typeof(Sweep))]
    public void Every_key_is_documented(Type settings)
    {
        var documented = Code().Matches(File.ReadAllText(RepositoryFiles.At("docs", "training.md"))).Select(match => match.Value).ToHashSet();
        Assert.That(Keys(settings, []).Where(key => !documented.Contains(key)), Is.Empty);
    }

    /// <summary>The keys of a record and of those that it contains, as recipes spell them.</summary>
    private static IEnumerable<string> Keys(Type type, HashSet<Type> seen)
    {
        var element = type.IsGenericType ? type.GetGenericArguments()[0] : type;
        return element.Assembly == typeof(Recipe).Assembly && element.IsClass && seen.Add(element)
            ? element.GetProperties().Where(property => property.SetMethod is { IsStatic: false, IsPublic: true })
                .SelectMany(property => Keys(property.PropertyType, seen).Prepend(Capital().Replace(property.Name, "_$0").ToLowerInvariant()))
            : [];
    }

    [GeneratedRegex(@"[a-z][a-z0-9_]*")]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<!^)[A-Z]")]
    private static partial Regex Capital();
}
