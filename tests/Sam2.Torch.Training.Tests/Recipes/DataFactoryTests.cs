using NUnit.Framework;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Torch.Training.Tests.Recipes;

public sealed class DataFactoryTests : FolderTests
{
    [Test]
    public void A_recipe_trains_on_folders_of_videos_and_pictures_with_the_originals_augmentations()
    {
        WriteVideos("a", "b", "c");
        Directory.CreateDirectory(Folder["pictures/images"]);
        Directory.CreateDirectory(Folder["pictures/masks"]);
        File.Copy(Folder["videos/JPEGImages/a/00000.jpg"], Folder["pictures/images/x.jpg"]);
        File.Copy(Folder["videos/Annotations/a/00000.png"], Folder["pictures/masks/x.png"]);
        File.WriteAllText(Folder["list.txt"], "a\nc\n");
        File.WriteAllText(Folder["not.txt"], "c\n");
        var recipe = Read($$$"""
            data:
              train:
                - datasets:
                    - {kind: mose, root: {{{Folder["videos"]}}}, video_list: {{{Folder["list.txt"]}}}, excluded_video_list: {{{Folder["not.txt"]}}}, repeat: 2, options: {frame_stride: 2}}
                    - {kind: procedural, count: 2, options: {width: 40, height: 30}}
                  frames: 3
                  augmentations:
                    - {kind: horizontal_flip}
                    - {kind: affine, degrees: 25, shear: 20}
                    - {kind: resize, sizes: [32], square: true}
                    - {kind: color_jitter, brightness: 0.1, contrast: 0.03, saturation: 0.03}
                    - {kind: grayscale, p: 0.05}
                    - {kind: color_jitter, consistent_transform: false, brightness: 0.1, contrast: 0.05, saturation: 0.05, hue: null}
                    - {kind: mosaic, prob: 0.15}
                - {dataset: {kind: auto, root: {{{Folder["pictures"]}}}}, frames: 1}
            """);

        using var source = DataFactory.Training(recipe, 32);
        var names = new HashSet<string>();
        for (int i = 0; i < 12; i++)
        {
            using var batch = source.Next(default);
            Assert.That(batch.Images.shape, Is.EqualTo(new long[] { batch.FrameCount, 1, 3, 32, 32 }));
            names.UnionWith(batch.Names.Select(n => n.Split('@')[0]));
        }

        Assert.That(names, Is.SubsetOf(new[] { "a", "x", "000000", "000001" }).And.Contains("a").And.Contains("x"));
        File.WriteAllText(Folder["again.yaml"], RecipeYaml.Format(recipe));
        Assert.That(RecipeYaml.Format(RecipeYaml.Read(Folder["again.yaml"])), Is.EqualTo(RecipeYaml.Format(recipe)));
    }

    [TestCase("Annotations/b/00002.png", "")]
    [TestCase("Annotations/b/00002.png", "no picture")]
    [TestCase("JPEGImages/b/00002.jpg", "")]
    [TestCase("JPEGImages/b/00002.jpg", "no picture")]
    public void A_damaged_video_is_reported_and_the_others_are_trained_on(string file, string content)
    {
        WriteVideos("a", "b");
        File.WriteAllText(Folder[$"videos/{file}"], content);
        var reports = new RecordedProgress();
        using var source = DataFactory.Training(Read($$$"""{data: {ahead: 0, train: [{dataset: {kind: folders, root: {{{Folder["videos"]}}}}, frames: 5}]}}"""), 32, reports);
        for (int i = 0; i < 6; i++)
        {
            using var batch = source.Next(default);
            Assert.That(batch.Names.Single(), Does.StartWith("a@"));
        }

        Assert.That(reports.Messages.Single(), Does.Contain(Folder[$"videos/{file}"]));
    }

    private Recipe Read(string yaml)
    {
        File.WriteAllText(Folder["recipe.yaml"], yaml);
        return RecipeYaml.Read(Folder["recipe.yaml"]);
    }

    private void WriteVideos(params string[] names)
    {
        foreach (string name in names)
        {
            DrawnVideoFiles.WriteFrames(Folder[$"videos/JPEGImages/{name}"], 5);
            DrawnVideoFiles.WriteMasks(Folder[$"videos/Annotations/{name}"], Enumerable.Range(0, 5));
        }
    }
}
