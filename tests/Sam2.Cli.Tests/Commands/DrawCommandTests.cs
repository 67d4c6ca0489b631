using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

public class DrawCommandTests : FolderTests
{
    [Test]
    public void Draws_the_demo_scene_into_a_folder_that_it_creates()
    {
        var file = Folder.At("new", "scene.png");
        Assert.That(CommandLine.Run("draw", file, "--width", "210", "--height", "150").ExitCode, Is.Zero);
        Assert.That(ImageFile.Read(file).Pixels, Is.EqualTo(DemoScene.Create(210, 150).Render().Image.Pixels));
    }

    [Test]
    public void Equal_seeds_draw_equal_pictures_and_others_do_not()
    {
        var pixels = new[] { "1", "1", "2" }.Select((seed, i) =>
        {
            var file = Folder.At($"{i}.png");
            Assert.That(CommandLine.Run("draw", file, "--width", "64", "--height", "48", "--seed", seed).ExitCode, Is.Zero);
            return ImageFile.Read(file).Pixels;
        }).ToArray();
        Assert.That(pixels[1], Is.EqualTo(pixels[0]));
        Assert.That(pixels[2], Is.Not.EqualTo(pixels[0]));
    }

    [Test]
    public void Draws_a_video_of_the_scene()
    {
        var file = Folder.At("clip.mp4");
        Assert.That(CommandLine.Run("draw", file, "--width", "64", "--height", "48", "--frames", "5").ExitCode, Is.Zero);
        Assert.That(VideoReader.Open(file).ReadFrames().Count(), Is.EqualTo(5));
    }

    [Test]
    public void Draws_a_small_data_set_of_cells_and_replaces_only_its_own()
    {
        string[] args = ["draw", Folder["cells"], "--cells", "3", "--width", "64", "--height", "48", "--seed", "2"];
        Assert.That(CommandLine.Run(args).ExitCode, Is.Zero);
        var pictures = DatasetReader.Open(Folder["cells"]);
        Assert.That(pictures.Select(picture => picture.Name), Is.EqualTo(new[] { "0001", "0002", "0003" }));
        foreach (var (i, picture) in pictures.Index())
        {
            var (image, masks) = CellPictures.Draw((ulong)(20_000 + i), 64, 48);
            Assert.That(picture.ReadFrame(0).Pixels, Is.EqualTo(image.Pixels));
            Assert.That(picture.ReadMasks(0).Keys, Is.EquivalentTo(masks.Keys));
            foreach (var (id, mask) in picture.ReadMasks(0)) Assert.That(mask.Equals(masks[id]));
        }

        Assert.That(CommandLine.Run(args).ExitCode, Is.Zero);
        File.WriteAllText(Folder.At("cells", "images", "mine.txt"), "");
        var refused = CommandLine.Run(args);
        Assert.That((refused.ExitCode, refused.Error.Contains("is in the way", StringComparison.Ordinal)), Is.EqualTo((ExitCode.Failed, true)));
        Assert.That(CommandLine.Run([.. args, "--frames", "2"]).ExitCode, Is.EqualTo(ExitCode.Usage));
    }

    [TestCase("--cells", "0")]
    [TestCase("--frames", "0")]
    [TestCase("--width", "0")]
    [TestCase("--height", "1000000")]
    [TestCase("--width", "wide")]
    public void An_impossible_size_or_length_is_a_usage_error(string option, string value)
    {
        var run = CommandLine.Run("draw", Folder.At("scene.png"), option, value);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain(option));
    }
}
