// A loss of one's own in the library's training loop: the original's, and besides it the error of the masks' outlines.
//
//   dotnet run -c Release --project samples/CustomLoss -- [OUT]
using Sam2.Torch.Training;
using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Recipes;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

var folder = new TrainingFolder(args.ElementAtOrDefault(0) ?? "out/CustomLoss");
Directory.CreateDirectory(folder.Path);

// Recipes are YAML files or, as here, records. Two drawn pictures, learnt by heart, so that a few steps show what the loss does.
var recipe = new Recipe
{
    Steps = 12,
    Model = new() { Checkpoint = "sam2.1_hiera_micro" },
    Data = new() { Train = [new() { Dataset = new() { Seed = 1, Count = 2 }, Frames = 1, Clips = 2, FlipProbability = 0 }] },
    Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 1 },
    Optimizer = new() { Lr = [new() { Value = 1e-4 }], LayerDecay = null, MaxGradientNorm = 1 },
    Log = new() { Every = 4 },
};
var outlines = new Outlines();
File.Delete(folder.Checkpoint); // of an earlier run, which would be in the way
TrainingRun.Execute(recipe, folder, resume: false, Console.Out, new()
{
    Loss = new OutlineLoss(new MultiStepLoss(recipe.Loss), weight: 2),
    Callbacks = [outlines],
});
Console.WriteLine($"loss of outlines {outlines.Values.Take(4).Average():0.000} in the first 4 steps, {outlines.Values.TakeLast(4).Average():0.000} in the last 4");

/// <summary>Adds the outlines' error to another loss.</summary>
internal sealed class OutlineLoss(ITrainingLoss other, double weight) : ITrainingLoss
{
    public LossReport Compute(ClipPrediction prediction, Tensor masks)
    {
        using var scope = NewDisposeScope();
        using var report = other.Compute(prediction, masks);
        // Frames have a mask for each correction; the last one counts. Masks are [O, 1, S, S].
        var errors = prediction.Frames.Select((frame, t) =>
            F.l1_loss(Outline(frame.Steps[^1].BestMask.sigmoid()), Outline(masks[t].unsqueeze(1).to(float32)))).ToArray();
        var outline = stack(errors).mean();
        var parts = report.Values.Where(value => value.Key != LossReport.TotalName).Select(value => (value.Key, value.Value));
        return LossReport.From(report.Total + weight * outline, [.. parts, ("loss_outline", outline.item<float>())]);
    }

    /// <summary>Where a mask changes from one pixel to the next.</summary>
    private static Tensor Outline(Tensor mask) => F.max_pool2d(mask, 3, stride: 1, padding: 1) + F.max_pool2d(-mask, 3, stride: 1, padding: 1);
}

/// <summary>Collects what the loss reports at each step.</summary>
internal sealed class Outlines : ITrainerCallback
{
    public List<double> Values { get; } = [];

    public void OnStep(TrainingStep step) => Values.Add(step.Losses["loss_outline"]);
}
