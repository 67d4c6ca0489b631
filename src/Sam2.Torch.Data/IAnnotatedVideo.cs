using System.Globalization;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data;

/// <summary>
/// A video, or a single image as a video of one frame, with the true masks of its objects. Frames and masks are read
/// when they are asked for; implementations must allow calls from several threads at once.
/// </summary>
public interface IAnnotatedVideo
{
    /// <summary>The name by which benchmarks and lists know it, relative to the data set, such as <c>bear</c>.</summary>
    string Name { get; }

    /// <summary>How many frames it has.</summary>
    int FrameCount { get; }

    /// <summary>The frame's name without extension, such as <c>00000</c>; predictions are written under it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    string FrameName(int frame);

    /// <summary>Decodes one frame.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such frame.</exception>
    /// <exception cref="MediaException">The file is missing or damaged; the message names it.</exception>
    RgbImage ReadFrame(int frame);

    /// <summary>Whether the frame has been annotated at all: SA-V has masks for every fourth frame only.</summary>
    bool IsAnnotated(int frame);

    /// <summary>
    /// The true masks of a frame by object id (above 0), at the frame's size. An object that is absent or
    /// hidden has no entry or an empty mask, depending on the data set. Empty for a frame that is not annotated.
    /// </summary>
    /// <exception cref="DatasetException">The annotation is missing, damaged or of another size; the message names the file.</exception>
    IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame);

    /// <summary>The ids of the objects that have a pixel on a frame, ascending.</summary>
    /// <exception cref="DatasetException">As <see cref="ReadMasks(int)"/>.</exception>
    IReadOnlyList<int> VisibleObjects(int frame) => [.. ReadMasks(frame).Where(mask => mask.Value.Area > 0).Select(mask => mask.Key).Order()];

    /// <summary>The masks of some objects only, which costs less where a picture has hundreds.</summary>
    /// <exception cref="DatasetException">As <see cref="ReadMasks(int)"/>.</exception>
    IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame, IReadOnlyCollection<int> objects) =>
        ReadMasks(frame).Where(mask => objects.Contains(mask.Key)).ToDictionary(mask => mask.Key, mask => mask.Value);

    /// <summary>
    /// The pixels of a frame of which the annotation says that it isn't known what is there; they don't count in scores. Null if there are none.
    /// </summary>
    /// <exception cref="DatasetException">As <see cref="ReadMasks(int)"/>.</exception>
    BinaryMask? ReadVoid(int frame) => null;

    /// <summary>
    /// The name by which the data set knows an object: for SA-V, its folder, such as <c>000</c>, although ids begin at 1. Predictions
    /// in the layout with a folder per object are written under it.
    /// </summary>
    string ObjectName(int id) => id.ToString("000", CultureInfo.InvariantCulture);

    /// <summary>
    /// Whether masks of different objects may overlap, as SA-V's do, which keeps a folder per object. Where they can't, a palette
    /// picture holds all objects of a frame, as in DAVIS.
    /// </summary>
    bool ObjectsOverlap => false;
}
