using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Training.Augmentations;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Recipes;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>Features of pictures that are kept while the encoder is frozen, and views, which keep their number small.</summary>
public sealed class FeatureCacheTests : FolderTests
{
    private const int Pictures = 3, Views = 2, Size = 64;

    private static Recipe Recipe => new()
    {
        Seed = 5,
        Steps = 10,
        Model = new()
        {
            Checkpoint = RepositoryFiles.Golden("sam2.1_hiera_nano.pt"), Settings = new() { ["image_size"] = Size }, Trainable = [ModelPart.MaskDecoder], Frozen = ["sam_mask_decoder.conv_s*"],
        },
        Data = new() { Train = [new() { Dataset = new() { Seed = 1, Count = Pictures }, Frames = 1, Views = Views }] },
        Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 0 },
        Optimizer = new() { Lr = [new() { Value = 1e-3 }], LayerDecay = null },
        Log = new() { Every = 1, Tensorboard = false },
        FeatureCache = new(),
    };

    [Test]
    public void A_run_that_keeps_features_ends_with_the_bytes_of_one_that_does_not_and_leaves_no_files()
    {
        TrainingRun.Execute(Recipe with { FeatureCache = null }, new(Folder["plain"]), resume: false, TextWriter.Null);
        TrainingRun.Execute(Recipe with { FeatureCache = new() { MemoryMb = 0 } }, new(Folder["cached"]), resume: false, TextWriter.Null);
        Assert.That(File.ReadAllBytes(Folder.At("cached", "model.pt")), Is.EqualTo(File.ReadAllBytes(Folder.At("plain", "model.pt"))));
        Assert.That(Directory.Exists(Folder.At("cached", "features")), Is.False);
    }

    [Test]
    public void Each_view_is_encoded_once_and_what_has_no_room_in_memory_goes_to_the_disk_and_serves_the_next_process()
    {
        var recipe = Recipe with { FeatureCache = null };
        long bytes;
        using (var cache = Train(recipe, "memory", new()))
        {
            Assert.That(cache.Encoded, Is.EqualTo(Pictures * Views));
            Assert.That((cache.BytesOnDisk, Directory.Exists(Folder["features"])), Is.EqualTo((0, false)));
            bytes = cache.BytesInMemory;
            Assert.That(bytes, Is.GreaterThan(0));
        }

        using (var cache = Train(recipe, "disk", new() { MemoryMb = 0 }))
            Assert.That((cache.Encoded, cache.BytesInMemory, cache.BytesOnDisk), Is.EqualTo((Pictures * Views, 0, bytes)));
        using (var cache = Train(recipe, "again", new()))
            Assert.That(cache.Encoded, Is.Zero, "the files of the process before");
        var files = Directory.GetFiles(Folder["features"]);
        Assert.That(files, Has.Length.EqualTo(Pictures * Views));
        File.WriteAllBytes(files[0], File.ReadAllBytes(files[0])[..100]);
        using (var cache = Train(recipe, "damaged", new()))
            Assert.That(cache.Encoded, Is.EqualTo(1), "a damaged file is no file");
        using (var cache = Train(recipe with { Model = recipe.Model with { Checkpoint = null, Architecture = "sam2.1_hiera_nano" } }, "other", new()))
        {
            Assert.That(cache.Encoded, Is.EqualTo(Pictures * Views), "those of another encoder");
            cache.Clear();
        }

        Assert.That(Directory.Exists(Folder["features"]), Is.False);
        using (var cache = Train(recipe, "none", new() { MemoryMb = 0, DiskMb = 0 }))
            Assert.That(cache.Encoded, Is.EqualTo(recipe.Steps), "without room, every step encodes");
        Assert.That(new[] { "disk", "again", "damaged", "none" }.Select(run => File.ReadAllBytes(Folder.At(run, "model.pt"))), Is.All.EqualTo(File.ReadAllBytes(Folder.At("memory", "model.pt"))));
    }

    [Test]
    public void Features_that_change_are_not_kept()
    {
        var trained = Recipe with { Model = Recipe.Model with { Frozen = [] } };
        Assert.That(() => TrainingRun.Execute(trained, new(Folder["a"]), resume: false, TextWriter.Null), Throws.ArgumentException.With.Message.Contains("sam_mask_decoder.conv_s").And.Message.Contains("Freeze"));
        var dropping = Recipe with
        {
            Model = Recipe.Model with { Settings = new() { ["image_size"] = Size, ["image_encoder"] = new PlainDictionary { ["trunk"] = new PlainDictionary { ["drop_path_rate"] = 0.1 } } } },
        };
        Assert.That(() => TrainingRun.Execute(dropping, new(Folder["b"]), resume: false, TextWriter.Null), Throws.ArgumentException.With.Message.Contains("drop_path_rate is 0.1"));
        Assert.That(() => new FeatureCache(Folder["c"], new() { MemoryMb = -1 }), Throws.ArgumentException);
    }

    [Test]
    public void Views_are_the_picture_its_mirror_image_and_fixed_variants_of_both()
    {
        const int Wanted = 4;
        IReadOnlyList<IAnnotatedVideo> pictures = new ProceduralDataset(1, 3, new() { Width = Size, Height = Size, FrameCount = 1 });
        var jitter = ClipAugmentations.Create(new() { ["kind"] = "color_jitter", ["brightness"] = 0.5 });
        var sampler = new ClipSampler([new(pictures)], new(1, 1, 1, 0.5, 0) { Views = Wanted, Augmentations = [jitter] }, Size, 9);
        using var scope = NewDisposeScope();
        var drawn = Enumerable.Range(0, 40).Select(i => sampler.Draw(i).Images).ToList();
        var different = new List<Tensor>();
        foreach (var image in drawn)
            if (!different.Exists(other => other.equal(image).all().item<bool>())) different.Add(image);
        Assert.That(different, Has.Count.EqualTo(Wanted));
        var plain = new ClipSampler([new(pictures)], new(1, 1, 1, 0, 0), Size, 9).Draw(0).Images;
        foreach (var expected in new[] { plain, plain.flip(4) })
            Assert.That(different.Count(image => image.equal(expected).all().item<bool>()), Is.EqualTo(1));
        Assert.That(() => DataFactory.Training(Recipe with { Data = new() { Train = [new() { Views = 0 }] } }, Size), Throws.TypeOf<ConfigurationException>().With.Message.Contains("views"));
    }

    /// <summary>Trains with a cache in the folder that all share.</summary>
    private FeatureCache Train(Recipe recipe, string run, FeatureCacheSettings settings)
    {
        var cache = new FeatureCache(Folder["features"], settings);
        TrainingRun.Execute(recipe, new(Folder[run]), resume: false, TextWriter.Null, new() { Features = cache });
        return cache;
    }
}
