// A data set in a format of one's own, discs in a table beside each picture. Once it is registered, recipes and evaluations know it by name.
//
//   dotnet run -c Release --project samples/OwnDataset -- [OUT]
using Sam2.Torch.Data;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Training;
using Sam2.Torch.Training.Recipes;

var output = args.ElementAtOrDefault(0) ?? "out/OwnDataset";
var root = Directory.CreateDirectory(Path.Combine(output, "discs")).FullName;
DiscPicture.Draw(root, count: 8);
DatasetFormats.Register("discs", (folder, _) => [.. Directory.GetFiles(folder, "*.csv").Order().Select(table => new DiscPicture(table))]);

// In a recipe's YAML it would be {kind: discs, root: out/OwnDataset/discs}.
var discs = new DatasetSettings { Kind = "discs", Root = root };
var recipe = new Recipe
{
    Steps = 6,
    Model = new() { Checkpoint = "sam2.1_hiera_micro" },
    Data = new() { Train = [new() { Dataset = discs, Frames = 1, Clips = 2 }], Validation = new() { Images = discs, Clicks = [1] } },
    Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 1 },
    Validation = new(),
    Log = new() { Every = 2 },
};
var run = new TrainingFolder(Path.Combine(output, "run"));
Directory.CreateDirectory(run.Path);
File.Delete(run.Checkpoint); // of an earlier run, which would be in the way
foreach (var (name, value) in TrainingRun.Execute(recipe, run, resume: false, Console.Out).LastScores)
    Console.WriteLine($"{name} {value:0.000}");

/// <summary>A picture, which is a video of one frame, and its table with a disc in each line: x, y and radius.</summary>
internal sealed class DiscPicture(string table) : IAnnotatedVideo
{
    private const int Size = 192;

    public string Name => Path.GetFileNameWithoutExtension(table);
    public int FrameCount => 1;
    public string FrameName(int frame) => "00000";
    public bool IsAnnotated(int frame) => true;
    public RgbImage ReadFrame(int frame) => ImageFile.Read(Path.ChangeExtension(table, ".png"));

    // Objects are numbered from 1.
    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) =>
        File.ReadLines(table).Index().ToDictionary(line => line.Index + 1, line => Mask([.. line.Item.Split(',').Select(int.Parse)]));

    public static void Draw(string folder, int count)
    {
        var random = new Random(1);
        foreach (var name in Enumerable.Range(0, count).Select(i => Path.Combine(folder, $"{i:000}")))
        {
            // One disc on the left, one on the right, over a grey ground.
            int[][] discs = [[random.Next(40, 60), random.Next(40, 150), random.Next(15, 35)], [random.Next(130, 150), random.Next(40, 150), random.Next(15, 35)]];
            var ground = new RgbImage(Size, Size);
            ground.Pixels.AsSpan().Fill((byte)random.Next(60, 120));
            var objects = discs.Select((disc, i) => new OverlayObject(random.Next(100), Mask(disc)));
            ImageFile.Write($"{name}.png", Overlay.Draw(ground, [.. objects], style: new() { Opacity = 1, LineWidth = 0 }));
            File.WriteAllLines($"{name}.csv", discs.Select(disc => string.Join(',', disc)));
        }
    }

    private static BinaryMask Mask(int[] disc)
    {
        var mask = new BinaryMask(Size, Size);
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
                mask[y, x] = Math.Pow(x - disc[0], 2) + Math.Pow(y - disc[1], 2) < disc[2] * disc[2];
        return mask;
    }
}
