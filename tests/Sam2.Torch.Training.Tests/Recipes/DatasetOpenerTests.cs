using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Training.Recipes;
using TestSupport;

namespace Sam2.Torch.Training.Tests.Recipes;

public sealed class DatasetOpenerTests : FolderTests
{
    private static readonly string Golden = RepositoryFiles.Golden("evaluation");

    [Test]
    public void The_procedural_set_is_drawn_at_the_models_size_unless_options_say_otherwise()
    {
        var settings = new DatasetSettings { Count = 3, Options = Plain(("width", 40L)) };
        var frame = DatasetOpener.Open(settings, frames: 2, imageSize: 32)[2].ReadFrame(1);
        Assert.That((frame.Width, frame.Height), Is.EqualTo((40, 32)));
    }

    [TestCase(DatasetSettings.Auto)]
    [TestCase(DatasetFormats.Folders)]
    [TestCase(DatasetFormats.Davis)]
    public void Data_sets_in_folders_are_opened_by_root_and_kind(string kind) =>
        Assert.That(Names(new DatasetSettings { Kind = kind, Root = Golden }), Is.EqualTo(new[] { "first", "second", "third" }));

    [Test]
    public void Lists_counts_and_options_choose_videos()
    {
        File.WriteAllText(Folder["list.txt"], "third\nfirst\n");
        var settings = new DatasetSettings { Kind = DatasetSettings.Auto, Root = Golden };
        var excluded = new PlainList(["second"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Names(settings with { VideoList = Folder["list.txt"] }), Is.EqualTo(new[] { "third", "first" }));
            Assert.That(Names(settings with { ExcludedVideoList = Folder["list.txt"] }), Is.EqualTo(new[] { "second" }));
            Assert.That(Names(settings with { Count = 2 }), Is.EqualTo(new[] { "first", "second" }));
            Assert.That(Names(settings with { Options = Plain(("excluded_videos", excluded)) }), Is.EqualTo(new[] { "first", "third" }));
        }
    }

    [Test]
    public void Settings_that_contradict_each_other_are_refused_by_name()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Names(new DatasetSettings { Kind = DatasetFormats.Davis }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("dataset.root"));
            Assert.That(() => Names(new DatasetSettings { Root = Golden }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("kind: auto"));
            Assert.That(() => Names(new DatasetSettings { Count = 0 }), Throws.TypeOf<ConfigurationException>().With.Message.Contains("dataset.count"));
            Assert.That(() => Names(new DatasetSettings { Kind = DatasetSettings.Auto, Root = Folder["none"] }), Throws.TypeOf<DatasetException>().With.Message.Contains("none"));
            Assert.That(
                () => Names(new DatasetSettings { Kind = DatasetSettings.Auto, Root = Golden, Options = Plain(("splitt", "val")) }),
                Throws.TypeOf<ConfigurationException>().With.Message.Contains("'split'"));
            Assert.That(
                () => Names(new DatasetSettings { Kind = DatasetSettings.Auto, Root = Golden, Options = Plain(("frame_stride", 0L)) }),
                Throws.TypeOf<ConfigurationException>().With.Message.Contains("FrameStride"));
        }
    }

    [Test]
    public void A_registered_format_is_a_kind_and_an_unknown_kind_is_refused_with_the_nearest()
    {
        DatasetFormats.Register("opener-test", (root, _) => DatasetReader.Open(root, DatasetFormats.Folders));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Names(new DatasetSettings { Kind = "opener-test", Root = Golden, Count = 2 }), Is.EqualTo(new[] { "first", "second" }));
            Assert.That(
                () => Names(new DatasetSettings { Kind = "opener-tset", Root = Golden }),
                Throws.TypeOf<ConfigurationException>().With.Message.Contains("dataset.kind").And.Message.Contains("'opener-test'").And.Message.Contains("davis"));
        }
    }

    private static string[] Names(DatasetSettings settings) => [.. DatasetOpener.Open(settings, 1, 32).Select(v => v.Name)];

    private static PlainDictionary Plain(params (string Key, object Value)[] entries)
    {
        var tree = new PlainDictionary();
        foreach (var (key, value) in entries)
        {
            tree.Set(key, value);
        }

        return tree;
    }
}
