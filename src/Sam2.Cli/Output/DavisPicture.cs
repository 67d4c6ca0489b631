using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Output;

/// <summary>The masks of a frame in one palette picture, as DAVIS stores annotations: a pixel's index is the object's number.</summary>
internal static class DavisPicture
{
    private static readonly byte[] Palette = [.. Enumerable.Range(0, 256).SelectMany(Colour)];

    /// <summary>Draws a frame. Where objects overlap, the lower number is on top.</summary>
    /// <param name="masks">Objects numbered from 1 to 255, at least one.</param>
    public static IndexedImage Of(FrameMasks masks)
    {
        var first = masks.Objects[0].Mask;
        var indices = new byte[first.Data.Length];
        foreach (var o in masks.Objects.OrderByDescending(o => o.ObjectId))
        {
            for (var i = 0; i < indices.Length; i++)
            {
                if (o.Mask.Data[i] != 0) indices[i] = (byte)o.ObjectId;
            }
        }

        return new IndexedImage(first.Width, first.Height, indices, Palette);
    }

    /// <summary>The colour map of PASCAL VOC: the bits of the number, three at a time, from each channel's highest bit down.</summary>
    private static byte[] Colour(int index)
    {
        var colour = new byte[3];
        for (var bit = 7; index > 0; bit--, index >>= 3)
        {
            for (var channel = 0; channel < 3; channel++) colour[channel] |= (byte)(((index >> channel) & 1) << bit);
        }

        return colour;
    }
}
