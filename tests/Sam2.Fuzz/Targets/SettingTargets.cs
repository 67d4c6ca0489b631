using System.Text;
using Sam2.Cli;
using Sam2.Cli.Prompts;
using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Fuzz.Targets;

/// <summary>Prompts, recipes and configurations.</summary>
internal static class SettingTargets
{
    private static readonly string[] Keys = ["frame=0", "obj=1", "point=210,350,1", "point=5%,50%", "box=1,2,30,40", "mask=a b.png", "frame=", "obj=-1", "point=", "box=0,0,0,0", "mask=", "point=1e999,0"];

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("prompt", "prompt.txt", (_, input) => ReadPrompt(Encoding.UTF8.GetString(input)), typeof(FormatException), typeof(CliException))
        {
            What = "--prompt, --point and --box",
            Makers = [new ByteMutator(), new WordMaker([" ", ",", " ", "  "], Keys)],
            Tokens = FuzzTargets.Words([.. Keys, " ", ",", "=", "%", "NaN", "1e308", "99999999999"]),
        },
        new("prompt-json", "prompts.json", (path, _) => TrackPromptFile.Read(path), typeof(CliException))
        {
            What = "--prompts, a JSON file",
            Makers = FuzzTargets.Json,
            Tokens = [.. FuzzTargets.JsonWords, .. FuzzTargets.Words(Keys)],
        },
        new("recipe", "recipe.yaml", (path, _) => ReadRecipe(path), typeof(ConfigurationException))
        {
            What = "recipes of training, read and written again",
            Examples = () => [RecipeYaml.Format(new Recipe())],
            Makers = FuzzTargets.Yaml,
            Tokens = FuzzTargets.YamlWords,
            AllocationPerByte = 10_000,
        },
        new("override", "override.txt", (path, input) => Override(path, Encoding.UTF8.GetString(input)), typeof(ConfigurationException))
        {
            What = "--set, settings that replace a recipe's",
            Makers = [new ByteMutator(), new WordMaker(["", ".", "=", " "], "steps=1", "data.train.0.clips=2", "optimizer.max_gradient_norm=0.5", "data.train", "model.settings", "{a: 1}", "[1, 2]", "validation=")],
            Tokens = [.. FuzzTargets.YamlWords, .. FuzzTargets.Words("=", ".", "data.train.0.", "steps=")],
            AllocationPerByte = 10_000,
        },
        new("config", "config.yaml", (path, _) => ConfigValidation.Require(path, ConfigYaml.Read(path)), typeof(ConfigurationException))
        {
            What = "configurations of models, as --config takes them",
            Examples = () => [ConfigYaml.Format(Sam2Presets.Nano), ConfigYaml.Format(Sam2Presets.Nano with { RecurrentMemory = true })],
            Makers = FuzzTargets.Yaml,
            Tokens = FuzzTargets.YamlWords,
            AllocationPerByte = 10_000,
        },
    ];

    private static void ReadPrompt(string text)
    {
        const int Width = 640, Height = 480;
        if (text.Contains('='))
        {
            var prompt = TrackPrompt.Parse(text);
            PromptArguments.Resolve(prompt.Points, prompt.Box is { } box ? [box] : [], Width, Height);
        }
        else if (text.Count(c => c == ',') == 3)
        {
            PromptArguments.Resolve([], [BoxArgument.Parse(text)], Width, Height);
        }
        else
        {
            PromptArguments.Resolve([PointArgument.Parse(text)], [], Width, Height);
        }
    }

    private static void ReadRecipe(string path)
    {
        var recipe = RecipeYaml.Read(path);
        // Writing takes much longer than reading.
        if (recipe.Seed % 4 != 0)
        {
            return;
        }

        string written = RecipeYaml.Format(recipe);
        File.WriteAllText(path, written);
        if (RecipeYaml.Format(RecipeYaml.Read(path)) != written)
        {
            throw new InvalidOperationException("A recipe that was written and read again is another.");
        }
    }

    private static void Override(string path, string text)
    {
        string recipe = Path.ChangeExtension(path, ".yaml");
        File.WriteAllText(recipe, "steps: 5\ndata: {train: [{frames: 2, dataset: {kind: procedural}}]}\n");
        RecipeYaml.Read(recipe, text.Split('\u0001'));
    }
}
