using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Prompts;

/// <summary>
/// A simulated user, who prompts the objects of a batch of clips on some frames and corrects the answers on some. The original's is
/// <see cref="UserSimulation"/>; <see cref="TrainingForwardPass"/> and <see cref="TrainerParts.Prompts"/> take another one.
/// </summary>
/// <remarks>
/// Everything that is random must come from the <see cref="TrainingRandom"/> that is passed in; otherwise a run can't be repeated or
/// resumed. Several threads may call one simulation at the same time, each for a batch of its own.
/// </remarks>
public interface IPromptSimulation
{
    /// <summary>How many times a frame of <see cref="PromptPlan.CorrectedFrames"/> is corrected.</summary>
    int Corrections { get; }

    /// <summary>Decides which frames of a batch are prompted and corrected, and how.</summary>
    /// <param name="frames">T, the length of the clips.</param>
    /// <param name="training">Whether the model is in training mode; otherwise it is in evaluation mode.</param>
    /// <param name="random">The source of randomness.</param>
    PromptPlan Plan(int frames, bool training, TrainingRandom random);

    /// <summary>The first prompt of each object on a frame of <see cref="PromptPlan.InitialFrames"/>, if the plan prompts by points.</summary>
    /// <param name="masks">True masks, [O, 1, S, S], bool.</param>
    /// <param name="box">Whether the frame is one of <see cref="PromptPlan.BoxFrames"/>.</param>
    /// <param name="training">Whether the model is in training mode.</param>
    /// <param name="random">The source of randomness.</param>
    /// <returns>The same number of points for each object, on the masks' device.</returns>
    PointTensors Prompt(Tensor masks, bool box, bool training, TrainingRandom random);

    /// <summary>Corrects the answer to the points so far.</summary>
    /// <param name="points">The points so far; null for none.</param>
    /// <param name="masks">True masks, [O, 1, S, S], bool.</param>
    /// <param name="logits">The mask logits predicted from these points, [O, 1, S, S].</param>
    /// <param name="training">Whether the model is in training mode.</param>
    /// <param name="random">The source of randomness.</param>
    /// <returns>All points, the new ones included.</returns>
    PointTensors Correct(PointTensors? points, Tensor masks, Tensor logits, bool training, TrainingRandom random);
}

/// <summary>Which frames of a batch of clips are prompted and corrected, and how.</summary>
/// <param name="UsePoints">Whether prompts are points or boxes; otherwise they are true masks, and nothing is corrected.</param>
/// <param name="InitialFrames">Frames that are prompted before the others are tracked; the first is always 0.</param>
/// <param name="CorrectedFrames">Frames that get correction clicks.</param>
/// <param name="BoxFrames">Those of <paramref name="InitialFrames"/> whose prompt is a box.</param>
public sealed record PromptPlan(
    bool UsePoints, IReadOnlyList<int> InitialFrames, IReadOnlyList<int> CorrectedFrames, IReadOnlySet<int> BoxFrames)
{
    /// <summary>Draws a plan (training/model/sam2.py, <c>prepare_prompt_inputs</c>).</summary>
    /// <param name="options">Probabilities and numbers.</param>
    /// <param name="frames">Length of the clips. A single image is always prompted by points.</param>
    /// <param name="training">Whether the model is in training mode.</param>
    /// <param name="random">The source of randomness.</param>
    public static PromptPlan Draw(TrainingOptions options, int frames, bool training, TrainingRandom random)
    {
        var (points, box) = training
            ? (options.ProbToUsePtInputForTrain, options.ProbToUseBoxInputForTrain)
            : (options.ProbToUsePtInputForEval, options.ProbToUseBoxInputForEval);
        var (corrected, randomCorrected) = training
            ? (options.NumFramesToCorrectForTrain, options.RandFramesToCorrectForTrain)
            : (options.NumFramesToCorrectForEval, options.RandFramesToCorrectForEval);
        var (initial, randomInitial) = training
            ? (options.NumInitCondFramesForTrain, options.RandInitCondFramesForTrain)
            : (options.NumInitCondFramesForEval, options.RandInitCondFramesForEval);
        if (frames == 1) (points, corrected, initial) = (1, 1, 1);
        (initial, corrected) = (Math.Min(initial, frames), Math.Min(corrected, frames));

        var usePoints = random.Chance(points);
        if (randomInitial && initial > 1) initial = random.IntegerBetween(1, initial);
        if (usePoints && randomCorrected && corrected > initial) corrected = random.IntegerBetween(initial, corrected);

        List<int> initialFrames = [0, .. random.Choose([.. Enumerable.Range(1, frames - 1)], initial - 1)];
        if (!usePoints) return new(false, initialFrames, [], new HashSet<int>());

        var boxes = initialFrames.Where(_ => random.Chance(box)).ToHashSet();
        var others = Enumerable.Range(0, frames).Except(initialFrames).ToList();
        return new(true, initialFrames, [.. initialFrames, .. random.Choose(others, corrected - initial)], boxes);
    }

    /// <summary>The order in which frames are processed: prompted ones first, then the others from first to last.</summary>
    public IEnumerable<int> Order(int frames) => InitialFrames.Concat(Enumerable.Range(0, frames).Except(InitialFrames));
}

