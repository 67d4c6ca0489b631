using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

/// <summary>Files that vanish, shrink or grow while they are read.</summary>
public class ChangingFileTests : FolderTests
{
    [Test]
    public void A_frame_that_vanishes_is_named_after_those_before_it()
    {
        for (var i = 0; i < 6; i++) ImageFile.Write(Folder[$"{i}.png"], Clips.Frame(i));
        var seen = new List<int>();
        var error = Assert.Throws<MediaException>(() =>
        {
            foreach (var frame in VideoReader.Open(Folder.Path).ReadFrames())
            {
                seen.Add(frame.Index);
                if (frame.Index == 1) File.Delete(Folder["4.png"]);
            }
        });
        Assert.That(seen, Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(error!.Message, Does.Contain("4.png").And.Contain("does not exist"));
    }

    [Test]
    public void A_video_that_vanishes_is_named()
    {
        Clips.Write(Folder["v.mp4"], 4);
        var reader = VideoReader.Open(Folder["v.mp4"]);
        File.Delete(Folder["v.mp4"]);
        Assert.That(() => reader.ReadFrames().Count(), Throws.TypeOf<MediaException>().With.Message.Contains("v.mp4"));
        Directory.CreateDirectory(Folder["v.mp4"]);
        Assert.That(() => reader.ReadFrames().Count(), Throws.TypeOf<MediaException>().With.Message.Contains("v.mp4"));
    }

    [Test]
    public void A_video_that_grows_is_read_as_far_as_it_has_grown()
    {
        Clips.WriteNoise(Folder["whole.mkv"], 40);
        var whole = File.ReadAllBytes(Folder["whole.mkv"]);
        File.WriteAllBytes(Folder["v.mkv"], whole[..(whole.Length / 2)]);
        var reader = VideoReader.Open(Folder["v.mkv"]);
        File.WriteAllBytes(Folder["v.mkv"], whole);
        Assert.That(reader.ReadFrames().Count(), Is.EqualTo(40));
    }

    [Test]
    public void A_picture_that_is_being_written_is_cut_off_at_every_length_or_complete()
    {
        ImageFile.Write(Folder["whole.png"], TestPictures.Noise(40, 30, 1));
        var whole = File.ReadAllBytes(Folder["whole.png"]);
        for (var length = 0; length < whole.Length; length += 97)
        {
            File.WriteAllBytes(Folder["p.png"], whole[..length]);
            Assert.That(() => ImageFile.Read(Folder["p.png"]), Throws.TypeOf<MediaException>().With.Message.Contains("p.png"), $"{length} bytes");
        }

        File.WriteAllBytes(Folder["p.png"], [.. whole, .. new byte[100]]);
        Assert.That(ImageFile.Read(Folder["p.png"]).Pixels, Is.EqualTo(ImageFile.Read(Folder["whole.png"]).Pixels));
    }

    [Test]
    public void A_checkpoint_that_shrinks_or_grows_while_it_is_open()
    {
        var file = File.ReadAllBytes(RepositoryFiles.Golden("checkpoint_zip.pt"));
        File.WriteAllBytes(Folder["m.pt"], file);
        using (var checkpoint = Checkpoint.Open(Folder["m.pt"]))
        {
            Resize(Folder["m.pt"], 300);
            Assert.That(checkpoint.Verify, Throws.TypeOf<CheckpointException>().With.Message.Contains("m.pt").And.Message.Contains("while it was read"));
        }

        File.WriteAllBytes(Folder["m.pt"], file);
        using (var checkpoint = Checkpoint.Open(Folder["m.pt"]))
        {
            Resize(Folder["m.pt"], 2 * file.Length);
            Assert.That(checkpoint.Verify, Throws.Nothing, "what it found at the beginning is still there");
        }
    }

    private static void Resize(string path, long length)
    {
        using var handle = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        handle.SetLength(length);
    }
}
