using static TorchSharp.torch;

namespace Sam2.Torch.Training.Losses;

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

    /// <summary>Exponent that gives less weight to pixels that are already right.</summary>
    public double FocalGamma { get; init; } = 2;

    /// <summary>Whether the IoUs of all offered masks are supervised, or only that of the best.</summary>
    public bool SuperviseAllIou { get; init; } = true;

    /// <summary>Whether the loss of an IoU is its absolute error; otherwise it is the squared error.</summary>
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

/// <summary>
/// The loss of a batch of clips: focal and dice loss of masks, the error of predicted IoUs, and cross entropy of object scores,
/// summed over all steps and frames and divided by the number of objects (paper, appendix D.2.2; training/loss_fns.py,
/// <c>MultiStepMultiMasksAndIous</c>). Of several masks only the best is supervised, and masks only of objects that are
/// visible.
/// </summary>
/// <param name="options">Weights and switches.</param>
public sealed class MultiStepLoss(LossOptions options) : ITrainingLoss
{
    /// <summary>Weights and switches.</summary>
    public LossOptions Options { get; } = options;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The masks have another number of frames than the prediction.</exception>
    public LossReport Compute(ClipPrediction prediction, Tensor masks)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.size(0) != prediction.Frames.Count)
            throw new ArgumentException($"There are predictions of {prediction.Frames.Count} frames, but masks of {masks.size(0)}.", nameof(masks));

        using var scope = NewDisposeScope();
        // [4]: mask, dice, IoU and class loss.
        var sum = zeros(4, device: masks.device);
        for (var t = 0; t < prediction.Frames.Count; t++)
        {
            using var frame = NewDisposeScope();
            var truth = masks[t].unsqueeze(1);
            var visible = Options.PredObjScores ? truth.flatten(1).any(1, keepdim: true).to(float32) : ones(truth.size(0), 1, device: truth.device);
            var former = sum;
            foreach (var step in prediction.Frames[t].Steps) sum = sum.Plus(StepLosses(step, truth, visible));
            sum.MoveToOuterDisposeScope();
            former.Dispose();
        }

        sum = sum.DividedBy(Math.Max(1, masks.size(1)));
        var weights = tensor(new[] { (float)Options.LossMask, (float)Options.LossDice, (float)Options.LossIou, (float)Options.LossClass }, device: masks.device);
        var total = (sum * weights).sum();
        var values = sum.detach().cpu();
        return new(total.MoveToOuterDisposeScope(), new Dictionary<string, double>
        {
            ["loss_mask"] = values[0].item<float>(),
            ["loss_dice"] = values[1].item<float>(),
            ["loss_iou"] = values[2].item<float>(),
            ["loss_class"] = values[3].item<float>(),
            [LossReport.TotalName] = total.item<float>(),
        });
    }

    /// <summary>The four losses of one step, summed over objects, [4].</summary>
    /// <param name="step">A prediction.</param>
    /// <param name="truth">True masks, [O, 1, S, S], bool.</param>
    /// <param name="visible">1 for objects whose masks count, [O, 1].</param>
    private Tensor StepLosses(PredictionStep step, Tensor truth, Tensor visible)
    {
        Tensor[] inputs = [step.Masks, step.Ious, step.ObjectScores, truth, visible];
        // Recomputed for the backward pass: what autograd would keep is seven times as large as the masks, for every click of a clip.
        return is_grad_enabled() && inputs.Any(x => x.requires_grad)
            ? ActivationCheckpoint.Run(x => [StepLosses(x[0], x[1], x[2], x[3], x[4])], inputs)[0]
            : StepLosses(step.Masks, step.Ious, step.ObjectScores, truth, visible);
    }

    private Tensor StepLosses(Tensor masks, Tensor ious, Tensor objectScores, Tensor truth, Tensor visible)
    {
        using var scope = NewDisposeScope();
        var targets = truth.to(float32);
        var mask = MaskLosses.SigmoidFocal(masks, targets, Options.FocalAlpha, Options.FocalGamma).mean([2, 3]);
        var dice = MaskLosses.Dice(masks, targets);
        var error = ious - MaskLosses.TrueIou(masks, truth);
        var iou = Options.IouUseL1Loss ? error.abs() : error * error;
        if (mask.size(1) > 1)
        {
            var best = mask.Times(Options.LossMask).Plus(dice.Times(Options.LossDice)).detach().argmin(1, keepdim: true);
            mask = mask.gather(1, best);
            dice = dice.gather(1, best);
            iou = Options.SuperviseAllIou ? iou.mean([1], keepdim: true) : iou.gather(1, best);
        }

        var presence = Options.PredObjScores
            ? MaskLosses.SigmoidFocal(objectScores, visible, Options.FocalAlphaObjScore, Options.FocalGammaObjScore)
            : zeros_like(visible);
        return stack([(mask * visible).sum(), (dice * visible).sum(), (iou * visible).sum(), presence.sum()]).MoveToOuterDisposeScope();
    }
}

