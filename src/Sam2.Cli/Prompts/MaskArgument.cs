using Sam2.Torch.Masks;

namespace Sam2.Cli.Prompts;

/// <summary>The picture of a mask that prompts, as <c>--mask</c> and <c>mask=</c> name it.</summary>
public static class MaskArgument
{
    /// <summary>
    /// Reads a mask for an image. It may be larger or smaller than the image, and is scaled then, but not of another shape: stretched, it would
    /// lie beside its object.
    /// </summary>
    /// <param name="option">How the user gave it, for the message.</param>
    /// <param name="path">The file.</param>
    /// <param name="width">The image's width in pixels.</param>
    /// <param name="height">The image's height in pixels.</param>
    /// <exception cref="CliException">Its width and height aren't those of the image, nor in their proportion to a pixel.</exception>
    /// <exception cref="Sam2.Torch.Media.MediaException">It can't be read as a mask of one object.</exception>
    public static BinaryMask Read(string option, string path, int width, int height)
    {
        var mask = MaskFile.Read(path);
        bool fits = Math.Abs(mask.Width - ((double)mask.Height * width / height)) < 1 || Math.Abs(mask.Height - ((double)mask.Width * height / width)) < 1;
        if (!fits)
        {
            throw new CliException(
                $"{option}{path} is {mask.Width} by {mask.Height} pixels, but the image {width} by {height}; give a mask of the image's size, or of its proportions");
        }

        return mask;
    }
}
