// Trains a small model from random weights in a loop of one's own: the library draws, prompts and judges, TorchSharp does the rest.
//
//   dotnet run -c Release --project samples/OwnTrainingLoop -- [OUT]
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Losses;
using static TorchSharp.torch;

const int Steps = 25;
const ulong Seed = 1;
var output = args.ElementAtOrDefault(0) ?? "out/OwnTrainingLoop";
Directory.CreateDirectory(output);

manual_seed((long)Seed);
using var model = new Sam2Model(Sam2Presets.Nano with { ImageSize = 64 });
model.train();

// Clips of two frames; a clip of one is a picture.
var drawn = new ProceduralDataset(1000, seed: 1, new() { Width = 64, Height = 64, FrameCount = 2, MaxObjects = 2, MinRadius = 0.15 });
var sampler = new ClipSampler(
    [new WeightedDataset(drawn)],
    new ClipSampling(Clips: 2, Frames: 2, MaxObjects: 2, FlipProbability: 0.5, ReverseProbability: 0.5),
    model.Config.ImageSize, Seed);

// A simulated user gives each object on the first frame by a click, a box or a mask, and corrects what comes out; the model tracks on.
var forward = new TrainingForwardPass(model, TrainingOptions.FineTuning with { NumInitCondFramesForTrain = 1, NumCorrectionPtPerFrame = 2 });
var loss = new MultiStepLoss(new());
using var optimizer = optim.AdamW(model.parameters(), lr: 5e-4, weight_decay: 0.1);

var losses = new List<double>();
for (var step = 0; step < Steps; step++)
{
    using var scope = NewDisposeScope();
    using var batch = sampler.Draw(step);
    using var prediction = forward.Run(batch, TrainingRandom.For(Seed, (ulong)step));
    using var report = loss.Compute(prediction, batch.Masks);

    optimizer.zero_grad();
    report.Backward();
    nn.utils.clip_grad_norm_(model.parameters(), 1);
    optimizer.step();

    losses.Add(report.Values[LossReport.TotalName]);
    if (step % 5 == 4)
        Console.WriteLine($"step {step + 1}: {string.Join(", ", report.Values.Select(value => $"{value.Key} {value.Value:0.000}"))}");
}

Console.WriteLine($"mean loss {losses.Take(5).Average():0.00} in the first 5 steps, {losses.TakeLast(5).Average():0.00} in the last 5");
CheckpointWriter.Save(Path.Combine(output, "model.pt"), model, ConfigValues.EntriesFor(model.Config));
