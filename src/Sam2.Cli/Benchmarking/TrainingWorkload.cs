using Sam2.Torch;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Losses;
using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>
/// A training step: forward pass, losses, backward pass and AdamW, on one clip of eight frames at 512×512 pixels whose first
/// frame is prompted with the mask of one object.
/// </summary>
public sealed class TrainingWorkload : IDisposable
{
    private const int Frames = 8, ImageSize = 512;

    private readonly Sam2Model _model;
    private readonly ClipBatch _clip;
    private readonly torch.optim.Optimizer _optimizer;
    private readonly MultiStepLoss _loss = new(new LossOptions());
    private readonly TrainingRandom _random = new(0);

    /// <summary>Prepares model, clip and optimizer.</summary>
    /// <param name="architecture">What to train, at 512×512 pixels.</param>
    /// <param name="device">Where to.</param>
    public TrainingWorkload(Sam2Config architecture, torch.Device device)
    {
        torch.manual_seed(0);
        _model = new Sam2Model(architecture with { ImageSize = ImageSize });
        _model.train();
        _model.to(device);
        _optimizer = torch.optim.AdamW(_model.parameters(), lr: 1e-6);
        using var scope = torch.NewDisposeScope();
        var images = torch.randn([Frames, 1, 3, ImageSize, ImageSize], device: device);
        var masks = torch.zeros([Frames, 1, ImageSize, ImageSize], dtype: torch.ScalarType.Bool, device: device);
        masks.narrow(2, ImageSize / 4, ImageSize / 2).narrow(3, ImageSize / 4, ImageSize / 3).fill_(Scalars.Of(true));
        _clip = new ClipBatch(images.DetachFromDisposeScope(), masks.DetachFromDisposeScope(), [0], ["random"]);
    }

    /// <summary>All workloads.</summary>
    public IReadOnlyList<Workload> All => [Checkpointed, Step];

    /// <summary>One step.</summary>
    public Workload Step => new("training_step", $"training step, {Frames} frames, {ImageSize}x{ImageSize}", () => Run(new TrainingOptions()));

    /// <summary>The same with activation checkpointing.</summary>
    public Workload Checkpointed => new(
        "training_step_checkpointed", "the same, checkpointing", () => Run(new TrainingOptions { ActivationCheckpointing = true }));

    private void Run(TrainingOptions options)
    {
        using var scope = torch.NewDisposeScope();
        _optimizer.zero_grad();
        using (var prediction = new TrainingForwardPass(_model, options).Run(_clip, _random))
        {
            _loss.Compute(prediction, _clip.Masks).Backward();
        }

        _optimizer.step();
        DeviceClock.Wait(_model.Device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        _clip.Dispose();
        _model.Dispose();
    }
}
