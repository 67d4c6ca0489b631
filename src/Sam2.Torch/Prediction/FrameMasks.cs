using System.Runtime.InteropServices;
using Sam2.Torch.Masks;
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
    /// <summary>The results of all objects on a frame, read from the device in one copy; those without an output get an empty mask.</summary>
    /// <param name="model">The model that the outputs are of.</param>
    /// <param name="frame">Index of the frame.</param>
    /// <param name="outputs">What is known of each object.</param>
    /// <param name="height">Height of the video.</param>
    /// <param name="width">Width of the video.</param>
    /// <param name="options">Whether masks are made disjoint, and whether logits are wanted.</param>
    /// <exception cref="ModelOutputException">An output holds NaN.</exception>
    public static FrameMasks OfFrame(
        Sam2Model model, int frame, IReadOnlyList<(int ObjectId, FrameOutput? Output)> outputs, int height, int width, VideoSessionOptions options)
    {
        using var scope = NewDisposeScope();
        var known = outputs.Select(o => o.Output).OfType<FrameOutput>().ToList();
        if (known.Count == 0) return new FrameMasks(frame, [.. outputs.Select(o => Unknown(o.ObjectId))]);

        var masks = options.NonOverlappingMasks && known.Count > 1
            ? DisjointMasks(known, height, width)
            : known.Select(output => MaskResize.Binary(output.MaskLogits, height, width, threshold: 0));
        var (binary, numbers) = FrameTransfer.Read(masks, cat([.. known.Select(output => Numbers(output, options.ReturnLogits))]));
        var results = new List<ObjectMask>();
        var (next, length) = (0, numbers.Length / known.Count);
        foreach (var (id, output) in outputs)
        {
            if (output is null)
            {
                results.Add(Unknown(id));
                continue;
            }

            var own = numbers.AsSpan(next * length, length);
            // Names the weights that are to blame, which takes more reads; there is nothing to be slow for any more.
            if (float.IsNaN(own[1])) FiniteNumbers.Require(model, output.MaskLogits, output.ObjectPointer, output.ObjectScore);
            results.Add(new ObjectMask(id, binary[next++], own[0], options.ReturnLogits ? Grid(own[2..], output.MaskLogits.shape) : null));
        }

        return new FrameMasks(frame, results);

        ObjectMask Unknown(int id) => new(id, new BinaryMask(height, width), null, null);
    }

    /// <summary>An object's score, a sum that is NaN if anything of the output is, and, if wanted, its logits.</summary>
    private static Tensor Numbers(FrameOutput output, bool withLogits)
    {
        var sum = output.MaskLogits.sum(float32).Plus(output.ObjectPointer.sum(float32)).Plus(output.ObjectScore.sum(float32));
        var score = output.ObjectScore.to(float32).flatten();
        return withLogits ? cat([score, sum.view(1), output.MaskLogits.to(float32).flatten()]) : cat([score, sum.view(1)]);
    }

    private static IEnumerable<Tensor> DisjointMasks(IReadOnlyList<FrameOutput> outputs, int height, int width)
    {
        var logits = MaskResize.Logits(cat([.. outputs.Select(output => output.MaskLogits)]), height, width);
        return NonOverlappingMasks.Apply(logits).gt(Scalars.Of(0)).split(1);
    }

    private static float[,] Grid(ReadOnlySpan<float> values, long[] shape)
    {
        var grid = new float[shape[2], shape[3]];
        values.CopyTo(MemoryMarshal.CreateSpan(ref grid[0, 0], grid.Length));
        return grid;
    }
}