/// <summary>The prompts of one batch: a simulation with the plan, the mode and the random numbers of the batch.</summary>
internal sealed class ClipPrompts
{
    private readonly IPromptSimulation _simulation;
    private readonly bool _training;
    private readonly TrainingRandom _random;

    /// <summary>Draws the plan of a batch.</summary>
    /// <exception cref="ArgumentException">The simulation's plan doesn't fit the clips.</exception>
    public ClipPrompts(IPromptSimulation simulation, int frames, bool training, TrainingRandom random)
    {
        (_simulation, _training, _random) = (simulation, training, random);
        Plan = simulation.Plan(frames, training, random);
        if (Plan.InitialFrames.Count == 0 || Plan.InitialFrames[0] != 0 || Plan.InitialFrames.Distinct().Count() < Plan.InitialFrames.Count
            || Plan.InitialFrames.Any(frame => frame < 0 || frame >= frames))
        {
            throw new ArgumentException(
                $"{simulation.GetType().Name} prompts the frames [{string.Join(", ", Plan.InitialFrames)}] of clips of {frames}; "
                + $"the first must be 0, and the others different numbers below {frames}.", nameof(simulation));
        }
    }

    /// <summary>Which frames are prompted and corrected.</summary>
    public PromptPlan Plan { get; }

    /// <inheritdoc cref="IPromptSimulation.Corrections"/>
    public int Corrections => _simulation.Corrections;

    /// <inheritdoc cref="IPromptSimulation.Prompt"/>
    public PointTensors Prompt(Tensor masks, bool box) => _simulation.Prompt(masks, box, _training, _random);

    /// <inheritdoc cref="IPromptSimulation.Correct"/>
    public PointTensors Correct(PointTensors? points, Tensor masks, Tensor logits) => _simulation.Correct(points, masks, logits, _training, _random);
}

/// <summary>
/// The original's simulated user (training/model/sam2.py, <c>prepare_prompt_inputs</c> and <c>_iter_correct_pt_sampling</c>): clips
/// are prompted by masks, or by clicks and boxes that are corrected by clicks. Methods can be overridden one by one.
/// </summary>
/// <param name="options">Probabilities and numbers.</param>
public class UserSimulation(TrainingOptions options) : IPromptSimulation
{
    /// <summary>Probabilities and numbers.</summary>
    public TrainingOptions Options { get; } = options;

    /// <inheritdoc/>
    public virtual int Corrections => Options.NumCorrectionPtPerFrame;

    /// <inheritdoc/>
    public virtual PromptPlan Plan(int frames, bool training, TrainingRandom random) => PromptPlan.Draw(Options, frames, training, random);

    /// <summary>The first prompt of each object on a frame: a box, or a click onto the object.</summary>
    /// <inheritdoc/>
    public virtual PointTensors Prompt(Tensor masks, bool box, bool training, TrainingRandom random) => box
        ? PromptSampler.Box(masks, Options.BoxNoise, Options.BoxNoiseBound, random)
        : PromptSampler.Click(masks, predicted: null, Sampling(training, random), random);

    /// <summary>
    /// One more click on each object where the prediction is wrong; with <see cref="TrainingOptions.ProbToSampleFromGtForTrain"/>
    /// somewhere on the object instead.
    /// </summary>
    /// <inheritdoc/>
    public virtual PointTensors Correct(PointTensors? points, Tensor masks, Tensor logits, bool training, TrainingRandom random)
    {
        var ignorePrediction = training && Options.ProbToSampleFromGtForTrain > 0 && random.Chance(Options.ProbToSampleFromGtForTrain);
        return PromptSampler.Append(points, PromptSampler.Click(masks, ignorePrediction ? null : logits.detach().gt(Scalars.Of(0)), Sampling(training, random), random));
    }

    private PointSampling Sampling(bool training, TrainingRandom random)
    {
        if (!training) return Options.PtSamplingForEval;
        var centre = Options.ProbToSampleCenterForTrain > 0 && random.Chance(Options.ProbToSampleCenterForTrain);
        return centre ? PointSampling.Center : PointSampling.Uniform;
    }
}