/// <summary>The losses of single masks (training/loss_fns.py). Pure functions; float32.</summary>
public static class MaskLosses
{
    /// <summary>
    /// Sigmoid focal loss of each element (Lin et al., "Focal loss for dense object detection", 2017).
    /// </summary>
    /// <param name="logits">Any shape.</param>
    /// <param name="targets">0 or 1, float32, a shape that broadcasts to that of the logits.</param>
    /// <param name="alpha">Weight of targets of 1 against those of 0, in [0, 1]; negative for none.</param>
    /// <param name="gamma">Exponent; 0 makes it cross entropy.</param>
    /// <returns>The logits' shape.</returns>
    public static Tensor SigmoidFocal(Tensor logits, Tensor targets, double alpha, double gamma)
    {
        using var scope = NewDisposeScope();
        // With s = 1 where the target is 1 and −1 where it is 0: p, the target's probability, is sigmoid(s · logit), and the
        // cross entropy −log p.
        var right = logits * targets.Times(2).Minus(1);
        var loss = right.log_sigmoid().negative();
        if (gamma != 0) loss = loss * right.negative().sigmoid().pow(Scalars.Of(gamma));
        if (alpha >= 0) loss = loss * targets.Times(2 * alpha - 1).Plus(1 - alpha);
        return loss.MoveToOuterDisposeScope();
    }

    /// <summary>Dice loss of each mask: one minus twice the soft intersection over the sum of areas, both plus one.</summary>
    /// <param name="logits">[O, M, H, W].</param>
    /// <param name="targets">[O, 1, H, W], 0 or 1, float32.</param>
    /// <returns>[O, M].</returns>
    public static Tensor Dice(Tensor logits, Tensor targets)
    {
        using var scope = NewDisposeScope();
        var probabilities = logits.sigmoid();
        var intersection = (probabilities * targets).sum([2, 3]);
        var areas = probabilities.sum([2, 3]).Plus(targets.sum([2, 3]));
        return (intersection.Times(2).Plus(1) / areas.Plus(1)).SubtractedFrom(1).MoveToOuterDisposeScope();
    }

    /// <summary>The true IoU of each predicted mask, without gradient; 0 where both are empty.</summary>
    /// <param name="logits">[O, M, H, W].</param>
    /// <param name="targets">[O, 1, H, W], bool.</param>
    /// <returns>[O, M], float32.</returns>
    public static Tensor TrueIou(Tensor logits, Tensor targets)
    {
        using var scope = NewDisposeScope();
        var predicted = logits.detach().gt(Scalars.Of(0));
        var intersection = predicted.logical_and(targets).sum([2, 3]).to(float32);
        var union = predicted.logical_or(targets).sum([2, 3]).to(float32);
        return (intersection / union.clamp_min(Scalars.Of(1))).MoveToOuterDisposeScope();
    }
}
