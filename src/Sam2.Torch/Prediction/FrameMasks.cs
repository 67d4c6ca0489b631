using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using static TorchSharp.torch;

namespace Sam2.Torch.Prediction;

/// <summary>An object's mask on one frame. Managed memory only: keep it or drop it.</summary>
/// <param name="ObjectId">The caller's name of the object.</param>
/// <param name="Mask">The mask at the video's size.</param>
/// <param name="ObjectScore">
/// Logit of the object being visible: above 0 it is predicted to be. Null where nothing is known of the object on this frame.
/// </param>
/// <param name="Logits">
/// Mask logits at a quarter of the model's resolution, [h, w]; null unless <see cref="VideoSessionOptions.ReturnLogits"/> asks for them,
/// and where nothing is known.
/// </param>
public sealed record ObjectMask(int ObjectId, BinaryMask Mask, float? ObjectScore, float[,]? Logits);

/// <summary>The masks of all objects of a session on one frame.</summary>
/// <param name="Frame">Index of the frame.</param>
/// <param name="Objects">One mask per object, in the order in which the objects were added.</param>
public sealed record FrameMasks(int Frame, IReadOnlyList<ObjectMask> Objects)
{
    /// <summary>The mask of an object.</summary>
    /// <exception cref="KeyNotFoundException">The object isn't among them.</exception>
    public ObjectMask this[int objectId] =>
        Objects.FirstOrDefault(o => o.ObjectId == objectId)
        ?? throw new KeyNotFoundException(
            $"Frame {Frame} has no object {objectId}; it has {(Objects.Count == 0 ? "none" : string.Join(", ", Objects.Select(o => o.ObjectId)))}.");
}

/// <summary>Turns what the tracker says into what callers get: masks in managed memory.</summary>
internal static class OutputMasks
{
    /// <summary>The mask of an output at an image's size.</summary>
    public static BinaryMask Binary(FrameOutput output, int height, int width)
    {
        using var mask = MaskResize.Binary(output.MaskLogits, height, width, threshold: 0);
        return BinaryMask.FromTensor(mask);
    }

    /// <summary>The results of all objects on a frame; those without an output get an empty mask.</summary>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="outputs">What is known of each object.</param>
    /// <param name="height">Height of the video.</param>
    /// <param name="width">Width of the video.</param>
    /// <param name="options">Whether masks are made disjoint, and whether logits are wanted.</param>
    public static FrameMasks OfFrame(
        int frame, IReadOnlyList<(int ObjectId, FrameOutput? Output)> outputs, int height, int width, VideoSessionOptions options)
    {
        using var scope = NewDisposeScope();
        var masks = new Dictionary<int, BinaryMask>();
        var known = outputs.Where(o => o.Output is not null).ToList();
        if (options.NonOverlappingMasks && known.Count > 1)
        {
            var logits = MaskResize.Logits(cat(known.Select(o => o.Output!.MaskLogits).ToArray(), 0), height, width);
            var apart = BinaryMask.FromTensors(NonOverlappingMasks.Apply(logits).gt(Scalars.Of(0)));
            for (var i = 0; i < known.Count; i++) masks[known[i].ObjectId] = apart[i];
        }
        else
        {
            foreach (var (id, output) in known) masks[id] = Binary(output!, height, width);
        }

        return new FrameMasks(frame, outputs.Select(o => Create(
            o.ObjectId, o.Output, masks.GetValueOrDefault(o.ObjectId), height, width, options.ReturnLogits)).ToList());
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
