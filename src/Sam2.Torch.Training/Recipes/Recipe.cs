using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Optimization;

namespace Sam2.Torch.Training.Recipes;

/// <summary>
/// All settings of a training run, as a YAML file gives them. Two runs of one recipe on the CPU of one machine, with the same
/// number of threads, give the same weights. Defaults are those of the original's recipe for fine-tuning
/// (sam2/configs/sam2.1_training/sam2.1_hiera_b+_MOSE_finetune.yaml).
/// </summary>
public sealed record Recipe
{
    /// <summary>The seed of initial weights, data, prompts and dropout.</summary>
    public ulong Seed { get; init; } = 123;

    /// <summary>Steps of the optimizer.</summary>
    public long Steps { get; init; } = 10_000;

    /// <summary>Batches whose gradients are averaged for one step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>
    /// Number of these batches that are computed at the same time, each with its share of the CPU's threads. A small model gains most: on
    /// n cores it trains nearly n times as fast. Needs a model without dropout and stochastic depth, since the threads share libtorch's
    /// random numbers.
    /// </summary>
    public int ConcurrentBatches { get; init; } = 1;

    /// <summary>Where to train: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c> …</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>CPU threads during the run; as many as before it if null.</summary>
    public int? Threads { get; init; }

    /// <summary>The type of the weights in the forward and backward pass; the optimizer's are always float32.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Fp32;

    /// <summary>The model that is trained.</summary>
    public ModelSettings Model { get; init; } = new();

    /// <summary>What is trained on and what is validated on.</summary>
    public DataSettings Data { get; init; } = new();

    /// <summary>How clips are prompted, corrected and processed.</summary>
    public TrainingOptions Prompting { get; init; } = TrainingOptions.FineTuning;

    /// <summary>Weights and switches of the losses.</summary>
    public LossOptions Loss { get; init; } = new();

    /// <summary>AdamW and its schedules.</summary>
    public OptimizerSettings Optimizer { get; init; } = new();

    /// <summary>
    /// How much room the features of pictures may take, which are kept where the image encoder is frozen, so that a step on pictures that
    /// were seen before costs no encoder; null if they are computed in each step. Of use for few pictures: see <see cref="BatchSettings.Views"/>.
    /// </summary>
    public FeatureCacheSettings? FeatureCache { get; init; }

    /// <summary>Averaging of weights; null for none.</summary>
    public EmaSettings? Ema { get; init; }

    /// <summary>When a run that goes wrong is stopped.</summary>
    public DivergenceSettings Divergence { get; init; } = new();

    /// <summary>What is logged.</summary>
    public LogSettings Log { get; init; } = new();

    /// <summary>When a checkpoint is written.</summary>
    public CheckpointSettings Checkpoint { get; init; } = new();

    /// <summary>How the model is measured while it is trained; null for not at all.</summary>
    public ValidationSettings? Validation { get; init; }
}

/// <summary>Types of weights that a model can be trained in.</summary>
public enum TrainingPrecision
{
    /// <summary>32-bit floating point.</summary>
    Fp32,

    /// <summary>bfloat16, with float32 weights for the optimizer.</summary>
    Bf16,

    /// <summary>16-bit floating point, with float32 weights for the optimizer and a scaled loss.</summary>
    Fp16,
}

/// <summary>An exponential moving average of the weights, which is validated and saved in place of the last weights.</summary>
public sealed record EmaSettings
{
    /// <summary>The fraction of the average that each step keeps, in [0, 1).</summary>
    public double Decay { get; init; } = 0.999;
}

/// <summary>What is logged besides the table and <c>log.jsonl</c>, and how often.</summary>
public sealed record LogSettings
{
    /// <summary>Steps from one record to the next.</summary>
    public int Every { get; init; } = 10;

    /// <summary>Whether event files for TensorBoard are written to <c>tensorboard/</c>.</summary>
    public bool Tensorboard { get; init; } = true;
}

/// <summary>When the state of the run is saved to <c>checkpoint.pt</c>, from which it can be resumed.</summary>
public sealed record CheckpointSettings
{
    /// <summary>Steps from one save to the next. The last step and a cancelled run are saved too.</summary>
    public int Every { get; init; } = 500;

    /// <summary>Steps whose weights are kept as <c>step_….pt</c>.</summary>
    public IReadOnlyList<long> KeepSteps { get; init; } = [];
}

/// <summary>How the model is measured while it is trained.</summary>
public sealed record ValidationSettings
{
    /// <summary>Steps from one validation to the next; the last step validates too.</summary>
    public int Every { get; init; } = 1000;
}
