using NUnit.Framework;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Torch.Tests.Media;

public class PictureFolderTests : FolderTests
{
    [Test]
    public void Frames_are_in_natural_order()
    {
        Assert.That(Frames("frame_1.jpg", "frame_12.jpg", "frame_10.jpg", "frame_2.JPG"), Is.EqualTo(new[] { "frame_1.jpg", "frame_2.JPG", "frame_10.jpg", "frame_12.jpg" }));
        Assert.That(Frames("10.jpg", "9.png", "0008.jpg"), Is.EqualTo(new[] { "0008.jpg", "9.png", "10.jpg" }));
        Assert.That(Frames("b.png", "a.png"), Is.EqualTo(new[] { "a.png", "b.png" }));
        Assert.That(Frames("99999999999999999999998.png", "100000000000000000000000.png"), Is.EqualTo(new[] { "99999999999999999999998.png", "100000000000000000000000.png" }));
    }

    [TestCase("a2b10", "a2b9", 1)]
    [TestCase("a02", "a2", -1)]
    [TestCase("a2", "a2b", -1)]
    [TestCase("a2", "b1", -1)]
    [TestCase("2", "2", 0)]
    public void Names_are_compared_by_the_numbers_in_them(string a, string b, int expected)
    {
        Assert.That(Math.Sign(NaturalOrder.Comparer.Compare(a, b)), Is.EqualTo(expected));
        Assert.That(Math.Sign(NaturalOrder.Comparer.Compare(b, a)), Is.EqualTo(-expected));
    }

    [Test]
    public void A_stranger_among_numbered_frames_is_named([Values("cover.jpg", "frame_2_old.jpg")] string stray) =>
        Refused(["frame_1.jpg", "frame_2.jpg", "frame_3.jpg", stray], stray, "frame_1.jpg", "Move what is no frame out");

    [TestCase("00001.jpg", "00001.png")]
    [TestCase("00001.jpg", "1.jpg")]
    public void Two_pictures_of_one_frame_are_named(string one, string other) => Refused(["00000.jpg", one, other], one, other, "Keep one of them");

    private void Refused(string[] names, params string[] parts)
    {
        Write(names);
        var error = Assert.Throws<MediaException>(() => VideoReader.Open(Folder["v"]))!.Message;
        foreach (string part in parts) Assert.That(error, Does.Contain(part));
    }

    private string[] Frames(params string[] names)
    {
        Write(names);
        return [.. PictureFolder.Frames(Folder["v"]).Select(f => Path.GetFileName(f))];
    }

    private void Write(string[] names)
    {
        if (Directory.Exists(Folder["v"])) Directory.Delete(Folder["v"], recursive: true);
        Directory.CreateDirectory(Folder["v"]);
        foreach (string name in names) File.WriteAllBytes(Folder["v/" + name], []);
    }
}
