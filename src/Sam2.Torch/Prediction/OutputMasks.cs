using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Tracking;

namespace Sam2.Torch.Prediction;

/// <summary>Turns what the tracker says into what callers get: masks in managed memory.</summary>
internal static class OutputMasks
{
    /// <summary>The mask of an output at an image's size.</summary>
    public static BinaryMask Binary(FrameOutput output, int height, int width)
    {
        using var mask = MaskResize.Binary(output.MaskLogits, height, width, threshold: 0);
        return BinaryMask.FromTensor(mask);
    }

    /// <summary>An object's result.</summary>
    /// <param name="objectId">The caller's name of the object.</param>
    /// <param name="output">What is known; null for nothing.</param>
    /// <param name="mask">Its mask at the image's size; an empty one is made when null.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="withLogits">Whether the low-resolution logits are wanted.</param>
    public static ObjectMask Create(int objectId, FrameOutput? output, BinaryMask? mask, int height, int width, bool withLogits) => new(
        objectId, mask ?? new BinaryMask(height, width), output?.ObjectScore.item<float>(),
        withLogits && output is not null ? Logits(output) : null);

    private static float[,] Logits(FrameOutput output)
    {
        var values = TensorMemory.ToArray<float>(output.MaskLogits);
        var logits = new float[output.MaskLogits.shape[2], output.MaskLogits.shape[3]];
        Buffer.BlockCopy(values, 0, logits, 0, values.Length * sizeof(float));
        return logits;
    }
}
