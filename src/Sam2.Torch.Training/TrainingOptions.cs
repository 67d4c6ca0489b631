using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Prompts;

namespace Sam2.Torch.Training;

/// <summary>
/// How the forward pass of training prompts, corrects and processes clips (paper, appendix D.2.2; training/model/sam2.py,
/// <c>SAM2Train</c>). Names are the original's in Pascal case and defaults are its constructor's; <c>…ForTrain</c> applies in
/// training mode, <c>…ForEval</c> in evaluation mode. <see cref="FineTuning"/> has the values of its recipe.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The settings of the original's recipe for fine-tuning (sam2/configs/sam2.1_training).</summary>
    public static TrainingOptions FineTuning { get; } = new()
    {
        ProbToUsePtInputForTrain = 0.5,
        ProbToUseBoxInputForTrain = 0.5,
        ProbToSampleFromGtForTrain = 0.1,
        NumFramesToCorrectForTrain = 2,
        RandFramesToCorrectForTrain = true,
        AddAllFramesToCorrectAsCond = true,
        NumInitCondFramesForTrain = 2,
        RandInitCondFramesForTrain = true,
        ForwardBackbonePerFrameForEval = true,
    };

    /// <summary>Probability that a clip is prompted by points (or a box) and not by masks. Single images always are.</summary>
    public double ProbToUsePtInputForTrain { get; init; }

    /// <summary>The same in evaluation mode.</summary>
    public double ProbToUsePtInputForEval { get; init; }

    /// <summary>Probability that a prompt of points begins with a box and not with a click.</summary>
    public double ProbToUseBoxInputForTrain { get; init; }

    /// <summary>The same in evaluation mode.</summary>
    public double ProbToUseBoxInputForEval { get; init; }

    /// <summary>Number of frames that get correction clicks; at least the number of initial conditioning frames.</summary>
    public int NumFramesToCorrectForTrain { get; init; } = 1;

    /// <summary>The same in evaluation mode.</summary>
    public int NumFramesToCorrectForEval { get; init; } = 1;

    /// <summary>Whether that number is a maximum, and the actual one is drawn for every batch.</summary>
    public bool RandFramesToCorrectForTrain { get; init; }

    /// <summary>The same in evaluation mode.</summary>
    public bool RandFramesToCorrectForEval { get; init; }

    /// <summary>Number of frames that are prompted before tracking starts; the first frame is always one.</summary>
    public int NumInitCondFramesForTrain { get; init; } = 1;

    /// <summary>The same in evaluation mode.</summary>
    public int NumInitCondFramesForEval { get; init; } = 1;

    /// <summary>Whether that number is a maximum, and the actual one is drawn for every batch.</summary>
    public bool RandInitCondFramesForTrain { get; init; } = true;

    /// <summary>The same in evaluation mode.</summary>
    public bool RandInitCondFramesForEval { get; init; }

    /// <summary>Whether a frame that is corrected while tracking becomes a conditioning frame.</summary>
    public bool AddAllFramesToCorrectAsCond { get; init; }

    /// <summary>Correction clicks on each corrected frame, not counting the first prompt.</summary>
    public int NumCorrectionPtPerFrame { get; init; } = 7;

    /// <summary>Where clicks go in evaluation mode.</summary>
    public PointSampling PtSamplingForEval { get; init; } = PointSampling.Center;

    /// <summary>
    /// Probability, in training mode, that a click goes to <see cref="PointSampling.Center"/> of the error, as in benchmarks, and not
    /// anywhere in it. 0 in the original.
    /// </summary>
    public double ProbToSampleCenterForTrain { get; init; }

    /// <summary>Probability, in training mode, that a correction click ignores the prediction and goes onto the object.</summary>
    public double ProbToSampleFromGtForTrain { get; init; }

    /// <summary>Largest displacement of a box's corner, as a fraction of the box's side (SAM's value).</summary>
    public double BoxNoise { get; init; } = 0.1;

    /// <summary>Largest displacement of a box's corner, in pixels (SAM's value).</summary>
    public double BoxNoiseBound { get; init; } = 20;

    /// <summary>Whether, in evaluation mode, each frame is encoded when it is tracked, which saves memory, instead of all at the start.</summary>
    public bool ForwardBackbonePerFrameForEval { get; init; }

    /// <summary>
    /// Whether the activations of image encoder, memory attention and mask decoder are computed again for the backward pass
    /// instead of being kept: it takes a third of the memory, and about a quarter more time. A training loop of your own then has to
    /// run the backward pass by <see cref="LossReport.Backward"/> or <see cref="ActivationCheckpoint.Backward"/>.
    /// </summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>
    /// Whether the memory attention alone is computed again for the backward pass: a third of all activations in a clip of eight frames, for 4 % more time.
    /// Turn it off where a hook collects activations for a loss, or where a replaced part counts how often it is called.
    /// </summary>
    public bool RecomputeMemoryAttention { get; init; } = true;

    /// <summary>Whether the image encoder is frozen: its parameters stop requiring gradients.</summary>
    public bool FreezeImageEncoder { get; init; }

    /// <summary>Checks that the settings make sense, alone and together.</summary>
    /// <exception cref="ArgumentException">A setting does not; the message names it.</exception>
    public void Validate()
    {
        Probability(ProbToUsePtInputForTrain, "prob_to_use_pt_input_for_train");
        Probability(ProbToUsePtInputForEval, "prob_to_use_pt_input_for_eval");
        Probability(ProbToUseBoxInputForTrain, "prob_to_use_box_input_for_train");
        Probability(ProbToUseBoxInputForEval, "prob_to_use_box_input_for_eval");
        Probability(ProbToSampleFromGtForTrain, "prob_to_sample_from_gt_for_train");
        Probability(ProbToSampleCenterForTrain, "prob_to_sample_center_for_train");
        AtLeast(1, NumInitCondFramesForTrain, "num_init_cond_frames_for_train");
        AtLeast(1, NumInitCondFramesForEval, "num_init_cond_frames_for_eval");
        if (ProbToUsePtInputForTrain > 0 || ProbToUsePtInputForEval > 0)
        {
            AtLeast(NumInitCondFramesForTrain, NumFramesToCorrectForTrain, "num_frames_to_correct_for_train");
            AtLeast(NumInitCondFramesForEval, NumFramesToCorrectForEval, "num_frames_to_correct_for_eval");
        }

        AtLeast(0, NumCorrectionPtPerFrame, "num_correction_pt_per_frame");
        if (!(BoxNoise >= 0)) throw new ArgumentException($"box_noise is {BoxNoise}; it must be 0 or more.");
        if (!(BoxNoiseBound >= 0)) throw new ArgumentException($"box_noise_bound is {BoxNoiseBound}; it must be 0 or more.");

        static void Probability(double value, string name)
        {
            if (!(value is >= 0 and <= 1)) throw new ArgumentException($"{name} is {value}; a probability lies between 0 and 1.");
        }

        static void AtLeast(int least, int value, string name)
        {
            if (value < least) throw new ArgumentException($"{name} is {value}; it must be at least {least}.");
        }
    }
}
