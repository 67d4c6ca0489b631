using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>Checks prompts before they reach the model, which would answer nonsense with nonsense.</summary>
internal static class PromptValidation
{
    /// <summary>Throws unless the prompt says something that makes sense for an image of this size.</summary>
    /// <exception cref="ArgumentException">The prompt is empty, or a part of it is not finite, outside the image, empty or of a wrong shape.</exception>
    public static void Check(ObjectPrompt prompt, int width, int height, int maskSize)
    {
        if (prompt.Points.Count == 0 && prompt.Box is null && prompt.MaskLogits is null)
            throw new ArgumentException("The prompt is empty; give at least one point, a box or mask logits.");
        foreach (var point in prompt.Points)
        {
            if (!float.IsFinite(point.X) || !float.IsFinite(point.Y))
                throw new ArgumentException($"Point ({point.X}, {point.Y}) is not finite.");
            if (point.X < 0 || point.Y < 0 || point.X > width || point.Y > height)
                throw new ArgumentException($"Point ({point.X}, {point.Y}) is outside the image of {width}×{height} pixels.");
        }
        if (prompt.Box is { } box) Check(box, width, height);
        if (prompt.MaskLogits is { } mask) Check(mask, maskSize);
    }

    private static void Check(BoxPrompt box, int width, int height)
    {
        var text = $"Box ({box.X0}, {box.Y0}, {box.X1}, {box.Y1})";
        if (!float.IsFinite(box.X0) || !float.IsFinite(box.Y0) || !float.IsFinite(box.X1) || !float.IsFinite(box.Y1))
            throw new ArgumentException($"{text} is not finite.");
        if (box.X1 <= box.X0 || box.Y1 <= box.Y0)
            throw new ArgumentException($"{text} is empty; give left, top, right, bottom with left < right and top < bottom.");
        if (box.X0 > width || box.Y0 > height || box.X1 < 0 || box.Y1 < 0)
            throw new ArgumentException($"{text} is outside the image of {width}×{height} pixels.");
    }

    private static void Check(Tensor mask, int size)
    {
        if (!IsMaskShape(mask.shape, size))
            throw new ArgumentException($"Mask logits have shape [{string.Join(", ", mask.shape)}]; this model takes [1, {size}, {size}], the low-resolution logits of an earlier prediction.");
        using var scope = NewDisposeScope();
        // One value that is no number would make all of the answer so: binary, an empty mask that nothing explains.
        if (!mask.isfinite().all().item<bool>())
            throw new ArgumentException("Mask logits are not finite; give the low-resolution logits of an earlier prediction, which are within ±32.");
    }

    private static bool IsMaskShape(long[] shape, int size) =>
        (shape.Length == 2 || (shape.Length == 3 && shape[0] == 1)) && shape[^1] == size && shape[^2] == size;
}
