using System.Reflection;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training.Ablation;

/// <summary>Sweeps as YAML files, such as <c>recipes/ablations.yaml</c>.</summary>
public static class SweepYaml
{
    private static readonly RecordTree Records = new Mapping();

    /// <summary>Reads a sweep and its recipe.</summary>
    /// <param name="path">The file. The path of the recipe in it is relative to it.</param>
    /// <param name="overrides">
    /// Settings of all runs, as <c>key.of.the.setting=value</c>, in place of the recipe's and of those under <c>set</c>. What an axis varies
    /// stays varied.
    /// </param>
    /// <exception cref="ConfigurationException">A file can't be read, or a setting is unknown or of another type; the message suggests what was meant.</exception>
    public static Sweep Read(string path, IReadOnlyCollection<string>? overrides = null)
    {
        var file = Records.Overlay(path, PlainYaml.Read(path, "A sweep has recipe: and axes:"), new SweepFile());
        if (file.Recipe.Length == 0)
            throw new ConfigurationException(path, "names no recipe", "Give one, such as recipe: nano.yaml");
        var recipe = RecipeYaml.Read(Path.Combine(Path.GetDirectoryName(path) ?? "", file.Recipe));
        var tree = RecipeOverrides.SetAll("set", RecipeYaml.Records.Of(recipe), file.Set);
        return new Sweep
        {
            Recipe = RecipeYaml.Records.Overlay(path, RecipeOverrides.Apply(tree, overrides ?? []), new Recipe()),
            Title = file.Title ?? Path.GetFileNameWithoutExtension(path),
            Seeds = file.Seeds,
            Axes = file.Axes,
            Combine = file.Combine,
            Metric = file.Metric,
        };
    }

    /// <summary>What a file says: a <see cref="Sweep"/> with the recipe's path, and settings of all runs in <c>set</c>.</summary>
    private sealed record SweepFile
    {
        public string Recipe { get; init; } = "";

        public string? Title { get; init; }

        public PlainDictionary Set { get; init; } = PlainDictionary.Empty;

        public IReadOnlyList<long> Seeds { get; init; } = new Sweep().Seeds;

        public IReadOnlyList<SweepAxis> Axes { get; init; } = [];

        public SweepCombination Combine { get; init; }

        public string? Metric { get; init; }
    }

    private sealed class Mapping : RecordTree
    {
        protected override bool IsSetting(PropertyInfo property) => base.IsSetting(property) && property.Name != nameof(SweepChoice.Change);
    }
}
