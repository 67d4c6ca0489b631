using System.Globalization;
using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests;

/// <summary>A data set of a user's own, written only against what is public.</summary>
public sealed class OwnDatasetTests
{
    private const string Format = "own-squares";

    [OneTimeSetUp]
    public void Register() => DatasetFormats.Register(
        Format,
        (root, options) => [.. new[] { "a", "b", "c" }.Select(name => new MovingSquare(options.Split is { } part ? $"{part}/{name}" : name, root))],
        recognizes: folder => File.Exists(Path.Combine(folder, "squares.txt")));

    [Test]
    public void A_registered_format_is_opened_by_its_name_and_its_root_need_not_be_a_folder()
    {
        var videos = DatasetReader.Open("squares://4", "Own-Squares", new DatasetOptions { Split = "val" });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(videos.Select(video => video.Name), Is.EqualTo(new[] { "val/a", "val/b", "val/c" }));
            Assert.That(((MovingSquare)videos[0]).Root, Is.EqualTo("squares://4"));
            Assert.That(videos[1].ReadMasks(2)[1].Area, Is.EqualTo(16));
            Assert.That(videos[1].VisibleObjects(2), Is.EqualTo(new[] { 1 }));
            Assert.That(DatasetFormats.Names, Does.Contain(Format));
        }
    }

    [Test]
    public void Options_choose_videos_and_frames_without_help_of_the_format()
    {
        IReadOnlyList<IAnnotatedVideo> Open(DatasetOptions options) => DatasetReader.Open("x", Format, options);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Open(new() { MaxVideos = 2 }).Select(video => video.Name), Is.EqualTo(new[] { "a", "b" }));
            Assert.That(Open(new() { Videos = ["c", "a"] }).Select(video => video.Name), Is.EqualTo(new[] { "c", "a" }));
            Assert.That(Open(new() { ExcludedVideos = ["a"], MaxVideos = 1 }).Select(video => video.Name), Is.EqualTo(new[] { "b" }));
            Assert.That(() => Open(new() { Videos = ["d"] }), Throws.TypeOf<DatasetException>().With.Message.Contains("has no d"));
        }

        var video = Open(new() { FrameStride = 3 })[0];
        Assert.That(Enumerable.Range(0, video.FrameCount).Select(video.FrameName), Is.EqualTo(new[] { "00000", "00003", "00006" }));
    }

    [Test]
    public void A_format_that_recognizes_a_folder_is_found_without_its_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["squares.txt"], "");
        Directory.CreateDirectory(folder["JPEGImages"]);
        Directory.CreateDirectory(folder["Annotations"]);
        Assert.That(DatasetReader.Open(folder.Path)[0], Is.TypeOf<MovingSquare>());
    }

    [Test]
    public void An_unknown_name_is_refused_with_the_nearest_and_all_names()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => DatasetReader.Open("x", "own-sqares"),
                Throws.TypeOf<DatasetException>().With.Message.Contains($"Did you mean '{Format}'").And.Message.Contains("davis, sav, mose, ytvos, lvos, sa1b, coco, folders"));
            Assert.That(() => DatasetFormats.Require("davsi"), Throws.InstanceOf<Sam2Exception>().With.Message.Contains("'davis'"));
            Assert.That(() => DatasetFormats.Require("DAVIS"), Throws.Nothing);
        }
    }

    [TestCase("davis")]
    [TestCase("Auto")]
    [TestCase("procedural")]
    [TestCase("two words")]
    [TestCase("a,b")]
    public void Names_that_are_taken_or_cannot_be_typed_are_refused(string name) =>
        Assert.That(() => DatasetFormats.Register(name, (_, _) => []), Throws.ArgumentException.With.Message.Contains(name));

    [Test]
    public void Registering_again_replaces_and_a_format_without_videos_is_refused()
    {
        DatasetFormats.Register("own-again", (root, _) => [new MovingSquare("first", root)]);
        DatasetFormats.Register("Own-Again", (_, _) => []);
        Assert.That(() => DatasetReader.Open("x", "own-again"), Throws.TypeOf<DatasetException>().With.Message.Contains("no video"));
        Assert.That(DatasetFormats.Names.Count(name => name.Equals("own-again", StringComparison.OrdinalIgnoreCase)), Is.EqualTo(1));
    }

    /// <summary>Eight frames of a square of 4×4 pixels that moves to the right.</summary>
    private sealed class MovingSquare(string name, string root) : IAnnotatedVideo
    {
        private const int Size = 16;

        public string Root { get; } = root;

        public string Name { get; } = name;

        public int FrameCount => 8;

        public string FrameName(int frame) => frame.ToString("00000", CultureInfo.InvariantCulture);

        public RgbImage ReadFrame(int frame)
        {
            var (image, mask) = (new RgbImage(Size, Size), Square(frame));
            for (int i = 0; i < 3 * Size * Size; i++)
            {
                image.Pixels[i] = (byte)(255 * mask.Data[i / 3]);
            }

            return image;
        }

        public bool IsAnnotated(int frame) => true;

        public IReadOnlyDictionary<int, BinaryMask> ReadMasks(int frame) => new Dictionary<int, BinaryMask> { [1] = Square(frame) };

        private static BinaryMask Square(int frame)
        {
            var mask = new BinaryMask(Size, Size);
            for (int y = 6; y < 10; y++)
            {
                mask.Row(y).Slice(frame, 4).Fill(1);
            }

            return mask;
        }
    }
}
