namespace Sam2.Torch.Training.Prompts;

/// <summary>What chance decides about a batch of clips before it is tracked: which frames are prompted and corrected, and how.</summary>
/// <param name="UsePoints">Whether prompts are points or boxes; else they are true masks, and nothing is corrected.</param>
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
    /// <param name="random">Decides.</param>
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
