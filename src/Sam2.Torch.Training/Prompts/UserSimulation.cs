using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Prompts;

/// <summary>The simulated user: where a prompt and the correction clicks go.</summary>
internal sealed class UserSimulation(TrainingOptions options, bool training, TrainingRandom random)
{
    /// <summary>Correction clicks on each corrected frame.</summary>
    public int Corrections => options.NumCorrectionPtPerFrame;

    /// <summary>The first prompt of a frame: a box, or a click onto the object.</summary>
    /// <param name="masks">True masks, [O, 1, S, S].</param>
    /// <param name="box">Which of the two.</param>
    public PointPrompts Prompt(Tensor masks, bool box) => box
        ? PromptSampler.Box(masks, options.BoxNoise, options.BoxNoiseBound, random)
        : PromptSampler.Click(masks, predicted: null, Sampling(), random);

    /// <summary>One more click on each object where the prediction is wrong; now and then just onto the object.</summary>
    /// <param name="points">The clicks so far; null for none.</param>
    /// <param name="masks">True masks, [O, 1, S, S].</param>
    /// <param name="logits">Predicted mask logits, [O, 1, S, S].</param>
    /// <returns>All clicks.</returns>
    public PointPrompts Correct(PointPrompts? points, Tensor masks, Tensor logits)
    {
        var ignorePrediction = training && options.ProbToSampleFromGtForTrain > 0 && random.Chance(options.ProbToSampleFromGtForTrain);
        return PromptSampler.Append(points, PromptSampler.Click(masks, ignorePrediction ? null : logits.detach() > 0, Sampling(), random));
    }

    private PointSampling Sampling()
    {
        if (!training) return options.PtSamplingForEval;
        var centre = options.ProbToSampleCenterForTrain > 0 && random.Chance(options.ProbToSampleCenterForTrain);
        return centre ? PointSampling.Center : PointSampling.Uniform;
    }
}
