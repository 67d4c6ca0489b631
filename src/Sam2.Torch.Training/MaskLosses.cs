using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Training;

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
        // With s = 1 where the target is 0 and −1 where it is 1: the cross entropy is softplus(s · logit), the error
        // 1 − p of the target's probability is sigmoid(s · logit).
        var wrong = logits * (1 - 2 * targets);
        var loss = F.softplus(wrong);
        if (gamma != 0) loss = loss * wrong.sigmoid().pow(gamma);
        if (alpha >= 0) loss = loss * (targets * (2 * alpha - 1) + (1 - alpha));
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
        var areas = probabilities.sum([2, 3]) + targets.sum([2, 3]);
        return (1 - (2 * intersection + 1) / (areas + 1)).MoveToOuterDisposeScope();
    }

    /// <summary>The true IoU of each predicted mask, without gradient; 0 where both are empty.</summary>
    /// <param name="logits">[O, M, H, W].</param>
    /// <param name="targets">[O, 1, H, W], bool.</param>
    /// <returns>[O, M], float32.</returns>
    public static Tensor TrueIou(Tensor logits, Tensor targets)
    {
        using var scope = NewDisposeScope();
        var predicted = logits.detach() > 0;
        var intersection = predicted.logical_and(targets).sum([2, 3]).to(float32);
        var union = predicted.logical_or(targets).sum([2, 3]).to(float32);
        return (intersection / union.clamp(min: 1)).MoveToOuterDisposeScope();
    }
}
