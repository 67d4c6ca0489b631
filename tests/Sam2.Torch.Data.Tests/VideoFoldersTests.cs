using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Data.Tests;

/// <summary>Data sets of folders: DAVIS, SA-V val and test, MOSE, YouTube-VOS, LVOS and any other.</summary>
public class VideoFoldersTests : FolderTests
{
    [Test]
    public void The_golden_data_set_is_read_in_both_layouts([Values(null, "Annotations_per_object")] string? annotations)
    {
        var videos = DatasetReader.Open(RepositoryFiles.Golden("evaluation"), options: new DatasetOptions { Annotations = annotations });

        Assert.That(videos.Select(v => v.Name), Is.EqualTo(new[] { "first", "second", "third" }));
        foreach (var (video, expected) in videos.Zip(GoldenVideo.All))
        {
            Assert.That(video.FrameCount, Is.EqualTo(GoldenVideo.Frames));
            Assert.That(video.ObjectsOverlap, Is.EqualTo(annotations is not null));
            Assert.That(video.ReadFrame(7).Pixels, Is.EqualTo(expected.ReadFrame(7).Pixels));
            foreach (int frame in Enumerable.Range(0, video.FrameCount))
            {
                Assert.That(video.IsAnnotated(frame));
                var masks = video.ReadMasks(frame).Where(m => m.Value.Area > 0).ToDictionary(m => int.Parse(video.ObjectName(m.Key)), m => m.Value);
                Assert.That(masks.Keys, Is.SupersetOf(expected.ReadMasks(frame).Keys));
                foreach (var (id, mask) in expected.ReadMasks(frame))
                {
                    // In folders of their own, objects may overlap; the palette shows the lower on top.
                    var others = masks.Where(m => annotations is not null && m.Key < id).Select(m => m.Value).ToList();
                    var visible = new BinaryMask(mask.Height, mask.Width, [.. masks[id].Data.Select((v, i) => others.Any(o => o.Data[i] != 0) ? (byte)0 : v)]);
                    Assert.That(visible.Equals(mask), $"{video.Name}, frame {frame}, object {id}");
                }
            }
        }
    }

