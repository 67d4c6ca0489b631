using NUnit.Framework;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Data.Tests.Annotation;

public class MaskletTests
{
    [Test]
    public void A_file_of_the_data_set_is_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["sav_1_manual.json"], """
            {"video_id": "sav_1", "video_duration": 1.5, "video_frame_count": 8.0, "video_height": 10.0, "video_width": 20.0, "video_environment": ["Indoor"],
             "masklet_id": [0, 3], "masklet_size_rel": [0.1, 0.2], "masklet_num": 2,
             "masklet": [[{"size": [10, 20], "counts": "06R6"}, null], [{"size": [10, 20], "counts": "X6"}, {"size": [10, 20], "counts": [0, 7, 193]}]]}
            """);
        var file = MaskletFile.Read(folder["sav_1_manual.json"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((file.VideoId, file.Width, file.Height, file.RowCount), Is.EqualTo(("sav_1", 20, 10, 2)));
            Assert.That(file.ObjectIds, Is.EqualTo(new[] { 0, 3 }));
            Assert.That(file.Frames, Is.Null);
            Assert.That(file.Mask(0, 0)!.ToCounts(), Is.EqualTo(new uint[] { 0, 6, 194 }));
            Assert.That(file.Mask(0, 1), Is.Null);
            Assert.That(file.Mask(1, 0)!.Area, Is.Zero);
            Assert.That(file.Mask(1, 1)!.Area, Is.EqualTo(7));
        }
    }

    [TestCase("[[{\"size\": [2, 3], \"counts\": \"06\"}]]", null)]
    [TestCase("{\"masks\": [[{\"size\": [2, 3], \"counts\": \"06\"}]], \"fps\": [6]}", 6.0)]
    [TestCase("{\"fps\": 12, \"masklet\": [[{\"size\": [2, 3], \"counts\": \"06\"}]]}", 12.0)]
    public void The_other_layouts_that_the_original_takes_are_read(string content, double? rate)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.json"], content);
        var file = MaskletFile.Read(folder["a.json"]);
        Assert.That(file.ObjectIds, Is.EqualTo(new[] { 0 }));
        Assert.That(file.Mask(0, 0)!.Area, Is.EqualTo(6));
        Assert.That(file.RowsPerSecond, Is.EqualTo(rate));
    }

    [Test]
    public void Objects_that_turn_up_later_have_no_mask_before_and_rows_are_of_one_length()
    {
        using var folder = new TemporaryFolder();
        var masks = RandomMasks.Many(seed: 3, count: 4, largest: 2).Select(_ => CocoRle.Encode(RandomMasks.Create(new Random(_.Height), 30, 20))).ToArray();
        using (var writer = new MaskletWriter(folder["m.json"], "clip", 20, 30, [5]))
        {
            writer.Write(10, [new(5, masks[0], 1.5f)]);
            writer.Write(11, []);
            writer.Write(12, [new(9, masks[1]), new(2, masks[2], -3), new(5, null)]);
            Assert.That(File.Exists(folder["m.json"]), Is.False);
            writer.Complete();
        }

        Assert.That(folder.Files, Is.EqualTo(new[] { "m.json" }));
        var file = MaskletFile.Read(folder["m.json"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((file.VideoId, file.Width, file.Height), Is.EqualTo(("clip", 20, 30)));
            Assert.That(file.ObjectIds, Is.EqualTo(new[] { 5, 9, 2 }));
            Assert.That(file.Frames, Is.EqualTo(new[] { 10, 11, 12 }));
            Assert.That(
                Enumerable.Range(0, 9).Select(i => file.Mask(i / 3, i % 3)),
                Is.EqualTo(new[] { masks[0], null, null, null, null, null, null, masks[1], masks[2] }));
        }

        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(folder["m.json"]));
        Assert.That(json.RootElement.GetProperty("masklet").EnumerateArray().Select(row => row.GetArrayLength()), Is.All.EqualTo(3));
    }

    [Test]
    public void Masks_round_trip() => MaskGenerators.Check(MaskGenerators.Small, 40, RoundTrips);

    [Test]
    public void Large_masks_round_trip_too() => MaskGenerators.Check(MaskGenerators.Large, 2, RoundTrips);

    private static void RoundTrips(BinaryMask mask)
    {
        using var folder = new TemporaryFolder();
        using (var writer = new MaskletWriter(folder["m.json"], "v", mask.Width, mask.Height))
        {
            writer.Write(0, [new(1, CocoRle.Encode(mask))]);
            writer.Complete();
        }

        Assert.That(MaskletFile.Read(folder["m.json"]).Mask(0, 0)!.Decode(), Is.EqualTo(mask));
    }

    [Test]
    public void What_is_given_up_leaves_nothing_and_wrong_masks_are_refused()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new MaskletWriter(folder["m.json"], "v", 4, 4))
        {
            var mask = CocoRle.Encode(new BinaryMask(4, 4));
            Assert.That(() => writer.Write(0, [new(1, mask), new(1, mask)]), Throws.ArgumentException.With.Message.Contains("twice"));
            Assert.That(() => writer.Write(0, [new(1, CocoRle.Encode(new BinaryMask(4, 5)))]), Throws.ArgumentException.With.Message.Contains("5×4"));
            writer.Write(0, [new(1, mask)]);
        }

        Assert.That(folder.Files, Is.Empty);
    }

    [TestCase("{}", "has no \"masklet\"")]
    [TestCase("{\"masklet\": [7]}", "masklet[0] is not a list")]
    [TestCase("{\"masklet\": [[null]]}", "has neither a mask nor \"video_height\"")]
    [TestCase("{\"masklet\": [[{\"size\": [2, 3], \"counts\": \"06\"}], [{\"size\": [3, 2], \"counts\": \"06\"}]]}", "masklet[1][0] is 2×3 pixels, others are 3×2")]
    [TestCase("{\"masklet\": [[{\"size\": [20000, 30000], \"counts\": \"06\"}]]}", "limit of 200 megapixels")]
    [TestCase("{\"masklet\": [[{\"size\": [2, 3], \"counts\": \"06\"}]], \"masklet_id\": []}", "names 0 objects in \"masklet_id\" but has masks of 1")]
    [TestCase("{\"masklet\": [[{\"size\": [2, 3], \"counts\": \"06\"}]], \"masklet_frame\": [1, 2]}", "numbers 2 frames")]
    [TestCase("{\"masklet\": [[{\"size\": [2, 3], \"counts\": \"0\"}]]}", "masklet[0][0] is damaged")]
    [TestCase("{\"masklet\": [[{\"size\": [2, 3], \"counts\": \"06\"}]], \"fps\": 0}", "fps is 0")]
    public void Damaged_files_are_refused(string content, string cause) => Damage.IsRefused(content, p => MaskletFile.Read(p).Mask(0, 0), cause);

    [Test]
    public void Damaged_files_never_crash_the_reader()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new MaskletWriter(folder["m.json"], "v", 60, 40))
        {
            writer.Write(0, [.. AnnotatedImages.Sample().Masks().Select((mask, i) => new MaskletMask(i, mask))]);
            writer.Complete();
        }

        Damage.NeverCrashes(folder["m.json"], path =>
        {
            var file = MaskletFile.Read(path);
            for (int i = 0; i < file.RowCount * file.ObjectIds.Count; i++)
            {
                file.Mask(i / file.ObjectIds.Count, i % file.ObjectIds.Count);
            }
        });
    }
}
