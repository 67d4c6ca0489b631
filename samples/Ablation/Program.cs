// Trains a grid of variants of a recipe (recipe.yaml) with several seeds, and reports them with their spread: two learning rates, each with
// all of the model trained and with its image encoder frozen, and each of these with two seeds. `sam2 ablate` does the same from a file.
//
//   dotnet run -c Release --project samples/Ablation -- [OUT] [KEY=VALUE ...]
//
// KEY=VALUE changes a setting of all runs, such as steps=200. Started again, an ablation goes on where it was stopped.
using Sam2.Torch.Training.Ablation;
using Sam2.Torch.Training.Recipes;

var output = args.ElementAtOrDefault(0) ?? "out/Ablation";
var sweep = new Sweep
{
    Title = "Learning rate and frozen parts",
    Recipe = RecipeYaml.Read(Path.Combine(AppContext.BaseDirectory, "recipe.yaml"), overrides: [.. args.Skip(1)]),
    Seeds = [1, 2],
    Metric = "image_1_click_miou",
    Axes =
    [
        // A setting and its values, by its path in the recipe, or choices that change the recipe in any way.
        new() { Name = "learning rate", Key = "optimizer.lr", Values = [1e-5, 1e-3] },
        new()
        {
            Name = "trained",
            Choices =
            [
                new() { Name = "all of it" },
                new() { Name = "without image encoder", Change = recipe => recipe with { Model = recipe.Model with { Frozen = ["image_encoder.*"] } } },
            ],
        },
    ],
};
var (failed, runs) = SweepRunner.Execute(sweep, output, TextWriter.Null);

// The report is Markdown, and HTML with charts. Here is its first table, the scores.
foreach (var line in File.ReadLines(Path.Combine(output, "report.md")).SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|')))
    Console.WriteLine(line);
Console.WriteLine($"{runs} runs, {failed} failed; {Path.Combine(output, "report.html")}");
