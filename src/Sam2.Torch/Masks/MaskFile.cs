using Sam2.Torch.Media;

namespace Sam2.Torch.Masks;

/// <summary>Masks as picture files.</summary>
public static class MaskFile
{
    /// <summary>Writes an 8-bit grey PNG: 0 outside, 255 inside; completely or not at all.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="mask">The mask.</param>
    /// <exception cref="MediaException">The file cannot be written.</exception>
    public static void WritePng(string path, BinaryMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var grey = GC.AllocateUninitializedArray<byte>(mask.Data.Length);
        for (int i = 0; i < grey.Length; i++)
        {
            grey[i] = (byte)-mask.Data[i];
        }

        new IndexedImage(mask.Width, mask.Height, grey, []).Write(path);
    }

    /// <summary>
    /// Reads a mask from a picture. A PNG's pixels belong to it where any stored number but alpha is not 0 (palette entry 0 is
    /// outside whatever its colour); of other formats, which are lossy, where the grey value is above 127.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What the picture may cost.</param>
    /// <exception cref="MediaException">Missing, damaged, not a picture, or larger than the limits.</exception>
    public static BinaryMask Read(string path, MediaLimits? limits = null)
    {
        var info = ImageFile.ReadInfo(path);
        if (info.Format == ImageFormat.Png && info.Orientation == ImageOrientation.Upright)
        {
            using var stream = MediaFile.OpenRead(path);
            var png = PngReader.Read(stream, path, limits ?? MediaLimits.Default);
            return new BinaryMask(png.Header.Height, png.Header.Width, png.AnyColour());
        }

        var image = ImageFile.Read(path, limits);
        int threshold = info.Format == ImageFormat.Png ? 0 : 3 * 127;
        var mask = new BinaryMask(image.Height, image.Width);
        for (int i = 0; i < mask.Data.Length; i++)
        {
            int sum = image.Pixels[3 * i] + image.Pixels[(3 * i) + 1] + image.Pixels[(3 * i) + 2];
            mask.Data[i] = sum > threshold ? (byte)1 : (byte)0;
        }

        return mask;
    }
}
