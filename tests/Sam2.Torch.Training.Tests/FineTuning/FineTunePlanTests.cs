using NUnit.Framework;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Training.FineTuning;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Torch.Training.Tests.FineTuning;

/// <summary>Which pictures are used for what, and what their number decides.</summary>
public sealed class FineTunePlanTests : FolderTests
{
    private static readonly FineTuneOptions Options = new() { Model = RepositoryFiles.Golden("sam2.1_hiera_nano.pt") };

    [Test]
    public void Pictures_are_parted_by_share_and_seed_alone()
    {
        DrawCells(10);
        var data = FineTuneData.Survey(Folder["data"]);
        var (train, validation) = data.Split(0.2, 1);
        Assert.That((train.Count, validation.Count), Is.EqualTo((8, 2)));
        Assert.That(train.Concat(validation), Is.EquivalentTo(data.Pictures.Select(picture => picture.Name)));
        Assert.That(FineTuneData.Survey(Folder["data"]).Split(0.2, 1), Is.EqualTo((train, validation)));
        Assert.That(Enumerable.Range(2, 5).Select(seed => string.Join(',', data.Split(0.2, (ulong)seed).Validation)).Append(string.Join(',', validation)).Distinct().Count(), Is.GreaterThan(1));
        Assert.That((data.Split(0.01, 1).Validation.Count, data.Split(0.99, 1).Train.Count), Is.EqualTo((1, 1)), "neither is ever empty");
        Assert.That(() => data.Split(1, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(data.Open(validation).Select(picture => picture.Name), Is.EqualTo(validation));
    }

    [Test]
    public void Damaged_pictures_and_those_without_objects_are_left_out_by_name()
    {
        DrawCells(4);
        File.WriteAllBytes(Folder.At("data", "images", "2.png"), [1, 2, 3]);
        MaskFile.WritePng(Folder.At("data", "masks", "3.png"), new BinaryMask(64, 64));
        var data = FineTuneData.Survey(Folder["data"]);
        Assert.That(data.Pictures.Select(picture => picture.Name), Is.EqualTo(new[] { "0", "1" }));
        Assert.That(data.Pictures.Select(picture => picture.Objects), Is.All.GreaterThan(0));
        Assert.That(data.LeftOut, Has.Count.EqualTo(2).And.Some.Contains("2.png").And.Some.Contains("3"));
        File.WriteAllBytes(Folder.At("data", "images", "1.png"), [1, 2, 3]);
        Assert.That(() => FineTuneData.Survey(Folder["data"]), Throws.TypeOf<DatasetException>().With.Message.Contains("1 picture with objects").And.Message.Contains("at least 2"));
    }

    [Test]
    public void Videos_are_refused()
    {
        DrawnVideoFiles.WriteFrames(Folder.At("video", "frames", "a"), 2);
        DrawnVideoFiles.WriteMasks(Folder.At("video", "masks", "a"), [0, 1]);
        Assert.That(() => FineTuneData.Survey(Folder["video"]), Throws.TypeOf<DatasetException>().With.Message.Contains("videos").And.Message.Contains("recipe"));
    }

    [TestCase(1, 150, 6)]
    [TestCase(16, 180, 6)]
    [TestCase(40, 300, 4)]
    [TestCase(160, 900, 2)]
    [TestCase(5000, 1000, 2)]
    public void The_number_of_pictures_decides_on_steps_and_views(int pictures, int steps, int views) =>
        Assert.That((FineTunePlan.StepsFor(pictures), FineTunePlan.ViewsFor(pictures)), Is.EqualTo((steps, views)));

    [Test]
    public void The_recipe_trains_what_is_wanted_and_keeps_features_where_it_can()
    {
        DrawCells(3);
        var data = FineTuneData.Survey(Folder["data"]);
        Recipe Create(FineTuneOptions options, int pictures = 20) => FineTunePlan.Create(options, data, Folder.Path, pictures);
        var usual = Create(Options);
        Assert.That((usual.Steps, usual.Data.Train[0].Views, usual.Data.Train[0].Clips, usual.FeatureCache), Is.EqualTo((200, 6, 4, new FeatureCacheSettings())));
        Assert.That(usual.Model.Trainable, Is.EqualTo(new[] { ModelPart.MaskDecoder }));
        Assert.That(usual.Model.Frozen, Is.EqualTo(new[] { "sam_mask_decoder.conv_s*" }));
        Assert.That(usual.Data.Train[0].Augmentations, Has.Count.EqualTo(2));
        Assert.That(Create(Options, 100).Data.Train[0].Augmentations, Has.Count.EqualTo(1));
        Assert.That(Create(Options, 300).Data.Train[0].Augmentations, Is.Empty);

        var encoder = Create(Options with { TrainEncoder = true, Steps = 7 });
        Assert.That((encoder.Steps, encoder.FeatureCache, encoder.Data.Train[0].Views, encoder.Model.Frozen.Count), Is.EqualTo((7, default(FeatureCacheSettings), default(int?), 0)));
        Assert.That(encoder.Model.Trainable, Does.Contain(ModelPart.ImageEncoder));
        var lora = Create(Options with { LoraRank = 4 });
        Assert.That((lora.Model.Lora!.Rank, lora.Model.Trainable.Count, lora.FeatureCache is null), Is.EqualTo((4, 0, false)));

        // As it is written and read again, each of them is a run that can begin.
        foreach (var recipe in new[] { usual, encoder, lora, Create(Options with { LoraRank = 2, TrainEncoder = true }) })
        {
            File.WriteAllText(Folder["recipe.yaml"], RecipeYaml.Format(recipe));
            File.WriteAllText(Folder["train.txt"], "0\n1\n");
            File.WriteAllText(Folder["validation.txt"], "2\n");
            TrainingRun.Check(RecipeYaml.Read(Folder["recipe.yaml"]));
        }
    }

    private void DrawCells(int count)
    {
        foreach (var part in new[] { "images", "masks" }) Directory.CreateDirectory(Folder.At("data", part));
        for (var i = 0; i < count; i++)
        {
            var (image, masks) = CellPictures.Draw((ulong)i, 64, 64);
            ImageFile.Write(Folder.At("data", "images", $"{i}.png"), image);
            IndexedMasks.Combine(masks, 64, 64).Write(Folder.At("data", "masks", $"{i}.png"));
        }
    }
}
