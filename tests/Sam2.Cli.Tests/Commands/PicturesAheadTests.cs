using NUnit.Framework;
using Sam2.Cli.Commands;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class PicturesAheadTests : FolderTests
{
    private static readonly string[] Names = ["1.png", "2.png", "3.png", "4.png"];

    [Test]
    public void Pictures_come_in_order_and_errors_with_the_picture_that_they_concern()
    {
        for (var i = 0; i < Names.Length; i++) ImageFile.Write(Folder[Names[i]], new RgbImage(i + 1, 2));
        File.WriteAllText(Folder[Names[2]], "no picture");
        using var ahead = new PicturesAhead(Names, name => ImageFile.Read(Folder[name]));
        Assert.That(ahead.Read(0).Width, Is.EqualTo(1));
        Assert.That(ahead.Read(1).Width, Is.EqualTo(2), "although the next one is damaged");
        Assert.That(() => ahead.Read(2), Throws.TypeOf<MediaException>().With.Message.Contains("3.png"));
        Assert.That(ahead.Read(3).Width, Is.EqualTo(4));
    }

    [Test]
    public void A_picture_that_is_left_out_is_not_mistaken_for_the_next()
    {
        for (var i = 0; i < Names.Length; i++) ImageFile.Write(Folder[Names[i]], new RgbImage(i + 1, 2));
        using var ahead = new PicturesAhead(Names, name => ImageFile.Read(Folder[name]));
        Assert.That(ahead.Read(0).Width, Is.EqualTo(1));
        Assert.That(ahead.Read(3).Width, Is.EqualTo(4));
    }
}
