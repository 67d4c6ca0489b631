using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class EverythingInVideoTests
{
    private const int Frames = 8;

    private static readonly string[] Settings =
    [
        "--model", "sam2.1_hiera_micro", "--points-per-side", "8", "--crops", "0", "--pred-iou", "0.6", "--stability", "0.6", "--track-stability", "0.6",
        "--interval", "4", "--max-objects", "6", "--min-length", "3",
    ];

    private TemporaryFolder _folder = null!;
    private DemoScene _scene = null!;
    private string _video = null!;

    [OneTimeSetUp]
    public void DrawVideo()
    {
        _folder = new TemporaryFolder();
        _video = _folder.At("clip");
        _scene = DemoClip.Write(_video, 160, 120, Frames);
    }

    [OneTimeTearDown]
    public void RemoveVideo() => _folder.Dispose();

    [Test]
    public void Masklets_are_written_as_sav_has_them_with_an_overlay()
    {
        var output = Everything("plain");
        var found = MaskletFile.Read(_folder.At("plain", "masklets.json"));
        Assert.Multiple(() =>
        {
            Assert.That(found.RowCount, Is.EqualTo(Frames));
            Assert.That(found.ObjectIds, Is.EqualTo(Enumerable.Range(1, found.ObjectIds.Count)));
            Assert.That(output, Does.Contain($"{found.ObjectIds.Count} objects on {Frames} frames"));
            var best = Enumerable.Range(0, found.ObjectIds.Count).Max(column => Enumerable.Range(0, Frames).Average(
                row => found.Mask(row, column)?.Decode().Iou(_scene.Render(row).Mask(2)) ?? 0));
            Assert.That(best, Is.GreaterThan(0.7));
            Assert.That(VideoReader.Open(_folder.At("plain", "overlay.mp4")).ReadFrames().Count(), Is.EqualTo(Frames));
            Assert.That(Directory.GetFileSystemEntries(_folder.At("plain"), ".*").Select(Path.GetFileName), Is.EqualTo(new[] { ".sam2-run" }));
        });
    }

    [TestCase("png", "masks/1/00000.png")]
    [TestCase("davis", "davis/00007.png")]
    [TestCase("coco-rle", "annotations.json")]
    [TestCase("coco", "annotations.json")]
    [TestCase("yolo", "00003.txt")]
    [TestCase("labelme", "00003.json")]
    [TestCase("sa1b", "00003.json")]
    public void Other_formats_can_be_asked_for(string format, string file)
    {
        Everything(format, "--format", format, "--interval", "0");
        Assert.That(new FileInfo(_folder.At(format, file)).Length, Is.Positive);
    }

    [Test]
    public void Objects_have_one_number_on_all_frames_in_formats_of_pictures_too()
    {
        Everything("numbers", "--interval", "0");
        Everything("numbers-coco", "--format", "coco", "--interval", "0");
        var masklets = MaskletFile.Read(_folder.At("numbers", "masklets.json"));
        var pictures = CocoReader.Read(_folder.At("numbers-coco", "annotations.json")).Images;
        Assert.That(pictures, Has.Count.EqualTo(Frames));
        for (var frame = 0; frame < Frames; frame++)
        {
            var visible = masklets.ObjectIds.Where((_, column) => masklets.Mask(frame, column) is { Area: > 0 });
            Assert.That(pictures[frame].Objects.Select(o => (int)o.Track!.Value), Is.EquivalentTo(visible), $"frame {frame}");
        }
    }

    [Test]
    public void Pictures_side_by_side_and_objects_cut_out_can_be_asked_for()
    {
        Everything("pictures", "--save", "side-by-side,cutout", "--interval", "0");
        var both = VideoReader.Open(_folder.At("pictures", "side-by-side.mp4")).ReadFrames().ToList();
        Assert.That(both, Has.Count.EqualTo(Frames));
        Assert.That(both[0].Image.Width, Is.EqualTo(160 + 2 + 160), "a gap between the two");
        Assert.That(File.Exists(_folder.At("pictures", "overlay.mp4")), Is.False);
        Assert.That(ImageFile.ReadInfo(_folder.At("pictures", "cutout", "1", "00000.png")).Width, Is.EqualTo(160));
    }

    [Test]
    public void Video_files_are_told_from_pictures_by_their_content()
    {
        var file = _folder.At("clip.mp4");
        using (var writer = new VideoWriter(file, 160, 120, new FrameRate(25, 1)))
        {
            for (var i = 0; i < 3; i++) writer.Write(_scene.Render(i).Image);
            writer.Complete();
        }

        var run = CommandLine.Run(["everything", file, "--frames", "2", "--out", _folder.At("file"), .. Settings]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(MaskletFile.Read(_folder.At("file", "masklets.json")).RowCount, Is.EqualTo(2));
    }

    [Test]
    public void An_interrupted_run_is_continued_and_ends_as_if_it_had_not_been()
    {
        Everything("whole");
        var first = CommandLine.RunUntil($"frame 2 of {Frames},", ["everything", _video, "--out", _folder.At("parts"), .. Settings]);
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Cancelled), first.Error);
        Assert.That(File.Exists(_folder.At("parts", "masklets.json")), Is.False);

        var second = CommandLine.Run(["everything", _video, "--out", _folder.At("parts"), .. Settings]);
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        Assert.That(second.Error, Does.Contain("continuing at frame"));
        Assert.That(File.ReadAllText(_folder.At("parts", "masklets.json")), Is.EqualTo(File.ReadAllText(_folder.At("whole", "masklets.json"))));
    }

    [Test]
    public void Masks_are_not_lost_when_their_format_turns_out_to_be_impossible()
    {
        // A folder where one of the files is to be.
        Directory.CreateDirectory(_folder.At("blocked", "00003.txt"));
        string[] yolo = ["everything", _video, "--format", "yolo", "--out", _folder.At("blocked"), .. Settings];
        var first = CommandLine.Run(yolo);
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(first.Error, Does.Contain("00003.txt is in the way"));
        Directory.Delete(_folder.At("blocked", "00003.txt"));
        var second = CommandLine.Run(yolo);
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        Assert.That(second.Error, Does.Contain($"continuing at frame {Frames}"));
        Assert.That(File.Exists(_folder.At("blocked", "00003.txt")));
    }

    [Test]
    public void What_an_earlier_run_left_is_replaced_as_a_whole()
    {
        Everything("again", "--interval", "0", "--save", "cutout", "--format", "png");
        Assert.That(_folder.Results("again"), Is.EqualTo(new[] { "cutout", "masks" }));
        Everything("again", "--interval", "0");
        Assert.That(_folder.Results("again"), Is.EqualTo(new[] { "masklets.json", "overlay.mp4" }));
    }

    [Test]
    public void The_format_of_videos_is_not_for_pictures()
    {
        var run = CommandLine.Run(["everything", Path.Combine(_video, "00000.png"), "--format", "sav", "--out", _folder.At("none"), "--model", "sam2.1_hiera_micro"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("is for videos"));
    }

    [TestCase("--max-objects", "0")]
    [TestCase("--interval", "-1")]
    [TestCase("--max-side", "3")]
    [TestCase("--track-stability", "2")]
    public void Impossible_options_are_usage_errors(string option, string value)
    {
        var run = CommandLine.Run("everything", _video, "--model", "m.pt", option, value);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain(option));
    }

    private string Everything(string name, params string[] options)
    {
        var run = CommandLine.Run(["everything", _video, "--out", _folder.At(name), .. Settings.Chunk(2).Where(s => !options.Contains(s[0])).SelectMany(s => s), .. options]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return run.Output;
    }
}
