using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training;

/// <summary>
/// The loss of a batch of clips: focal and dice loss of masks, the error of predicted IoUs, and cross entropy of object scores,
/// summed over all steps and frames and divided by the number of objects (paper, appendix D.2.2; training/loss_fns.py,
/// <c>MultiStepMultiMasksAndIous</c>). Of several masks the best alone is supervised; an object that can't be seen has no mask
/// to be supervised.
/// </summary>
/// <param name="options">Weights and switches.</param>
public sealed class MultiStepLoss(LossOptions options)
{
    /// <summary>Weights and switches.</summary>
    public LossOptions Options { get; } = options;

    /// <summary>Computes the losses.</summary>
    /// <param name="prediction">Predictions of a batch.</param>
    /// <param name="masks">Its true masks, [T, O, S, S], bool.</param>
    /// <returns>The sum with its graph, and each loss; the caller disposes it.</returns>
    public LossReport Compute(ClipPrediction prediction, Tensor masks)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.shape[0] != prediction.Frames.Count)
            throw new ArgumentException($"There are predictions of {prediction.Frames.Count} frames, but masks of {masks.shape[0]}.", nameof(masks));

        using var scope = NewDisposeScope();
        // [4]: mask, dice, IoU and class loss.
        var sum = zeros(4, device: masks.device);
        for (var t = 0; t < prediction.Frames.Count; t++)
        {
            using var frame = NewDisposeScope();
            var truth = masks[t].unsqueeze(1);
            var visible = Options.PredObjScores ? truth.flatten(1).any(1, keepdim: true).to(float32) : ones(truth.shape[0], 1, device: truth.device);
            var former = sum;
            foreach (var step in prediction.Frames[t].Steps) sum = sum + StepLosses(step, truth, visible);
            sum.MoveToOuterDisposeScope();
            former.Dispose();
        }

        sum = sum / Math.Max(1, masks.shape[1]);
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
        using var scope = NewDisposeScope();
        var targets = truth.to(float32);
        var mask = MaskLosses.SigmoidFocal(step.Masks, targets, Options.FocalAlpha, Options.FocalGamma).mean([2, 3]);
        var dice = MaskLosses.Dice(step.Masks, targets);
        var error = step.Ious - MaskLosses.TrueIou(step.Masks, truth);
        var iou = Options.IouUseL1Loss ? error.abs() : error.square();
        if (mask.shape[1] > 1)
        {
            var best = (mask * Options.LossMask + dice * Options.LossDice).detach().argmin(1, keepdim: true);
            mask = mask.gather(1, best);
            dice = dice.gather(1, best);
            iou = Options.SuperviseAllIou ? iou.mean([1], keepdim: true) : iou.gather(1, best);
        }

        var presence = Options.PredObjScores
            ? MaskLosses.SigmoidFocal(step.ObjectScores, visible, Options.FocalAlphaObjScore, Options.FocalGammaObjScore)
            : zeros_like(visible);
        return stack([(mask * visible).sum(), (dice * visible).sum(), (iou * visible).sum(), presence.sum()]).MoveToOuterDisposeScope();
    }
}
