using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sam2.Torch.Prediction;

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
        return Unpack(TensorMemory.ToArray<float>(packed), (int)numbers.shape[0], count, height, width);
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
            (height, width) = ((int)mask.shape[^2], (int)mask.shape[^1]);
            var pixels = mask.to(float32).flatten();
            pixels = F.pad(pixels, [0, Missing(pixels.shape[0])]);
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
