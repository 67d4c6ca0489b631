using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using TestSupport;

namespace Sam2.Torch.Tests.Checkpoints;

public class ModelFilesTests
{
    [TestCase("sam2.1_hiera_tiny")]
    [TestCase("sam2.1_hiera_t")]
    [TestCase("sam2.1_t")]
    [TestCase("sam2.1-t")]
    [TestCase("sam2.1_tiny")]
    [TestCase("sam2.1-hiera-tiny")]
    [TestCase("SAM2.1-Hiera-Tiny")]
    [TestCase("sam2_1_hiera_tiny")]
    [TestCase("sam2.1_hiera_tiny.pt")]
    [TestCase("facebook/sam2.1-hiera-tiny")]
    [TestCase("hiera_tiny")]
    [TestCase("tiny")]
    public void Usual_spellings_mean_the_same_model(string name) =>
        Assert.That(ModelCatalog.Find(name)?.Name, Is.EqualTo("sam2.1_hiera_tiny"));

    [TestCase("sam2_hiera_l", "sam2_hiera_large")]
    [TestCase("sam2-large", "sam2_hiera_large")]
    [TestCase("sam2.0_hiera_s", "sam2_hiera_small")]
    [TestCase("sam2.1_hiera_b+", "sam2.1_hiera_base_plus")]
    [TestCase("sam2.1-base-plus", "sam2.1_hiera_base_plus")]
    [TestCase("facebook/sam2-hiera-base-plus", "sam2_hiera_base_plus")]
    [TestCase("micro", "sam2.1_hiera_micro")]
    public void Version_and_size_choose_the_model(string name, string expected) =>
        Assert.That(ModelCatalog.Find(name)?.Name, Is.EqualTo(expected));

    [TestCase("sam3_tiny")]
    [TestCase("sam2_micro")]
    [TestCase("huge")]
    [TestCase("")]
    [TestCase("tiny.jpg")]
    public void Other_names_mean_nothing(string name) => Assert.That(ModelCatalog.Find(name), Is.Null);

    [Test]
    public void Every_model_of_the_manifest_has_a_preset_and_the_published_ones_an_address()
    {
        Assert.That(ModelCatalog.Models, Has.Count.EqualTo(9));
        foreach (var model in ModelCatalog.Models)
        {
            Assert.That(Sam2Presets.ByName, Contains.Key(model.Architecture));
            Assert.That(ModelCatalog.Find(model.Architecture), Is.SameAs(model));
            var weights = (model.Url is null ? 2 : 4) * model.Parameters;        // the repository's own are in half precision
            Assert.That(model.Size, Is.InRange(weights, weights + 1_000_000), "weights and little else");
            Assert.That(model.Url is null, Is.EqualTo(Sam2Presets.ByName[model.Architecture].ImageSize < 1024));
            if (model.Url is null)
                Assert.That(model.Size, Is.EqualTo(new FileInfo(RepositoryFiles.Weights(model.File)).Length));
            else
                Assert.That(model.Url.ToString(), Does.StartWith("https://dl.fbaipublicfiles.com/segment_anything_2/").And.EndsWith("/" + model.File));
        }
    }

    [Test]
    public void The_manifest_counts_the_parameters_of_the_published_key_lists()
    {
        foreach (var model in ModelCatalog.Models.Where(m => m.Url is not null))
        {
            var elements = SyntheticStateDict.Published(model.Architecture)
                .Where(s => !s.Key.EndsWith("positional_encoding_gaussian_matrix", StringComparison.Ordinal))   // a buffer
                .Sum(s => s.Shape.Aggregate(1L, (product, size) => product * size));
            Assert.That(model.Parameters, Is.EqualTo(elements), model.Name);
        }
    }

    [Test]
    public void A_file_comes_before_a_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["tiny"], "");
        Assert.That(ModelFiles.Resolve(folder["tiny"]), Is.EqualTo(folder["tiny"]));
    }

    [Test]
    public void A_name_is_found_in_the_users_folder()
    {
        using var folder = new TemporaryFolder();
        WithVariable(folder.Path, () =>
        {
            Assert.That(() => ModelFiles.Resolve("sam2_hiera_small"), Throws.TypeOf<CheckpointException>().With.Message
                .Contains("sam2_hiera_small.pt into one of these folders").And.Message.Contains(folder.Path)
                .And.Property(nameof(CheckpointException.Download)).EqualTo(ModelCatalog.Find("sam2_hiera_small")));
            File.WriteAllText(folder["sam2_hiera_small.pt"], "");
            Assert.That(ModelFiles.Resolve("sam2-s"), Is.EqualTo(folder["sam2_hiera_small.pt"]));
        });
    }

    [Test]
    public void The_variable_may_name_several_folders_and_downloads_go_to_the_first()
    {
        using var folder = new TemporaryFolder();
        WithVariable($"{folder.Path}{Path.PathSeparator}{RepositoryFiles.At("weights")}", () =>
        {
            Assert.That(ModelFiles.UserFolder, Is.EqualTo(folder.Path));
            Assert.That(ModelFiles.Resolve("micro"), Is.EqualTo(RepositoryFiles.Weights("sam2.1_hiera_micro.pt")));
        });
    }

    [Test]
    public void An_empty_entry_of_the_variable_is_the_users_cache()
    {
        string cache = "", first = "";
        WithVariable(null, () => cache = ModelFiles.UserFolder);
        WithVariable($"{Path.PathSeparator}{RepositoryFiles.At("weights")}", () => first = ModelFiles.UserFolder);
        Assert.That(cache, Does.EndWith("sam2.torch"));
        Assert.That(first, Is.EqualTo(cache));
    }

    [TestCase("sam2.1_hiera_tinny", "Did you mean sam2.1_hiera_tiny?")]
    [TestCase("no/such/file.pt", "does not exist")]
    [TestCase("no/such/sam2.1_hiera_tiny.pt", "does not exist")]
    public void What_is_not_found_gets_a_remedy(string name, string expected) =>
        Assert.That(() => ModelFiles.Resolve(name), Throws.TypeOf<CheckpointException>().With.Message.Contains(name).And.Message.Contains(expected));

    private static void WithVariable(string? value, Action action)
    {
        var before = Environment.GetEnvironmentVariable(ModelFiles.Variable);
        try
        {
            Environment.SetEnvironmentVariable(ModelFiles.Variable, value);
            action();
        }
        finally
        {
            Environment.SetEnvironmentVariable(ModelFiles.Variable, before);
        }
    }
}
