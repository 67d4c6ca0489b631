namespace Sam2.Torch.Training;

/// <summary>
/// Weights and switches of <see cref="MultiStepLoss"/>. Names are the original's in Pascal case (training/loss_fns.py,
/// <c>MultiStepMultiMasksAndIous</c>); defaults are those of its recipe for fine-tuning.
/// </summary>
public sealed record LossOptions
{
    /// <summary>Weight of the focal loss of masks.</summary>
    public double LossMask { get; init; } = 20;

    /// <summary>Weight of the dice loss of masks.</summary>
    public double LossDice { get; init; } = 1;

    /// <summary>Weight of the loss of predicted IoUs.</summary>
    public double LossIou { get; init; } = 1;

    /// <summary>Weight of the loss of object scores.</summary>
    public double LossClass { get; init; } = 1;

    /// <summary>Weight of object pixels against background in the focal loss of masks, in [0, 1]; −1 for none.</summary>
    public double FocalAlpha { get; init; } = 0.25;

    /// <summary>Exponent that plays down pixels that are right already.</summary>
    public double FocalGamma { get; init; } = 2;

    /// <summary>Whether the IoUs of all offered masks are supervised, or only that of the best.</summary>
    public bool SuperviseAllIou { get; init; } = true;

    /// <summary>Whether IoUs are compared by their absolute and not by their squared difference.</summary>
    public bool IouUseL1Loss { get; init; } = true;

    /// <summary>
    /// Whether object scores are supervised, and masks only where the object is visible. False for models without occlusion
    /// head, whose masks of absent objects are to be empty.
    /// </summary>
    public bool PredObjScores { get; init; } = true;

    /// <summary>Exponent of the focal loss of object scores; 0 for cross entropy.</summary>
    public double FocalGammaObjScore { get; init; }

    /// <summary>Weight of visible objects in the loss of object scores, in [0, 1]; −1 for none.</summary>
    public double FocalAlphaObjScore { get; init; } = -1;
}
