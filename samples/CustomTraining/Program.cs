// Training with clips, changes and a user of one's own: large objects before small ones, a camera's noise, and boxes that clicks correct.
//
//   dotnet run -c Release --project samples/CustomTraining -- [OUT]
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Training;
using Sam2.Torch.Training.Augmentations;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Logging;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Prompts;
using Sam2.Torch.Training.Recipes;
using static TorchSharp.torch;

var folder = new TrainingFolder(args.ElementAtOrDefault(0) ?? "out/CustomTraining");
Directory.CreateDirectory(folder.Path);
File.Delete(folder.Checkpoint); // of an earlier run, which would be in the way
var recipe = new Recipe
{
    Steps = 8,
    Model = new() { Checkpoint = "sam2.1_hiera_micro" },
    Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 1 },
    Optimizer = new() { Lr = [new() { Value = 1e-5 }], LayerDecay = null },
    Log = new() { Every = 1 },
};
using var model = ModelFactory.Create(recipe.Model, recipe.Seed);
var largeFirst = new Curriculum(Drawn(0.2, 0.3), Drawn(0.05, 0.1), easy: recipe.Steps / 2);
using var batches = new BatchMixture([(largeFirst, new ConstantSchedule(1))], recipe.Seed, recipe.Steps, ahead: 1);
using var trainer = new Trainer(recipe, model, batches, folder, parts: new()
{
    Prompts = new BoxesAndClicks(recipe.Prompting), Callbacks = [new ConsoleLog(Console.Out)],
});
trainer.Run();
Console.WriteLine($"objects cover {Covered(0):0.000} of the first pictures and {Covered(recipe.Steps - 1):0.000} of the last");

ClipSampler Drawn(double minRadius, double maxRadius) => new(
    [new WeightedDataset(new ProceduralDataset(100, seed: 1, new() { Width = 192, Height = 192, MinRadius = minRadius, MaxRadius = maxRadius }))],
    new ClipSampling(Clips: 2, Frames: 1, MaxObjects: 2, FlipProbability: 0.5, ReverseProbability: 0) { Augmentations = [new CameraNoise(0.05)] },
    model.Config.ImageSize, recipe.Seed);

double Covered(long number)
{
    using var batch = largeFirst.Draw(number);
    return batch.Masks.to(float32).mean().item<float>();
}

/// <summary>Batches of one sampler, then of another. They depend on their number alone, so that a run can be resumed.</summary>
internal sealed class Curriculum(IClipSampler first, IClipSampler then, long easy) : IClipSampler
{
    public ClipBatch Draw(long number, IProgress<string>? progress = null, CancellationToken cancellationToken = default) =>
        (number < easy ? first : then).Draw(number, progress, cancellationToken);
}

/// <summary>Noise as a camera's sensor makes it. All that is random comes from the given source.</summary>
internal sealed record CameraNoise(double Deviation) : IClipAugmentation
{
    public IReadOnlyList<ClipFrame> Apply(IReadOnlyList<ClipFrame> clip, TrainingRandom random)
    {
        using var noise = new Generator(random.NextBits());
        return [.. clip.Select(frame => frame with { Image = (frame.Image + Deviation * randn(frame.Image.shape, generator: noise)).clamp(0, 1) })];
    }
}

/// <summary>The usual user, who begins with a box on each object every time.</summary>
internal sealed class BoxesAndClicks(TrainingOptions options) : UserSimulation(options)
{
    public override PromptPlan Plan(int frames, bool training, TrainingRandom random) =>
        new(UsePoints: true, InitialFrames: [0], CorrectedFrames: [0], BoxFrames: new HashSet<int> { 0 });
}
