using System.Buffers.Binary;
using System.Diagnostics;
using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

public class VideoReaderTests : FolderTests
{
    [TestCase("v.mp4")]
    [TestCase("v.mkv")]
    public void Every_frame_comes_once_and_in_order(string name)
    {
        Clips.Write(Folder[name], 30);
        var reader = VideoReader.Open(Folder[name]);
        var frames = reader.ReadFrames().ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((reader.Info.Width, reader.Info.Height), Is.EqualTo((Clips.Width, Clips.Height)));
            Assert.That(reader.Info.FrameRate?.PerSecond, Is.EqualTo(25));
            Assert.That(reader.ExpectedFrameCount, Is.EqualTo(30));
            Assert.That(frames.Select(f => f.Index), Is.EqualTo(Enumerable.Range(0, 30)));
            Assert.That(frames.Select(f => Clips.Number(f.Image)), Is.EqualTo(Enumerable.Range(0, 30)));
            Assert.That(reader.ReadFrames().Count(), Is.EqualTo(30), "an enumeration starts anew");
        }
    }

    [TestCase(0, 1, 4)]
    [TestCase(7, 1, null)]
    [TestCase(3, 5, null)]
    [TestCase(11, 4, 3)]
    [TestCase(29, 1, null)]
    [TestCase(40, 1, null)]
    public void Start_stride_and_count_are_exact_for_files_and_folders(int start, int stride, int? count)
    {
        Clips.Write(Folder["v.mp4"], 30);
        Directory.CreateDirectory(Folder["frames"]);
        for (int i = 0; i < 30; i++)
        {
            ImageFile.Write(Path.Combine(Folder["frames"], $"{i}.png"), Clips.Frame(i));
        }

        var expected = Enumerable.Range(0, 30).Where(i => i >= start && (i - start) % stride == 0).Take(count ?? 30).ToArray();
        foreach (string source in new[] { Folder["v.mp4"], Folder["frames"] })
        {
            var reader = VideoReader.Open(source, new VideoReadOptions { Start = start, Stride = stride, Count = count });
            var frames = reader.ReadFrames().ToList();
            Assert.That(frames.Select(f => f.Index), Is.EqualTo(expected), source);
            Assert.That(frames.Select(f => Clips.Number(f.Image)), Is.EqualTo(expected), source);
            Assert.That(reader.ExpectedFrameCount, Is.EqualTo(expected.Length), source);
        }
    }

    [Test]
    public async Task Frames_can_be_awaited()
    {
        Clips.Write(Folder["v.mp4"], 12);
        var numbers = new List<int>();
        await foreach (var frame in VideoReader.Open(Folder["v.mp4"]).ReadFramesAsync())
        {
            numbers.Add(Clips.Number(frame.Image));
        }

        Assert.That(numbers, Is.EqualTo(Enumerable.Range(0, 12)));
    }

    [Test]
    public void A_variable_frame_rate_neither_repeats_nor_drops_frames()
    {
        Clips.Write(Folder["v.mkv"], 20);
        Clips.RunFfmpeg("-i", Folder["v.mkv"], "-vf", "setpts=N*N/25/TB", "-c:v", "libx264", "-qp", "5", Folder["vfr.mkv"]);
        var reader = VideoReader.Open(Folder["vfr.mkv"]);
        var numbers = reader.ReadFrames().Select(f => Clips.Number(f.Image)).ToList();
        Assert.That(reader.Info.Duration, Is.GreaterThan(TimeSpan.FromSeconds(14)), "the file is stretched unevenly");
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(0, 20)));
    }

    [Test]
    public void The_longer_side_is_limited()
    {
        Clips.Write(Folder["v.mp4"], 3, 160, 90);
        Directory.CreateDirectory(Folder["frames"]);
        ImageFile.Write(Path.Combine(Folder["frames"], "a.png"), TestPictures.Smooth(160, 90));
        foreach (string source in new[] { Folder["v.mp4"], Folder["frames"] })
        {
            var reader = VideoReader.Open(source, new VideoReadOptions { MaxSide = 80 });
            var image = reader.ReadFrames().First().Image;
            Assert.That((image.Width, image.Height), Is.EqualTo((80, 45)));
            Assert.That((reader.Width, reader.Height), Is.EqualTo((80, 45)));
        }

        var small = VideoReader.Open(Folder["frames"], new VideoReadOptions { MaxSide = 80 }).ReadFrames().Single().Image;
        Assert.That(TestPictures.MeanDifference(small, TestPictures.Smooth(80, 45)), Is.LessThan(2));
        Assert.That(VideoReader.Open(Folder["v.mp4"], new VideoReadOptions { MaxSide = 500 }).Width, Is.EqualTo(160));
    }

    [Test]
    public void Rotation_metadata_turns_the_frames()
    {
        using (var writer = new VideoWriter(Folder["r.mp4"], 64, 32, new FrameRate(25, 1)))
        {
            var left = new RgbImage(64, 32);
            for (int y = 0; y < 32; y++)
            {
                left.Row(y)[..(32 * 3)].Fill(255);
            }

            writer.Write(left);
            writer.Complete();
        }

        TurnClockwise(Folder["r.mp4"]);
        var reader = VideoReader.Open(Folder["r.mp4"]);
        var image = reader.ReadFrames().Single().Image;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((reader.Info.Width, reader.Info.Height), Is.EqualTo((32, 64)));
            Assert.That((image.Width, image.Height), Is.EqualTo((32, 64)));
            Assert.That(image[16, 8].G, Is.GreaterThan(200), "the left is on top now");
            Assert.That(image[16, 56].G, Is.LessThan(50));
        }
    }

    [Test]
    public void Folders_are_in_natural_order()
    {
        string[] numbers = ["10.png", "2.png", "001.png", ".hidden.png", "note.txt"];
        string[] names = ["b.png", "a10.png", "a2.png", "10.png"];
        WriteFrames("numbers", numbers);
        WriteFrames("names", names);
        int[] ByNumber() => [.. VideoReader.Open(Folder["numbers"]).ReadFrames().Select(f => Clips.Number(f.Image))];
        int[] ByName() => [.. VideoReader.Open(Folder["names"]).ReadFrames().Select(f => Clips.Number(f.Image))];
        Assert.That(ByNumber(), Is.EqualTo(new[] { 2, 1, 0 }));
        Assert.That(ByName(), Is.EqualTo(new[] { 3, 2, 1, 0 }));
    }

    [Test]
    public void A_picture_is_a_video_of_one_frame()
    {
        ImageFile.Write(Folder["p.jpg"], Clips.Frame(7));
        var reader = VideoReader.Open(Folder["p.jpg"]);
        Assert.That(reader.ReadFrames().Select(f => (f.Index, Clips.Number(f.Image))), Is.EqualTo(new[] { (0, 7) }));
        Assert.That(reader.Info.FrameRate, Is.Null);
    }

    [TestCase("cut.mp4")]
    [TestCase("cut.mkv")]
    public void A_cut_off_file_gives_its_frames_and_then_a_clear_error(string name)
    {
        Clips.WriteNoise(Folder[name], 40);
        byte[] whole = File.ReadAllBytes(Folder[name]);
        File.WriteAllBytes(Folder[name], whole[..(whole.Length * 6 / 10)]);
        int frames = 0;
        MediaException? error = null;
        try
        {
            foreach (var frame in VideoReader.Open(Folder[name]).ReadFrames())
            {
                frames++;
            }
        }
        catch (MediaException e)
        {
            error = e;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(frames, Is.InRange(10, 35));
            Assert.That(error?.Message, Does.Contain(name).And.Contain("ends early").And.Contain("copy it again"));
        }
    }

    [Test]
    public void What_is_no_video_is_a_clear_error()
    {
        File.WriteAllText(Folder["text.mp4"], "this is not a video, whatever its name says");
        File.WriteAllBytes(Folder["empty.mp4"], []);
        File.WriteAllBytes(
            Folder["sound.wav"],
            [.. "RIFF"u8, 0x64, 4, 0, 0, .. "WAVEfmt "u8, 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0, .. "data"u8, 0x40, 4, 0, 0, .. new byte[1088]]);
        Directory.CreateDirectory(Folder["none"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => VideoReader.Open(Folder["text.mp4"]), Throws.TypeOf<MediaException>().With.Message.Contains("not a video"));
            Assert.That(() => VideoReader.Open(Folder["empty.mp4"]), Throws.TypeOf<MediaException>());
            Assert.That(() => VideoReader.Open(Folder["sound.wav"]), Throws.TypeOf<MediaException>().With.Message.Contains("no video stream"));
            Assert.That(() => VideoReader.Open(Folder["none"]), Throws.TypeOf<MediaException>().With.Message.Contains("no pictures"));
            Assert.That(() => VideoReader.Open(Folder["missing.mp4"]), Throws.TypeOf<MediaException>().With.Message.Contains("does not exist"));
        }
    }

    [Test]
    public void Frames_of_different_size_or_damaged_ones_are_named()
    {
        Directory.CreateDirectory(Folder["f"]);
        ImageFile.Write(Folder["f/0.png"], Clips.Frame(0));
        ImageFile.Write(Folder["f/1.png"], Clips.Frame(1));
        ImageFile.Write(Folder["f/2.png"], Clips.Frame(2, 30, 30));
        Assert.That(
            () => VideoReader.Open(Folder["f"]).ReadFrames().ToList(),
            Throws.TypeOf<MediaException>().With.Message.Contains("2.png").And.Message.Contains("30×30"));
        File.WriteAllBytes(Folder["f/1.png"], File.ReadAllBytes(Folder["f/1.png"])[..60]);
        Assert.That(
            () => VideoReader.Open(Folder["f"]).ReadFrames().ToList(),
            Throws.TypeOf<MediaException>().With.Message.Contains("1.png").And.Message.Contains("cut off"));
    }

    [Test]
    public void Frames_above_the_limit_are_refused_before_they_are_decoded()
    {
        Clips.Write(Folder["v.mp4"], 2);
        var options = new VideoReadOptions { Limits = new MediaLimits { MaxPixels = (Clips.Width * Clips.Height) - 1 } };
        Assert.That(() => VideoReader.Open(Folder["v.mp4"], options), Throws.TypeOf<MediaException>().With.Message.Contains("limit of 0.003071 megapixels"));
    }

    // Those that the system allows: Windows has no files with colons, quotes and bars in their names.
    private static IEnumerable<string> HostileNames => new[]
    {
        "-i.mp4", "http:x.mp4", "concat:a|b.mp4", "a%03d.mp4", "quote \" and ' $(touch x) `y`.mp4", "日本 ü.mp4", "back\\slash\\\" -y.mp4",
    }.Where(name => name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0);

    [TestCaseSource(nameof(HostileNames))]
    public void A_hostile_name_is_still_a_file(string name)
    {
        Clips.Write(Folder[name], 4);
        Assert.That(VideoReader.Open(Folder[name]).ReadFrames().Count(), Is.EqualTo(4));
        Assert.That(Folder.Files, Is.EqualTo(new[] { name }));
    }

    [Test]
    public void A_playlist_cannot_reach_the_network()
    {
        File.WriteAllText(Folder["p.m3u8"], "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n");
        Assert.That(() => VideoReader.Open(Folder["p.m3u8"]).ReadFrames().ToList(), Throws.TypeOf<MediaException>());
    }

    [Test]
    public void Leaving_early_and_cancelling_end_the_decoder()
    {
        Clips.WriteNoise(Folder["long.mp4"], 150);
        foreach (var frame in VideoReader.Open(Folder["long.mp4"]).ReadFrames())
        {
            break;
        }

        AssertNoFfmpegIsLeft();
        using var cancel = new CancellationTokenSource();
        int seen = 0;
        Assert.That(
            () =>
            {
                foreach (var frame in VideoReader.Open(Folder["long.mp4"]).ReadFrames(cancel.Token))
                {
                    if (++seen == 3)
                    {
                        cancel.Cancel();
                    }
                }
            },
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(seen, Is.LessThan(150));
        AssertNoFfmpegIsLeft();
    }

    [Test]
    [Platform("Linux")]
    public void A_silent_decoder_is_stopped()
    {
        using (var mkfifo = Process.Start("mkfifo", Folder["pipe.mp4"]))
        {
            mkfifo.WaitForExit();
        }

        var info = new VideoInfo(8, 8, null, 0, null, null);
        var options = new VideoReadOptions { Limits = new MediaLimits { Timeout = TimeSpan.FromSeconds(1) } };
        using var frames = new VideoFileSource(Folder["pipe.mp4"], info).Open(options, 8, 8, CancellationToken.None);
        var watch = Stopwatch.StartNew();
        Assert.That(frames.Next, Throws.TypeOf<MediaException>().With.Message.Contains("silent"));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        frames.Dispose();
        AssertNoFfmpegIsLeft();
    }

    [Test]
    public void Without_ffmpeg_the_error_says_how_to_install_it()
    {
        Clips.Write(Folder["v.mp4"], 2);
        string? path = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", "");
            Assert.That(
                () => VideoReader.Open(Folder["v.mp4"]),
                Throws.TypeOf<MediaException>().With.Message.Contains("apt-get install ffmpeg").And.Message.Contains("v.mp4"));
            Assert.That(
                () => Clips.Write(Folder["w.mp4"], 2),
                Throws.TypeOf<MediaException>().With.Message.Contains("apt-get install ffmpeg"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Test]
    public void Options_out_of_range_are_refused()
    {
        ImageFile.Write(Folder["p.png"], Clips.Frame(1));
        foreach (var options in new VideoReadOptions[] { new() { Start = -1 }, new() { Stride = 0 }, new() { Count = 0 }, new() { MaxSide = 0 } })
        {
            Assert.That(() => VideoReader.Open(Folder["p.png"], options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    private void WriteFrames(string folder, string[] names)
    {
        Directory.CreateDirectory(Folder[folder]);
        for (int i = 0; i < names.Length; i++)
        {
            string path = Path.Combine(Folder[folder], names[i]);
            if (names[i].EndsWith(".png", StringComparison.Ordinal))
            {
                ImageFile.Write(path, Clips.Frame(i));
            }
            else
            {
                File.WriteAllText(path, "");
            }
        }
    }

    /// <summary>Writes the matrix of a quarter turn into the track header of an MP4 (ISO/IEC 14496-12, 8.3.2).</summary>
    private static void TurnClockwise(string path)
    {
        byte[] mp4 = File.ReadAllBytes(path);
        int matrix = mp4.AsSpan().IndexOf("tkhd"u8) + 4 + 40;
        int[] values = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(mp4.AsSpan(matrix + (4 * i)), values[i]);
        }

        File.WriteAllBytes(path, mp4);
    }

    private void AssertNoFfmpegIsLeft()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        bool Ours(string process)
        {
            try
            {
                string command = File.ReadAllText(Path.Combine(process, "cmdline"));
                return command.Contains("ffmpeg", StringComparison.Ordinal) && command.Contains(Folder.Path, StringComparison.Ordinal);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        Assert.That(Directory.GetDirectories("/proc").Where(d => char.IsDigit(Path.GetFileName(d)[0])).Where(Ours), Is.Empty);
    }
}
