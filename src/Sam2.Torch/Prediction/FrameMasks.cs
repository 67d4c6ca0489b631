using System.Runtime.InteropServices;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

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

/// <summary>
/// Brings the masks and scores of a frame to the host in one copy, since each copy waits for the device. They share one tensor of
/// float32: first the numbers, then each mask, 16 pixels to a number: a fourth of what a byte per pixel takes.
/// </summary>
internal static class FrameTransfer
{
    /// <summary>Whole numbers of 16 bits are exact in float32, and so are the sums that make them, also in TensorFloat-32.</summary>
    private const int PixelsPerNumber = 16;

    /// <summary>Reads masks and numbers; from the CPU, where copies cost nothing, one by one.</summary>
    /// <param name="masks">Each <c>[1, 1, H, W]</c>, bool, of one size. They are made when they are needed, and disposed.</param>
    /// <param name="numbers"><c>[N]</c>, float32.</param>
    public static (IReadOnlyList<BinaryMask> Masks, float[] Numbers) Read(IEnumerable<Tensor> masks, Tensor numbers)
    {
        if (numbers.device_type == DeviceType.CPU) return ([.. masks.Select(ReadAndDispose)], TensorMemory.ToArray<float>(numbers));
        using var packed = Pack(masks, numbers, out var count, out var height, out var width);
        return Unpack(TensorMemory.ToArray<float>(packed), (int)numbers.size(0), count, height, width);
    }

    /// <summary>Joins numbers and masks.</summary>
    /// <param name="masks">As for <see cref="Read"/>.</param>
    /// <param name="numbers">As for <see cref="Read"/>.</param>
    /// <param name="count">How many masks there are.</param>
    /// <param name="height">Their height.</param>
    /// <param name="width">Their width.</param>
    /// <returns>One dimension, float32, on the same device.</returns>
    internal static Tensor Pack(IEnumerable<Tensor> masks, Tensor numbers, out int count, out int height, out int width)
    {
        using var scope = NewDisposeScope();
        var powers = Enumerable.Range(0, PixelsPerNumber).Select(bit => (float)(1 << bit)).ToArray();
        var weights = tensor(powers, device: numbers.device);
        var parts = new List<Tensor> { numbers };
        (height, width) = (0, 0);
        foreach (var mask in masks)
        {
            using var one = NewDisposeScope();
            (height, width) = ((int)mask.size(-2), (int)mask.size(-1));
            var pixels = mask.to(float32).flatten();
            pixels = F.pad(pixels, [0, Missing(pixels.size(0))]);
            parts.Add((pixels.view(-1, PixelsPerNumber) * weights).sum(1).MoveToOuterDisposeScope());
            mask.Dispose();
        }

        count = parts.Count - 1;
        return cat(parts).MoveToOuterDisposeScope();
    }

    /// <summary>The inverse of <see cref="Pack"/>.</summary>
    internal static (IReadOnlyList<BinaryMask> Masks, float[] Numbers) Unpack(float[] values, int numbers, int count, int height, int width)
    {
        var pixels = height * width;
        var length = (pixels + (int)Missing(pixels)) / PixelsPerNumber;
        var masks = new BinaryMask[count];
        for (var i = 0; i < count; i++)
        {
            masks[i] = new BinaryMask(height, width);
            var own = values.AsSpan(numbers + i * length, length);
            var data = masks[i].Data;
            for (var p = 0; p < pixels; p++) data[p] = (byte)(((int)own[p / PixelsPerNumber] >> (p % PixelsPerNumber)) & 1);
        }

        return (masks, values[..numbers]);
    }

    private static BinaryMask ReadAndDispose(Tensor mask)
    {
        using (mask) return BinaryMask.FromTensor(mask);
    }

    private static long Missing(long pixels) => (PixelsPerNumber - pixels % PixelsPerNumber) % PixelsPerNumber;
}