    [Test]
    public void Davis_2017_is_read_with_the_videos_of_its_lists()
    {
        foreach (string name in new[] { "bear", "boat", "camel" })
        {
            WriteDavis(name, 6);
        }

        WriteList("ImageSets/2017/val.txt", "camel\nbear\n\n");

        var videos = DatasetReader.Open(Folder.Path, DatasetFormats.Davis, new DatasetOptions { Split = "val" });

        Assert.That(videos.Select(v => v.Name), Is.EqualTo(new[] { "camel", "bear" }));
        Assert.That(DatasetReader.Open(Folder.Path), Has.Count.EqualTo(3));
        Assert.That(DatasetReader.Open(Folder.Path, options: new DatasetOptions { ExcludedVideos = ["boat"] }).Select(v => v.Name), Is.EqualTo(new[] { "bear", "camel" }));
        var video = videos[0];
        Assert.That(Enumerable.Range(0, 6).Select(i => DrawnVideoFiles.Number(video.ReadFrame(i))), Is.EqualTo(Enumerable.Range(0, 6)));
        Assert.That(video.ReadMasks(0).Keys, Is.EqualTo(new[] { 1 }));
        Assert.That(video.ReadMasks(5)[2].Equals(DrawnVideoFiles.Mask(5, 2)));
        Assert.That(video.FrameName(5), Is.EqualTo("00005"));
        Assert.That(() => video.ReadFrame(6), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => video.ReadMasks(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Masks_are_matched_whatever_the_case_of_their_ending_and_frames_counted_naturally()
    {
        Directory.CreateDirectory(Folder["frames/clip"]);
        foreach (int i in Enumerable.Range(0, 12))
        {
            ImageFile.Write(Folder[$"frames/clip/frame_{i}.jpg"], DrawnVideoFiles.Frame(i));
        }

        DrawnVideoFiles.WriteMasks(Folder["masks/clip"], [2, 10], "0");
        File.Move(Folder["masks/clip/2.png"], Folder["masks/clip/frame_2.PNG"]);
        File.Move(Folder["masks/clip/10.png"], Folder["masks/clip/frame_10.Png"]);

        var video = DatasetReader.Open(Folder.Path).Single();

        Assert.That(Enumerable.Range(0, 12).Select(i => DrawnVideoFiles.Number(video.ReadFrame(i))), Is.EqualTo(Enumerable.Range(0, 12)));
        Assert.That(Enumerable.Range(0, 12).Where(video.IsAnnotated), Is.EqualTo(new[] { 2, 10 }));
        Assert.That(video.ReadMasks(10)[1], Is.EqualTo(DrawnVideoFiles.Mask(10, 1)));
        ImageFile.Write(Folder["frames/clip/cover.jpg"], DrawnVideoFiles.Frame(0));
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path).Single().FrameCount, "cover.jpg", "Move");
        File.Delete(Folder["frames/clip/cover.jpg"]);
        File.Copy(Folder["masks/clip/frame_2.PNG"], Folder["masks/clip/frame_2.png"]);
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path).Single().FrameCount, "frame_2", "keep one");
    }

    [Test]
    public void Ids_of_16_bits_are_read_exactly_on_both_sides_of_255()
    {
        DrawnVideoFiles.WriteFrames(Folder["frames/clip"], 6);
        Directory.CreateDirectory(Folder["masks/clip"]);
        foreach (int i in Enumerable.Range(0, 6))
        {
            IndexedMasks.CombineLabels(new Dictionary<int, BinaryMask> { [3] = DrawnVideoFiles.Mask(i, 1), [26001] = DrawnVideoFiles.Mask(i, 2) }, DrawnVideoFiles.Height, DrawnVideoFiles.Width)
                .Write(Folder[$"masks/clip/{i:00000}.png"]);
        }

        var video = DatasetReader.Open(Folder.Path).Single();

        Assert.That(video.ReadMasks(0).Keys, Is.EqualTo(new[] { 3 }));
        Assert.That(video.ReadMasks(5).Keys, Is.EqualTo(new[] { 3, 26001 }));
        Assert.That(video.ReadMasks(5)[26001], Is.EqualTo(DrawnVideoFiles.Mask(5, 2)));
    }

    [Test]
    public void A_number_for_what_nobody_knows_is_no_object()
    {
        DrawnVideoFiles.WriteFrames(Folder["frames/clip"], 1);
        Directory.CreateDirectory(Folder["masks/clip"]);
        var (known, unknown) = (DrawnVideoFiles.Mask(0, 1), new BinaryMask(DrawnVideoFiles.Height, DrawnVideoFiles.Width));
        unknown.Data[^1] = 1;
        IndexedMasks.Combine(new Dictionary<int, BinaryMask> { [1] = known, [255] = unknown }, DrawnVideoFiles.Height, DrawnVideoFiles.Width).Write(Folder["masks/clip/00000.png"]);

        var plain = DatasetReader.Open(Folder.Path).Single();
        Assert.That(plain.ReadMasks(0).Keys, Is.EqualTo(new[] { 1, 255 }));
        Assert.That(plain.ReadVoid(0), Is.Null);
        var video = DatasetReader.Open(Folder.Path, null, new DatasetOptions { VoidNumber = 255 }).Single();
        Assert.That(video.ReadMasks(0).Keys, Is.EqualTo(new[] { 1 }));
        Assert.That(video.ReadVoid(0), Is.EqualTo(unknown));
    }

    [TestCase(1, new[] { 1, 1, 1 })]
    [TestCase(2, new[] { 255, 255, 255 })]
    public void Whether_white_is_object_1_is_decided_by_all_masks_of_a_video(int objects, int[] expected)
    {
        DrawnVideoFiles.WriteFrames(Folder["frames/clip"], 6);
        Directory.CreateDirectory(Folder["masks/clip"]);
        foreach (int i in Enumerable.Range(0, 6))
        {
            MaskFile.WritePng(Folder[$"masks/clip/{i:00000}.png"], DrawnVideoFiles.Mask(i, 1));
        }

        if (objects == 2)
        {
            new IndexedImage(DrawnVideoFiles.Width, DrawnVideoFiles.Height, [.. DrawnVideoFiles.Mask(5, 1).Data.Zip(DrawnVideoFiles.Mask(5, 2).Data, (a, b) => (byte)(a != 0 ? 255 : 9 * b))], [])
                .Write(Folder["masks/clip/00005.png"]);
        }

        var video = DatasetReader.Open(Folder.Path).Single();

        Assert.That(new[] { 0, 3, 5 }.Select(i => video.ReadMasks(i).Keys.Max()), Is.EqualTo(expected));
        Assert.That(video.ReadMasks(5), Has.Count.EqualTo(objects));
    }

    [Test]
    public void Davis_2016_lists_frames_and_has_white_masks_of_one_object()
    {
        WriteDavis("bear", 3);
        WriteDavis("camel", 3);
        foreach (int i in Enumerable.Range(0, 3))
        {
            MaskFile.WritePng(Folder[$"Annotations/480p/camel/{i:00000}.png"], DrawnVideoFiles.Mask(i, 1));
        }

        WriteList("ImageSets/480p/val.txt", string.Concat(Enumerable.Range(0, 3).Select(i => $"/JPEGImages/480p/camel/{i:00000}.jpg /Annotations/480p/camel/{i:00000}.png\n")));

        var video = DatasetReader.Open(Folder.Path, DatasetFormats.Davis, new DatasetOptions { Split = "val" }).Single();

        Assert.That(video.Name, Is.EqualTo("camel"));
        Assert.That(video.ReadMasks(2).Keys, Is.EqualTo(new[] { 1 }));
        Assert.That(video.ReadMasks(2)[1].Equals(DrawnVideoFiles.Mask(2, 1)));
    }

    [Test]
    public void Sav_val_has_frames_at_24_fps_masks_at_6_fps_and_overlapping_objects_named_by_their_folders()
    {
        WriteSav("sav_000002", 10);
        WriteSav("sav_000001", 10);
        WriteList("sav_val.txt", "sav_000002\n");

        var video = DatasetReader.Open(Folder.Path).Single();

        Assert.That(video.Name, Is.EqualTo("sav_000002"));
        Assert.That(video.FrameCount, Is.EqualTo(10));
        Assert.That(Enumerable.Range(0, 10).Where(video.IsAnnotated), Is.EqualTo(new[] { 0, 4, 8 }));
        Assert.That(video.ReadMasks(3), Is.Empty);
        Assert.That(video.ReadMasks(8).Keys, Is.EquivalentTo(new[] { 1, 2 }));
        Assert.That(video.ReadMasks(8)[2].Equals(DrawnVideoFiles.Mask(8, 2)));
        Assert.That(video.ObjectsOverlap);
        Assert.That(new[] { video.ObjectName(1), video.ObjectName(2) }, Is.EqualTo(new[] { "000", "003" }));
    }

    [Test]
    public void A_mask_that_an_object_of_sav_lacks_means_that_the_object_is_not_there()
    {
        WriteSav("sav_000001", 10);
        File.Delete(Folder["Annotations_6fps/sav_000001/003/00000.png"]);
        var video = DatasetReader.Open(Folder.Path).Single();
        Assert.That(video.ReadMasks(0).Keys, Is.EqualTo(new[] { 1 }));
        Assert.That(video.ReadMasks(4).Keys, Is.EquivalentTo(new[] { 1, 2 }));
    }

    [Test]
    public void Youtube_vos_takes_its_videos_from_meta_json_and_its_objects_appear_later()
    {
        foreach (string name in new[] { "0a", "0b" })
        {
            DrawnVideoFiles.WriteFrames(Folder[$"valid/JPEGImages/{name}"], 6, step: 5);
            DrawnVideoFiles.WriteMasks(Folder[$"valid/Annotations/{name}"], [0, DrawnVideoFiles.Late], step: 5);
        }

        WriteList("valid/meta.json", """{"videos": {"0b": {"objects": {"1": {"category": "ape", "frames": ["00000", "00005"]}, "2": {"category": "ape", "frames": ["00020"]}}}}}""");

        var video = DatasetReader.Open(Folder["valid"]).Single();

        Assert.That(DatasetReader.Open(Folder.Path, options: new DatasetOptions { Split = "valid" }).Single().Name, Is.EqualTo("0b"));
        Assert.That(video.Name, Is.EqualTo("0b"));
        Assert.That(Enumerable.Range(0, 6).Where(video.IsAnnotated).Select(video.FrameName), Is.EqualTo(new[] { "00000", "00020" }));
        Assert.That(video.ReadMasks(0).Keys, Is.EqualTo(new[] { 1 }));
        Assert.That(video.ReadMasks(4).Keys, Is.EquivalentTo(new[] { 1, 2 }));
    }

    [Test]
    public void Lvos_numbers_frames_with_eight_digits_from_1_on()
    {
        DrawnVideoFiles.WriteFrames(Folder["JPEGImages/long"], 12, "00000000");
        DrawnVideoFiles.WriteMasks(Folder["Annotations/long"], [1, 6, 11], "00000000");
        WriteList("valid_meta.json", """{"videos": {"long": {"objects": {"1": {"frame_range": {"start": "00000001", "end": "00000011"}}, "2": {"frame_range": {"start": "00000006"}}}}}}""");
        File.Delete(Folder["JPEGImages/long/00000000.jpg"]);

        var video = DatasetReader.Open(Folder.Path).Single();

        Assert.That(video.FrameName(0), Is.EqualTo("00000001"));
        Assert.That(Enumerable.Range(0, 11).Where(video.IsAnnotated), Is.EqualTo(new[] { 0, 5, 10 }));
    }

    [Test]
    public void Any_frames_and_masks_side_by_side_are_read_and_numbers_are_ordered_as_numbers()
    {
        DrawnVideoFiles.WriteFrames(Folder["frames/a"], 12, "0");
        DrawnVideoFiles.WriteMasks(Folder["masks/a"], [2, 10], "0");
        var video = DatasetReader.Open(Folder.Path).Single();
        Assert.That(Enumerable.Range(0, 12).Select(video.FrameName), Is.EqualTo(Enumerable.Range(0, 12).Select(i => $"{i}")));
        Assert.That(Enumerable.Range(0, 12).Where(video.IsAnnotated), Is.EqualTo(new[] { 2, 10 }));
    }

    [Test]
    public void Each_kind_of_damage_is_named_with_its_file_and_what_to_do()
    {
        WriteDavis("bear", 6);
        string Mask(int i) => Folder[$"Annotations/480p/bear/{i:00000}.png"];
        byte[] good = File.ReadAllBytes(Mask(3));

        File.Delete(Mask(3));
        Refused(DatasetFormats.Davis, 0, Mask(3), "missing", "unpack");
        Assert.That(DatasetReader.Open(Folder.Path, DatasetFormats.Folders)[0].IsAnnotated(3), Is.False);

        File.WriteAllBytes(Mask(3), []);
        Refused(DatasetFormats.Davis, 3, Mask(3), "can't be read");

        File.WriteAllBytes(Mask(3), good[..(good.Length / 2)]);
        Refused(DatasetFormats.Davis, 3, Mask(3), "can't be read");

        new IndexedImage(10, 9, new byte[90], []).Write(Mask(3));
        Refused(DatasetFormats.Davis, 3, Mask(3), "10×9", "40×24", Folder["JPEGImages/480p/bear/00003.jpg"]);

        ImageFile.Write(Mask(3), DrawnVideoFiles.Frame(3));
        Refused(DatasetFormats.Davis, 3, Mask(3), "indexed PNG");

        File.WriteAllBytes(Mask(3), good);
        File.Copy(Mask(3), Mask(9));
        Refused(DatasetFormats.Davis, 0, Mask(9), "belongs to no frame", "delete");
        File.Delete(Mask(9));

        new IndexedImage(DrawnVideoFiles.Width, DrawnVideoFiles.Height, new byte[DrawnVideoFiles.Width * DrawnVideoFiles.Height], []).Write(Mask(0));
        Refused(DatasetFormats.Mose, 0, Mask(0), "no object");

        File.WriteAllText(Folder["JPEGImages/480p/bear/00004.jpg"], "no picture");
        Assert.That(() => DatasetReader.Open(Folder.Path)[0].ReadFrame(4), Throws.TypeOf<MediaException>().With.Message.Contains("00004.jpg"));
    }

    [Test]
    public void Missing_folders_and_lists_are_named()
    {
        Refusals.AreNamed(() => DatasetReader.Open(Folder["none"]), Folder["none"]);
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path), Folder.Path, "JPEGImages", "format");
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, DatasetFormats.Davis), Folder.Path, "JPEGImages");
        WriteDavis("bear", 3);
        Refusals.AreNamed(() => Open(new DatasetOptions { Split = "val" }), "val", "ImageSets");
        WriteList("ImageSets/2017/val.txt", "\n \n");
        Refusals.AreNamed(() => Open(new DatasetOptions { Split = "val" }), "val.txt", "no video");
        Refusals.AreNamed(() => Open(new DatasetOptions { Videos = ["bear", "wolf"] }), "wolf", "list");
        Refusals.AreNamed(() => Open(new DatasetOptions { ExcludedVideos = ["bear"] }), "excluded");
        Refusals.AreNamed(() => Open(new DatasetOptions { Frames = "pictures" }), "pictures", "frames");
        Directory.CreateDirectory(Folder["Annotations/480p/wolf"]);
        Refusals.AreNamed(() => Open(new DatasetOptions()), Folder["JPEGImages/480p/wolf"]);
        Directory.CreateDirectory(Folder["JPEGImages/480p/wolf"]);
        Refusals.AreNamed(() => Open(new DatasetOptions()).Last().FrameCount, Folder["JPEGImages/480p/wolf"], "no picture");
        DrawnVideoFiles.WriteFrames(Folder["JPEGImages/480p/wolf"], 2);
        Refusals.AreNamed(() => Open(new DatasetOptions()).Last().FrameCount, Folder["Annotations/480p/wolf"]);
        Directory.CreateDirectory(Folder["Annotations/480p/wolf/000"]);
        Refusals.AreNamed(() => Open(new DatasetOptions()).Last().FrameCount, Folder["Annotations/480p/wolf/000"], "no PNG");
    }

    [Test]
    public void A_meta_file_that_contradicts_the_masks_or_is_damaged_is_named()
    {
        DrawnVideoFiles.WriteFrames(Folder["JPEGImages/a"], 3);
        DrawnVideoFiles.WriteMasks(Folder["Annotations/a"], [0]);
        WriteList("meta.json", """{"videos": {"a": {"objects": {"2": {"frames": ["00002"]}}}}}""");
        Refused(null, 0, Folder["Annotations/a/00002.png"], "object 2", "meta.json");
        foreach (var (content, cause) in new[] { ("{", "JSON"), ("{}", "no video"), ("""{"videos": {"a": 3}}""", "videos.a"), ("""{"videos": {"a": {"objects": {"1": {"frames": [3]}}}}}""", "not a text") })
        {
            WriteList("meta.json", content);
            Refused(null, 0, "meta.json", cause);
        }
    }

    private void Refused(string? format, int frame, params string[] parts) =>
        Refusals.AreNamed(() => DatasetReader.Open(Folder.Path, format)[0].ReadMasks(frame), parts);

    private IReadOnlyList<IAnnotatedVideo> Open(DatasetOptions options) => DatasetReader.Open(Folder.Path, DatasetFormats.Davis, options);

    private void WriteDavis(string name, int frames)
    {
        DrawnVideoFiles.WriteFrames(Folder[$"JPEGImages/480p/{name}"], frames);
        DrawnVideoFiles.WriteMasks(Folder[$"Annotations/480p/{name}"], Enumerable.Range(0, frames));
    }

    private void WriteSav(string name, int frames)
    {
        DrawnVideoFiles.WriteFrames(Folder[$"JPEGImages_24fps/{name}"], frames);
        DrawnVideoFiles.WriteObjectMasks(Folder[$"Annotations_6fps/{name}"], Enumerable.Range(0, frames).Where(i => i % 4 == 0), ["000", "003"]);
    }

    private void WriteList(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder[name])!);
        File.WriteAllText(Folder[name], content);
    }
}
