// Fine-tunes a model by a recipe (recipe.yaml) for pictures of a kind that it has never seen, and measures it before and after: a click
// into the nucleus of a cell should give the whole cell.
//
//   dotnet run -c Release --project samples/FineTune -- [OUT] [KEY=VALUE ...]
//
// KEY=VALUE changes the recipe, such as steps=200.
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training;
using Sam2.Torch.Training.Recipes;

var folder = new TrainingFolder(args.ElementAtOrDefault(0) ?? "out/FineTune");
var (train, validation) = (Path.Combine(folder.Path, "cells"), Path.Combine(folder.Path, "unseen-cells"));
DrawCells(train, count: 60, seed: 1);
DrawCells(validation, count: 15, seed: 2);

string[] data = [$"data.train.0.dataset.root={train}", $"data.validation.images.root={validation}"];
var recipe = RecipeYaml.Read(Path.Combine(AppContext.BaseDirectory, "recipe.yaml"), overrides: [.. data, .. args.Skip(1)]);
var validator = DataFactory.Validation(recipe.Data.Validation, ModelFactory.Configure(recipe.Model).ImageSize);
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

// Pictures of two cells each, in images/, and in masks/ where they are: 1 and 2 in a picture with a palette.
static void DrawCells(string root, int count, int seed)
{
    const int Size = 64;
    foreach (var subfolder in new[] { "images", "masks" })
        Directory.CreateDirectory(Path.Combine(root, subfolder));
    var random = new Random(seed);
    for (var i = 0; i < count; i++)
    {
        var (image, cells) = (new RgbImage(Size, Size), new Dictionary<int, BinaryMask> { [1] = new(Size, Size), [2] = new(Size, Size) });
        int[] x = [random.Next(15, 18), random.Next(46, 49)], y = [random.Next(16, 48), random.Next(16, 48)], radius = [random.Next(10, 15), random.Next(10, 15)];
        for (var pixel = 0; pixel < Size * Size; pixel++)
        {
            var (row, column) = (pixel / Size, pixel % Size);
            var cell = column < Size / 2 ? 0 : 1;
            var distance = Math.Sqrt(Math.Pow(column - x[cell], 2) + Math.Pow(row - y[cell], 2)) / radius[cell];
            cells[cell + 1][row, column] = distance < 1;
            var (red, green, blue) = distance < 0.45 ? (90, 50, 130) : distance < 1 ? (215, 150, 190) : (235, 215, 225);
            var grain = random.Next(-10, 11);
            image[column, row] = new Rgb((byte)(red + grain), (byte)(green + grain), (byte)(blue + grain));
        }
        ImageFile.Write(Path.Combine(root, "images", $"{i:00}.png"), image);
        IndexedMasks.Combine(cells, Size, Size).Write(Path.Combine(root, "masks", $"{i:00}.png"));
    }
}
