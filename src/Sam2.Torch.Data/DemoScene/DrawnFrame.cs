using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.DemoScene;

/// <summary>One picture of a drawn scene with its exact truth.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Ids">Per pixel (row-major) the id of the object that is seen there, 0 for the background.</param>
public sealed record DrawnFrame(RgbImage Image, byte[] Ids)
{
    /// <summary>The visible pixels of an object; empty while it is hidden.</summary>
    public BinaryMask Mask(byte id)
    {
        var mask = new BinaryMask(Image.Height, Image.Width);
        for (int i = 0; i < Ids.Length; i++)
        {
            mask.Data[i] = Ids[i] == id ? (byte)1 : (byte)0;
        }

        return mask;
    }
}
