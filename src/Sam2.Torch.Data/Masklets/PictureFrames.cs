using System.Globalization;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Masklets;

/// <summary>Frames that were extracted from a video (training/scripts/sav_frame_extraction_submitit.py), named by their numbers.</summary>
internal sealed class PictureFrames : FrameStore
{
    private readonly string[] _files;
    private readonly int[] _numbers;
    private readonly MediaLimits _limits;

    /// <summary>Lists the frames.</summary>
    /// <exception cref="DatasetException">There are none, or a name is no number.</exception>
    public PictureFrames(string folder, MediaLimits limits)
    {
        _limits = limits;
        _files = PictureFolder.Files(folder);
        if (_files.Length == 0)
        {
            throw new DatasetException($"There is no picture in {folder}; extract the frames again.");
        }

        _numbers = [.. _files.Select(f => int.TryParse(Path.GetFileNameWithoutExtension(f), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new DatasetException($"{f} is not named by its frame's number, such as 00004.jpg; extract the frames again."))];
    }

    public override int Count => _files.Length;

    public override int Number(int frame) => _numbers[frame];

    public override string Name(int frame) => Path.GetFileNameWithoutExtension(_files[frame]);

    public override RgbImage Read(int frame) => ImageFile.Read(_files[frame], _limits);
}
