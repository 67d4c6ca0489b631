// Fine-tunes a model by a recipe (recipe.yaml), and measures it before and after.
//
//   dotnet run -c Release --project samples/FineTune -- [OUT] [KEY=VALUE ...]
//
// KEY=VALUE changes the recipe, such as steps=200.
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training;
using Sam2.Torch.Training.Recipes;

var folder = new TrainingFolder(args.ElementAtOrDefault(0) ?? "out/FineTune");
Directory.CreateDirectory(folder.Path);

var recipe = RecipeYaml.Read(Path.Combine(AppContext.BaseDirectory, "recipe.yaml"), overrides: args[Math.Min(1, args.Length)..]);
var config = ModelFactory.Configure(recipe.Model);
var validator = DataFactory.Validation(recipe.Data.Validation, config.ImageSize);

using (var before = ModelFactory.Create(recipe.Model, recipe.Seed))
    Measure("before", before);

// The run's folder gets the weights, logs and everything that is needed to go on after an interruption; a finished run is done anew.
File.Delete(folder.Checkpoint);
TrainingRun.Execute(recipe, folder, resume: false, Console.Out);

// The weights carry their architecture, so that every other program can load them too.
using var after = ModelLoader.Load(folder.Model);
Measure("after", after);

void Measure(string when, Sam2Model model)
{
    model.eval();
    foreach (var (name, value) in validator.Validate(model))
        Console.WriteLine($"{when}: {name} {value:0.000}");
}
