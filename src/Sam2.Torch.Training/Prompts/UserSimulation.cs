using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Prompts;

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
