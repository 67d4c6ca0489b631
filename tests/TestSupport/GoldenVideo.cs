using Sam2.Torch.Data;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace TestSupport;

/// <summary>A video of golden/evaluation.</summary>
public sealed class GoldenVideo(string name) : IAnnotatedVideo
{
    public const int Frames = 12;

    public static IReadOnlyList<GoldenVideo> All { get; } = [new("first"), new("second"), new("third")];

    public string Name => name;

    public int FrameCount => Frames;

    public string FrameName(int frame) => $"{frame:00000}";

    public RgbImage ReadFrame(int frame) => ImageFile.Read(FileOf("JPEGImages", frame));

    public bool IsAnnotated(int frame) => true;

    public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) => Masks("Annotations", frame);

    /// <summary>What the original predicted from the first frame's masks.</summary>
    public IReadOnlyDictionary<int, BinaryMask> Tracked(int frame) => Masks("Tracked", frame);

    private IReadOnlyDictionary<int, BinaryMask> Masks(string kind, int frame) => IndexedMasks.Split(IndexedImage.Read(FileOf(kind, frame)));

    private string FileOf(string kind, int frame) => RepositoryFiles.Golden(Path.Combine("evaluation", kind, name, FrameName(frame) + ".png"));
}
