using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Runs;
using Sam2.Torch.Masks;
using TestSupport;

namespace Sam2.Torch.Evaluation.Tests;

public class PredictionFolderTests
{
    [Test]
    public void Objects_that_may_overlap_get_a_folder_each_with_every_frame_also_those_before_they_appeared()
    {
        using var folder = new TemporaryFolder();
        var video = new DrawnAnnotatedVideo("clip", 3, overlap: true);
        var (first, second) = (video.ReadMasks(0)[1], video.ReadMasks(2)[2]);
        var predictions = new PredictionFolder(folder["p"], video);
        predictions.Write(0, new Dictionary<int, BinaryMask> { [1] = first });
        predictions.Write(1, new Dictionary<int, BinaryMask> { [1] = first });
        predictions.Write(2, new Dictionary<int, BinaryMask> { [1] = first, [2] = second });

        var tree = MaskTree.Open(folder["p"]).Video("clip");
        Assert.That(tree.Objects, Is.EqualTo((string[])["001", "002"]));
        Assert.That(tree.Frames("002"), Is.EqualTo((string[])["00000", "00001", "00002"]));
        Assert.That(predictions.Read(1, 2).Area, Is.Zero);
        Assert.That(predictions.Read(2, 2), Is.EqualTo(second));
        Assert.That(predictions.Read(0, 1), Is.EqualTo(first));
    }

    [Test]
    public void A_palette_picture_holds_all_objects_with_the_lower_id_on_top_and_remains_of_a_killed_run_go()
    {
        using var folder = new TemporaryFolder();
        var video = new DrawnAnnotatedVideo("clip", 2);
        Directory.CreateDirectory(folder["p/clip"]);
        File.WriteAllText(folder["p/clip/.00000.0123.tmp.png"], "half");
        var (low, high) = (new BinaryMask(150, 210), new BinaryMask(150, 210));
        low.Row(10)[..20].Fill(1);
        high.Row(10)[10..40].Fill(1);
        var predictions = new PredictionFolder(folder["p"], video);
        predictions.Write(0, new Dictionary<int, BinaryMask>());
        predictions.Write(1, new Dictionary<int, BinaryMask> { [3] = low, [7] = high });

        Assert.That(Directory.GetFiles(folder["p/clip"]).Select(Path.GetFileName).Order(), Is.EqualTo((string[])["00000.png", "00001.png"]));
        Assert.That(predictions.Read(0, 3).Area, Is.Zero);
        Assert.That(predictions.Read(1, 3), Is.EqualTo(low));
        Assert.That(predictions.Read(1, 7).Area, Is.EqualTo(20));
        predictions.Write(2, new Dictionary<int, BinaryMask> { [3] = low, [65535] = high });
        Assert.That(predictions.Read(2, 3), Is.EqualTo(low));
        Assert.That(predictions.Read(2, 65535).Area, Is.EqualTo(20));
        Assert.That(() => predictions.Write(3, new Dictionary<int, BinaryMask> { [65536] = low }), Throws.ArgumentException.With.Message.Contains("65536"));
    }

    [TestCase("../outside")]
    [TestCase("/etc/outside")]
    public void A_videos_name_cannot_lead_out_of_the_folder(string name)
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => new PredictionFolder(folder["p"], new DrawnAnnotatedVideo(name, 1)), Throws.TypeOf<DatasetException>().With.Message.Contains(name));
        Assert.That(() => RunFolder.Open(folder["run"], new Dictionary<string, string>()).Find<object>(name), Throws.TypeOf<DatasetException>());
    }
}
