using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class TrackCommandTests
{
    private const string Model = "sam2.1_hiera_micro";
    private const int Frames = 6;

    private TemporaryFolder _folder = null!;
    private DemoScene _scene = null!;
    private string _video = null!;

    [OneTimeSetUp]
    public void DrawVideo()
    {
        _folder = new TemporaryFolder();
        _video = _folder.At("clip");
        _scene = DemoClip.Write(_video, 210, 150, Frames);
    }

    [OneTimeTearDown]
    public void RemoveVideo() => _folder.Dispose();

    [Test]
    public void Boxes_and_masks_are_followed_and_everything_asked_for_is_written()
    {
        MaskFile.WritePng(_folder.At("ball.png"), _scene.Render(1).Mask(3));
        var output = Track("all", "--prompt", $"obj=2 box={Box(2)}", "--prompt", $"frame=1 obj=3 mask={_folder.At("ball.png")}", "--save", "overlay,masks,davis,json");

        Assert.That(output, Does.Contain($"object 2: visible on {Frames} of {Frames} frames"));
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("all", "masklets.json")));
        var masklets = json.RootElement.GetProperty("masklet");
        Assert.That(masklets.GetArrayLength(), Is.EqualTo(Frames));
        Assert.That(json.RootElement.GetProperty("masklet_id").EnumerateArray().Select(i => i.GetInt32()), Is.EqualTo((int[])[2, 3]));
        for (var i = 0; i < Frames; i++)
        {
            var mask = MaskFile.Read(_folder.At("all", "masks", "2", $"{i:00000}.png"));
            Assert.That(mask.Iou(_scene.Render(i).Mask(2)), Is.GreaterThan(0.7), $"frame {i}");
            var masklet = masklets[i][0];
            Assert.That(CocoRle.FromCompressedString(150, 210, masklet.GetProperty("counts").GetString()!).Decode(), Is.EqualTo(mask));
            Assert.That(masklet.GetProperty("size").EnumerateArray().Select(n => n.GetInt32()), Is.EqualTo((int[])[150, 210]));
            Assert.That(masklet.GetProperty("area").GetInt64(), Is.EqualTo(mask.Area));
            var box = mask.BoundingBox;
            Assert.That(masklet.GetProperty("bbox").EnumerateArray().Select(n => n.GetDouble()), Is.EqualTo((double[])[box.X, box.Y, box.Width, box.Height]));
            Assert.That(masklet.GetProperty("object_score").GetDouble(), Is.GreaterThan(0));
            var davis = IndexedImage.Read(_folder.At("all", "davis", $"{i:00000}.png"));
            Assert.That(davis.Indices.Select(index => index == 2), Is.EqualTo(mask.Data.Select(pixel => pixel == 1)));
        }

        using var overlay = VideoReader.Open(_folder.At("all", "overlay.mp4")).ReadFrames().GetEnumerator();
        var count = 0;
        while (overlay.MoveNext()) count++;
        Assert.That(count, Is.EqualTo(Frames));
    }

    [Test]
    public void A_range_can_be_tracked_backwards_and_only_what_is_asked_for_is_written()
    {
        Track("back", "--prompt", "frame=4 obj=1 point=50%,50%", "--start", "4", "--frames", "3", "--reverse", "--save", "masks");
        Assert.That(
            Directory.GetFiles(_folder.At("back", "masks", "1")).Select(Path.GetFileName).Order(), Is.EqualTo((string[])["00002.png", "00003.png", "00004.png"]));
        Assert.That(File.Exists(_folder.At("back", "masklets.json")), Is.False);
        Assert.That(File.Exists(_folder.At("back", "overlay.mp4")), Is.False);
    }

    [Test]
    public void Backwards_from_the_first_frame_that_frame_is_written()
    {
        var output = Track("first", "--prompt", $"obj=2 box={Box(2)}", "--reverse", "--save", "masks");
        Assert.That(output, Does.Contain("object 2: visible on 1 of 1 frames"));
        Assert.That(Directory.GetFiles(_folder.At("first", "masks", "2")).Select(Path.GetFileName), Is.EqualTo((string[])["00000.png"]));
        Assert.That(MaskFile.Read(_folder.At("first", "masks", "2", "00000.png")).Iou(_scene.Render(0).Mask(2)), Is.GreaterThan(0.7));
    }

    [Test]
    public void Pictures_side_by_side_and_cut_out_are_written_where_they_are_asked_for()
    {
        Track("pictures", "--prompt", $"obj=2 box={Box(2)}", "--frames", "2", "--save", "side-by-side,cutout", "--labels", "--overlay-style", "outline");
        Assert.That(_folder.Results("pictures"), Is.EqualTo(new[] { "cutout", "side-by-side.mp4" }));
        var video = VideoReader.Open(_folder.At("pictures", "side-by-side.mp4"));
        Assert.That((video.Info.Width, video.Info.Height), Is.EqualTo((422, 150)));
        foreach (var name in new[] { "00000.png", "00001.png" })
        {
            var cutout = ImageFile.ReadInfo(_folder.At("pictures", "cutout", "2", name));
            Assert.That((cutout.Width, cutout.Height), Is.EqualTo((210, 150)));
        }
    }

    [Test]
    public void A_video_too_long_to_be_counted_first_is_tracked_to_its_end()
    {
        var clip = _folder.At("long.mp4");
        using (var writer = new VideoWriter(clip, 210, 150, new FrameRate(25, 1)))
        {
            for (var i = 0; i < 70; i++) writer.Write(_scene.Render(0).Image);
            writer.Complete();
        }

        var run = CommandLine.Run(
            "track", clip, "--model", Model, "--prompt", $"frame=66 obj=2 box={Box(2)}", "--save", "masks", "--out", _folder.At("end"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Directory.GetFiles(_folder.At("end", "masks", "2")), Has.Length.EqualTo(4));
    }

    [Test]
    public void A_folder_where_a_mask_should_go_is_named_and_nothing_takes_its_place()
    {
        Directory.CreateDirectory(_folder.At("full", "masks", "2", "00002.png"));
        var run = Run("full", "--prompt", $"obj=2 box={Box(2)}", "--save", "masks,json");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("00002.png"));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(Directory.Exists(_folder.At("full", "masks", "2", "00002.png")));
        Assert.That(File.Exists(_folder.At("full", "masklets.json")), Is.False);
    }

    [Test]
    public void An_object_without_a_place_in_the_palette_is_refused()
    {
        var run = Run("none", "--prompt", "obj=0 point=50%,50%", "--save", "davis");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("object 0 can't be saved as davis"));
    }

    [Test]
    public void Prompts_can_come_from_a_file_and_stay_in_the_videos_pixels_when_it_is_scaled_down()
    {
        var box = Box(2);
        File.WriteAllText(_folder.At("prompts.json"), $$"""[{"obj": 2, "box": [{{box}}]}, "obj=5 point=10%,10%"]""");
        Track("small", "--prompts", _folder.At("prompts.json"), "--max-side", "105", "--save", "masks");
        var mask = MaskFile.Read(_folder.At("small", "masks", "2", "00000.png"));
        Assert.That((mask.Width, mask.Height), Is.EqualTo((105, 75)));
        Assert.That(mask.Iou(DemoScene.Create(105, 75).Render().Mask(2)), Is.GreaterThan(0.7));
        Assert.That(Directory.Exists(_folder.At("small", "masks", "5")));
    }

    [Test]
    public void A_mask_of_other_proportions_is_refused_and_one_of_the_videos_is_scaled()
    {
        MaskFile.WritePng(_folder.At("wide.png"), new BinaryMask(10, 20));
        var run = Run("wide", "--prompt", $"mask={_folder.At("wide.png")}");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("20 by 10").And.Contain("210 by 150").And.Contain("proportions"));
        Assert.That(Directory.Exists(_folder.At("wide")), Is.False);

        MaskFile.WritePng(_folder.At("half.png"), DemoScene.Create(105, 75).Render().Mask(2));
        Track("half", "--prompt", $"mask={_folder.At("half.png")}", "--frames", "1", "--save", "masks");
        Assert.That(MaskFile.Read(_folder.At("half", "masks", "1", "00000.png")).Iou(_scene.Render(0).Mask(2)), Is.GreaterThan(0.8));
    }

    [TestCase("frame=x point=1,2", "'x'")]
    [TestCase("frame=0 obj=1", "says nothing")]
    [TestCase("point=1,2 mask=a.png", "one of the two")]
    [TestCase("pint=1,2", "'pint=1,2'")]
    [TestCase("point=1", "point '1' has 1 number")]
    [TestCase("box=1,2,30,40 box=5,6,70,80", "box= twice")]
    [TestCase("frame=0 frame=3 point=1,2", "frame= twice")]
    [TestCase("obj=1 point=1,2 obj=1", "obj= twice")]
    [TestCase("frame=-1 point=1,2", "frame '-1'")]
    public void A_prompt_that_is_none_is_refused_as_wrong_usage(string prompt, string word)
    {
        var run = Run("none", "--prompt", prompt);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain(word));
    }

    [Test]
    public void Missing_prompts_and_unknown_results_are_wrong_usage()
    {
        Assert.That(Run("none").ExitCode, Is.EqualTo(ExitCode.Usage));
        var run = Run("none", "--prompt", "point=1,2", "--save", "gif");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("davis"));
    }

    [TestCase("""{"obj": 1}""", "prompts is not a list")]
    [TestCase("""[7]""", "prompts[0] is neither a text such as")]
    [TestCase("""["point=1,2", "obj=2"]""", "prompts[1] 'obj=2' says nothing")]
    [TestCase("""["obj=2 box=1,2,3"]""", "prompts[0] 'obj=2 box=1,2,3': box '1,2,3' has 3 numbers")]
    [TestCase("""[{"frame": "0", "points": [[1, 2]]}]""", "prompts[0].frame is not a number: \"0\"")]
    [TestCase("""[{"frame": -1, "points": [[1, 2]]}]""", "prompts[0].frame is -1")]
    [TestCase("""[{"obj": 1.5, "points": [[1, 2]]}]""", "prompts[0].obj is not a whole number: 1.5")]
    [TestCase("""[{"obj": 1, "obj": 2, "points": [[1, 2]]}]""", "prompts[0] gives \"obj\" twice")]
    [TestCase("""[{"box": [1, 2, 30, 40], "box": [1, 2, 3, 4]}]""", "prompts[0] gives \"box\" twice")]
    [TestCase("""[{"points": [1, 2]}]""", "prompts[0].points[0] is not a list")]
    [TestCase("""[{"points": [[1, 2], [1, 2, 3]]}]""", "prompts[0].points[1] '1,2,3': the label '3'")]
    [TestCase("""[{"points": [[1, {}]]}]""", "prompts[0].points[0][1] is not a finite number")]
    [TestCase("""[{"box": [30, 2, 1, 40]}]""", "prompts[0].box '30,2,1,40' is empty")]
    [TestCase("""[{"mask": 5}]""", "prompts[0].mask is not a text: 5")]
    [TestCase("""[{"mask": ""}]""", "prompts[0].mask is empty")]
    [TestCase("""[{"mask": null}]""", "prompts[0] says nothing")]
    [TestCase("""[{"pints": [[1, 2]]}]""", "'pints', which is none of")]
    public void A_file_of_prompts_is_refused_by_entry_and_member(string json, string words)
    {
        File.WriteAllText(_folder.At("wrong.json"), json);
        var run = Run("none", "--prompts", _folder.At("wrong.json"));
        Assert.That(run.Error, Does.StartWith($"sam2 track: --prompts {_folder.At("wrong.json")}: ").And.Contain(words));
        Assert.That(run.ErrorLines, Is.EqualTo(1), run.Error);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void A_file_that_is_no_JSON_fails_and_says_where()
    {
        File.WriteAllText(_folder.At("wrong.json"), "[{]");
        Assert.That(Run("none", "--prompts", _folder.At("wrong.json")).Error, Does.Contain("is not valid JSON (line 1, byte 3)"));
        Assert.That(Run("none", "--prompts", _folder.At("missing.json")).Error, Does.Contain("missing.json does not exist"));
        Assert.That(Run("none", "--prompts", _video).Error, Does.Contain("is a folder"));
    }

    [Test]
    public void Errors_of_the_video_have_no_words_of_the_framework()
    {
        foreach (var (options, words) in new[]
        {
            ((string[])["--prompt", "frame=6 obj=3 point=1,2"], "sam2 track: the prompt of object 3 on frame 6: The video has 6 frames, 0 to 5\n"),
            (["--prompt", "obj=3 point=500,2"], "sam2 track: the prompt of object 3 on frame 0: point 500,2,1 lies outside the image, which is 210 pixels wide and 150 high\n"),
            (["--prompt", "point=1,2", "--start", "6"], "sam2 track: --start 6: the video has frames 0 to 5\n"),
        })
        {
            var run = Run("none", options);
            Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
            Assert.That(run.Error, Is.EqualTo(words));
        }
    }

    [TestCase("frame=99 point=1,2", "0 to 5")]
    [TestCase("point=500,2", "210")]
    [TestCase("mask=missing.png", "missing.png")]
    public void A_prompt_that_does_not_fit_the_video_fails_with_a_reason_and_writes_nothing(string prompt, string word)
    {
        var run = Run("none", "--prompt", prompt);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain(word));
        Assert.That(run.ErrorLines, Is.EqualTo(1));
        Assert.That(Directory.Exists(_folder.At("none")), Is.False);
    }

    [TestCase("obj=1 box=10,10,50,50", "box and its points in one prompt")]
    [TestCase("obj=1 mask=ball.png", "mask first")]
    public void A_prompt_that_would_replace_another_one_is_refused(string second, string word)
    {
        var run = Run("none", "--prompt", "obj=1 point=50%,50%", "--prompt", second);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("object 1 on frame 0").And.Contain(word));
    }

    [Test]
    public void A_damaged_frame_ends_tracking_with_an_error_after_the_frames_before_it()
    {
        var damaged = _folder.At("damaged");
        Directory.CreateDirectory(damaged);
        for (var i = 0; i < Frames; i++) File.Copy(Path.Combine(_video, $"{i:00000}.png"), Path.Combine(damaged, $"{i:00000}.png"));
        var third = Path.Combine(damaged, "00003.png");
        File.WriteAllBytes(third, File.ReadAllBytes(third)[..100]);

        var results = _folder.At("before");
        var run = CommandLine.Run("track", damaged, "--model", Model, "--prompt", $"obj=2 box={Box(2)}", "--out", results);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("3.png").And.Contain("cut off"));
        Assert.That(Directory.GetFiles(Path.Combine(results, "masks", "2")), Has.Length.EqualTo(3));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(results, "masklets.json")));
        Assert.That(json.RootElement.GetProperty("masklet").GetArrayLength(), Is.EqualTo(3));
        Assert.That(VideoReader.Open(Path.Combine(results, "overlay.mp4")).ReadFrames().Count(), Is.EqualTo(3));
    }

    [Test]
    public void What_an_earlier_run_left_is_replaced_as_a_whole()
    {
        Track("twice", "--prompt", "obj=1 point=50%,50%", "--prompt", "obj=2 point=10%,10%", "--save", "masks,davis");
        Track("twice", "--prompt", "obj=1 point=50%,50%", "--frames", "2", "--save", "masks");
        Assert.That(_folder.Results("twice"), Is.EqualTo(new[] { "masks" }));
        Assert.That(_folder.Results("twice", "masks"), Is.EqualTo(new[] { "1" }));
        Assert.That(_folder.Results("twice", "masks", "1"), Is.EqualTo(new[] { "00000.png", "00001.png" }));
    }

    [Test]
    public void Frames_tracked_before_Ctrl_C_do_not_replace_a_whole_run()
    {
        Track("kept", "--prompt", "obj=1 point=50%,50%", "--save", "masks");
        var run = CommandLine.RunUntil(
            "frame 2 of 6", "track", _video, "--model", Model, "--prompt", "obj=2 point=50%,50%", "--save", "masks", "--out", _folder.At("kept"));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Cancelled), run.Error);
        Assert.That(run.Error, Does.Contain("keeps the results of an earlier run").And.Contain("unfinished"));
        Assert.That(_folder.Results("kept", "masks", "1"), Has.Length.EqualTo(Frames));
        Assert.That(_folder.Results("kept", "unfinished", "masks", "2"), Has.Length.InRange(2, Frames - 1));
        Track("kept", "--prompt", "obj=1 point=50%,50%", "--frames", "1", "--save", "masks");
        Assert.That(_folder.Results("kept"), Is.EqualTo(new[] { "masks" }));
    }

    [Test]
    public void Masks_of_a_folder_of_frames_are_named_as_the_frames()
    {
        Directory.CreateDirectory(_folder.At("named"));
        for (var i = 0; i < 3; i++) File.Copy(Path.Combine(_video, $"{i:00000}.png"), _folder.At("named", $"shot_{i + 8}.png"));
        var run = CommandLine.Run(
            "track", _folder.At("named"), "--model", Model, "--prompt", "obj=1 point=50%,50%", "--save", "masks,davis,cutout", "--out", _folder.At("names"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        foreach (var kind in new[] { "masks/1", "davis", "cutout/1" })
        {
            Assert.That(_folder.Results("names", kind), Is.EquivalentTo(new[] { "shot_8.png", "shot_9.png", "shot_10.png" }), kind);
        }
    }

    [Test]
    public void Cancelling_finishes_the_files_that_were_begun()
    {
        var out1 = _folder.At("cut");
        var run = CommandLine.RunUntil("frame 1 of 6", "track", _video, "--model", Model, "--prompt", "point=50%,50%", "--out", out1);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Cancelled), run.Error);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(out1, "masklets.json")));
        Assert.That(json.RootElement.GetProperty("masklet").GetArrayLength(), Is.InRange(1, Frames - 1));
        Assert.That(VideoReader.Open(Path.Combine(out1, "overlay.mp4")).ReadFrames().Count(), Is.InRange(1, Frames - 1));
    }

    private CommandLine Run(string directory, params string[] arguments) =>
        CommandLine.Run(["track", _video, "--model", Model, "--out", _folder.At(directory), .. arguments]);

    private string Track(string directory, params string[] arguments)
    {
        var run = Run(directory, arguments);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return run.Output;
    }

    private string Box(byte id)
    {
        var box = _scene.Render().Mask(id).BoundingBox;
        return $"{box.X},{box.Y},{box.X + box.Width},{box.Y + box.Height}";
    }
}
