using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Media;
using TestSupport;

namespace Sam2.Cli.Tests.Commands;

/// <summary>Models side by side: the shipped one, a small SAM, and a segmentation network as TorchScript.</summary>
public class CompareCommandTests : FolderTests
{
    private string Segmenter => Folder["segmenter.torchscript"];

    [SetUp]
    public void DrawPictures()
    {
        File.Copy(RepositoryFiles.At("tests", "Sam2.Torch.Data.Tests", "Annotation", "Boxes", "segmenter.pt"), Segmenter);
        Directory.CreateDirectory(Folder["pictures"]);
        var picture = DemoScene.Create(210, 150).Render().Image;
        ImageFile.Write(Folder["pictures/a.png"], picture);
        // A picture of one colour beside it, so that a mask of everything and one of nothing are there, too.
        ImageFile.Write(Folder["pictures/b.png"], new RgbImage(60, 90));
    }

    [Test]
    public void Size_speed_and_agreement_of_every_kind_of_model_are_told()
    {
        var sam = SamModels.Save(Folder["sam_small.pth"], SamModels.Plain);
        var run = Compare("sam2.1_hiera_micro", sam, Segmenter, "--out", Folder["out"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var json = JsonDocument.Parse(File.ReadAllText(Folder["out/compare.json"]));
        var models = json.RootElement.GetProperty("models").EnumerateArray().ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(models.Select(model => model.GetProperty("kind").GetString()), Is.EqualTo(new[] { "SAM 2", "SAM", "TorchScript" }));
            Assert.That(models[0].GetProperty("parameters").GetInt64(), Is.EqualTo(6_422_530));
            Assert.That(models[1].GetProperty("file_bytes").GetInt64(), Is.EqualTo(new FileInfo(sam).Length));
            Assert.That(models[2].GetProperty("parameters").GetInt64(), Is.EqualTo(3));
            Assert.That(models.Select(model => model.GetProperty("ious").GetArrayLength()), Is.All.EqualTo(8), "2 × 2 clicks on two pictures");
            Assert.That(models[0].GetProperty("mean_iou").GetDouble(), Is.EqualTo(1), "the first model agrees with itself");
            Assert.That(models[1].GetProperty("mean_iou").GetDouble(), Is.InRange(0, 0.99), "weights that are no model's agree with nothing");
            Assert.That(Figures(models[0]), Is.EqualTo(new[] { "encode", "one_click", "everything" }));
            Assert.That(Figures(models[2]), Is.EqualTo(new[] { "everything" }));
            Assert.That(run.Output, Is.EqualTo(File.ReadAllText(Folder["out/compare.md"])));
            Assert.That(run.Output, Does.Contain("| sam_small.pth").And.Contain("against those of sam2.1_hiera_micro"));
        }
    }

    [Test]
    public void A_model_without_prompts_may_come_first()
    {
        var run = Compare(Segmenter, Segmenter, "--limit", "1");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output.Split('\n').Where(line => line.StartsWith("| segmenter.torchscript", StringComparison.Ordinal)).Select(line => line.Split('|')[^2].Trim()), Is.All.EqualTo("1.000"));
    }

    [Test]
    public void What_is_no_model_is_refused_and_earlier_results_stay()
    {
        Assert.That(Compare("sam2.1_hiera_micro", "--limit", "1", "--out", Folder["out"]).ExitCode, Is.Zero);
        var before = File.ReadAllText(Folder["out/compare.json"]);
        var run = Compare(RepositoryFiles.At("LICENSE"), "--out", Folder["out"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("LICENSE"));
        Assert.That(File.ReadAllText(Folder["out/compare.json"]), Is.EqualTo(before));
    }

    [Test]
    public void A_program_runs_only_where_its_name_says_that_it_is_one()
    {
        File.Copy(Segmenter, Folder["weights.pt"]);
        var run = Compare(Folder["weights.pt"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("a TorchScript program").And.Contain(".torchscript"));
    }

    [TestCase("--clicks", "0")]
    [TestCase("--points-per-side", "1000")]
    [TestCase("--repeat", "0")]
    public void Numbers_out_of_range_are_refused(string option, string value) =>
        Assert.That(Compare("sam2.1_hiera_micro", option, value).ExitCode, Is.EqualTo(ExitCode.Usage));

    [Test]
    public void Without_pictures_nothing_is_loaded()
    {
        var run = CommandLine.Run("compare", "sam2.1_hiera_micro", "--images", Folder["none"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain("none does not exist"));
    }

    private CommandLine Compare(params string[] arguments)
    {
        string[] quick = ["--points-per-side", "2", "--repeat", "1", "--clicks", "2"];
        return CommandLine.Run(["compare", .. arguments, "--images", Folder["pictures"], .. quick.Chunk(2).Where(option => !arguments.Contains(option[0])).SelectMany(option => option)]);
    }

    private static IEnumerable<string> Figures(JsonElement model) => model.GetProperty("figures").EnumerateObject().Select(figure => figure.Name);
}
