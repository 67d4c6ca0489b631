using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests;

/// <summary>SA-V train: videos beside masklets as run lengths.</summary>
public class MaskletDatasetTests : FolderTests
{
    [Test]
    public void A_video_is_annotated_on_every_fourth_frame_and_its_frames_are_read_in_any_order()
    {
        WriteVideo("part1/sav_000001", 40);

        var video = DatasetReader.Open(Folder.Path).Single();

        Assert.That(video.Name, Is.EqualTo("sav_000001"));
        Assert.That(video.FrameCount, Is.EqualTo(40));
        Assert.That(Enumerable.Range(0, 40).Where(video.IsAnnotated), Is.EqualTo(Enumerable.Range(0, 10).Select(i => 4 * i)));
        foreach (int frame in new[] { 0, 1, 39, 20, 17, 16, 15, 14 })
        {
            Assert.That(Clips.Number(video.ReadFrame(frame)), Is.EqualTo(frame));
        }

        Assert.That(video.ReadMasks(8).Keys, Is.EquivalentTo(new[] { 1, 2 }));
        Assert.That(video.ReadMasks(8)[2].Equals(Mask(8, 2)));
        Assert.That(video.ReadMasks(8, [2]).Keys, Is.EqualTo(new[] { 2 }));
        Assert.That(video.VisibleObjects(0), Is.EqualTo(new[] { 1 }));
        Assert.That(video.VisibleObjects(8), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(video.ReadMasks(9), Is.Empty);
        Assert.That(new[] { video.ObjectName(1), video.ObjectName(2) }, Is.EqualTo(new[] { "000", "001" }));
        Assert.That(video.FrameName(8), Is.EqualTo("00008"));
    }

    [Test]
    public void Frames_that_were_handed_out_belong_to_the_caller()
    {
        WriteVideo("sav_000001", 8);
        var video = DatasetReader.Open(Folder.Path).Single();
        video.ReadFrame(3).Pixels.AsSpan().Clear();
        Assert.That(Clips.Number(video.ReadFrame(3)), Is.EqualTo(3));
    }

    [Test]
    public void Extracted_frames_are_read_and_numbered_by_their_names()
    {
        WriteVideo("json/sav_000001", 40, video: false);
        foreach (int i in Enumerable.Range(0, 10))
        {
            Directory.CreateDirectory(Folder["frames/sav_000001"]);
            ImageFile.Write(Folder[$"frames/sav_000001/{4 * i:00000}.jpg"], Clips.Frame(4 * i));
        }

        var video = DatasetReader.Open(Folder.Path, options: new DatasetOptions { Frames = "frames" }).Single();

        Assert.That(video.FrameCount, Is.EqualTo(10));
        Assert.That(Enumerable.Range(0, 10).All(video.IsAnnotated));
        Assert.That(video.FrameName(3), Is.EqualTo("00012"));
        Assert.That(Clips.Number(video.ReadFrame(3)), Is.EqualTo(12));
        Assert.That(video.ReadMasks(3)[2].Equals(Mask(12, 2)));
    }

    [Test]
    public void Training_reads_annotated_frames_only_with_a_stride_and_a_limit_if_asked()
    {
        WriteVideo("sav_000001", 40);
        int[] Numbers(DatasetOptions options)
        {
            var video = DatasetReader.Open(Folder.Path, DatasetFormats.Sav, options).Single();
            Assert.That(Clips.Number(video.ReadFrame(video.FrameCount - 1)), Is.EqualTo(int.Parse(video.FrameName(video.FrameCount - 1))));
            return [.. Enumerable.Range(0, video.FrameCount).Select(i => int.Parse(video.FrameName(i)))];
        }

        Assert.That(Numbers(new DatasetOptions { AnnotatedFramesOnly = true }), Is.EqualTo(Enumerable.Range(0, 10).Select(i => 4 * i)));
        Assert.That(Numbers(new DatasetOptions { FrameStride = 6, MaxFrames = 20 }), Is.EqualTo(new[] { 0, 6, 12, 18 }));
        Assert.That(Numbers(new DatasetOptions { FrameStride = 6, AnnotatedFramesOnly = true }), Is.EqualTo(new[] { 0, 12, 24, 36 }));
        Assert.That(() => Numbers(new DatasetOptions { FrameStride = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Manual_and_automatic_masklets_are_kept_apart_or_joined()
    {
        WriteVideo("sav_000001", 12);
        WriteMasklets(Folder["sav_000001_auto.json"], 12, ids: [7]);

        int Objects(MaskletKind kind) => DatasetReader.Open(Folder.Path, options: new DatasetOptions { Masklets = kind }).Single().ReadMasks(0).Count;

        Assert.That((Objects(MaskletKind.Manual), Objects(MaskletKind.Auto), Objects(MaskletKind.All)), Is.EqualTo((2, 1, 3)));
        var all = DatasetReader.Open(Folder.Path, options: new DatasetOptions { Masklets = MaskletKind.All }).Single();
        Assert.That(Enumerable.Range(1, 3).Select(all.ObjectName), Is.EqualTo(new[] { "000", "001", "007" }));
    }

    [Test]
    public void A_frame_on_which_nothing_is_known_of_an_object_is_not_annotated()
    {
        WriteVideo("sav_000001", 12);
        File.WriteAllText(Folder["sav_000001_manual.json"], WithoutFirstMask(File.ReadAllText(Folder["sav_000001_manual.json"])));
        var video = DatasetReader.Open(Folder.Path).Single();
        Assert.That(Enumerable.Range(0, 12).Where(video.IsAnnotated), Is.EqualTo(new[] { 4, 8 }));
        Assert.That(video.ReadMasks(0), Is.Empty);
    }

    [Test]
    public void Each_kind_of_damage_is_named_with_its_file()
    {
        WriteVideo("sav_000001", 12);
        string json = Folder["sav_000001_manual.json"], good = File.ReadAllText(json);

        File.WriteAllText(json, good[..(good.Length / 2)]);
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path)[0].ReadMasks(0), json, "JSON");
        File.WriteAllText(json, good.Replace("\"counts\":\"", "\"counts\":\"~", StringComparison.Ordinal));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path)[0].ReadMasks(0), json, "masklet[0][0]");
        File.WriteAllText(json, good.Replace("\"masklet\"", "\"other\"", StringComparison.Ordinal));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path)[0].ReadMasks(0), json, "masklet");
        File.WriteAllText(json, good.Replace("\"video_frame_count\":12.0", "\"video_frame_count\":16.0", StringComparison.Ordinal));
        Assert.That(() => DatasetReader.Open(Folder.Path)[0].ReadFrame(14), Throws.TypeOf<MediaException>().With.Message.Contains("sav_000001.mp4").And.Message.Contains("16"));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, DatasetFormats.Sav, new DatasetOptions { Masklets = MaskletKind.Auto }), "_auto.json");
        File.Delete(Folder["sav_000001.mp4"]);
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path)[0].FrameCount, json, "sav_000001.mp4");
    }

    [Test]
    public void Masks_and_frames_of_different_sizes_are_named()
    {
        WriteVideo("sav_000001", 12);
        Clips.Write(Folder["sav_000001.mp4"], 12, 32, 32);
        Assert.That(() => DatasetReader.Open(Folder.Path)[0].ReadFrame(0), Throws.TypeOf<MediaException>()
            .With.Message.Contains("sav_000001.mp4").And.Message.Contains("32×32").And.Message.Contains("64×48"));
    }

    private static BinaryMask Mask(int frame, int id)
    {
        var mask = new BinaryMask(Clips.Height, Clips.Width);
        for (int i = 0; i < 5 && (id == 1 || frame >= 4); i++)
        {
            mask[(10 * id) + i, frame + i] = true;
        }

        return mask;
    }

    private static void WriteMasklets(string path, int frames, IReadOnlyList<int> ids)
    {
        string Rle(BinaryMask mask) => $$"""{"size":[{{mask.Height}},{{mask.Width}}],"counts":"{{CocoRle.Encode(mask).ToCompressedString().Replace("\\", "\\\\", StringComparison.Ordinal)}}"}""";
        var rows = Enumerable.Range(0, (frames + 3) / 4).Select(r => "[" + string.Join(",", ids.Select((_, o) => Rle(Mask(4 * r, o + 1)))) + "]");
        File.WriteAllText(path, $$"""{"video_id":"v","video_frame_count":{{frames}}.0,"video_height":48.0,"video_width":64.0,"masklet":[{{string.Join(",", rows)}}],"masklet_id":[{{string.Join(",", ids)}}]}""");
    }

    private static string WithoutFirstMask(string json)
    {
        int start = json.IndexOf("[[{", StringComparison.Ordinal) + 2;
        int end = json.IndexOf('}', start) + 1;
        return json[..start] + "null" + json[end..];
    }

    private void WriteVideo(string name, int frames, bool video = true)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder[name])!);
        WriteMasklets(Folder[name + "_manual.json"], frames, [0, 1]);
        if (video)
        {
            Clips.Write(Folder[name + ".mp4"], frames);
        }
    }
}
