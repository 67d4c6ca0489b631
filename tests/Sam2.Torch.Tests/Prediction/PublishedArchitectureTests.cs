using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>The eight published architectures at 1024×1024 pixels against the original, with deterministic weights.</summary>
public sealed class PublishedArchitectureTests
{
    private const double Tolerance = 1e-4;

    [Test]
    public void Tiny_equals_the_original() => Check("sam2.1_hiera_t");

    [Category("Slow")]
    [TestCase("sam2_hiera_t")]
    [TestCase("sam2.1_hiera_s")]
    [TestCase("sam2_hiera_s")]
    [TestCase("sam2.1_hiera_b+")]
    [TestCase("sam2_hiera_b+")]
    [TestCase("sam2.1_hiera_l")]
    [TestCase("sam2_hiera_l")]
    public void Others_equal_the_original(string name) => Check(name);

    private static void Check(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenFile.Open($"encoder_{name}.pt");
        using var model = NanoModel.Create(Sam2Presets.ByName[name]);
        var image = Pattern.Create(600, 800);
        using (inference_mode())
        {
            var levels = model.ImageEncoder.forward(ImageTransform.ToModelInput(image, 1024).unsqueeze(0));
            for (var i = 0; i < 3; i++)
            {
                CheckSampled(golden, $"backbone_fpn.{i}", levels[i]);
                CheckSampled(golden, $"vision_pos_enc.{i}", model.ImagePositionEncoding.forward(levels[i]));
            }
        }

        using var predictor = new ImagePredictor(model);
        predictor.SetImage(image);
        var prompts = new Dictionary<string, ObjectPrompt>
        {
            ["point"] = ObjectPrompt.FromPoints(new PointPrompt(400, 300)),
            ["points"] = ObjectPrompt.FromPoints(new(400, 300), new(120, 80, false), new(700, 500)),
            ["box"] = ObjectPrompt.FromBox(150, 100, 620, 480),
        };
        foreach (var (prompt, value) in prompts)
        {
            foreach (var multimask in new[] { true, false })
            {
                var key = $"{prompt}.{(multimask ? "multi" : "single")}";
                using var prediction = predictor.Predict(value, multimask);
                CheckSampled(golden, $"{key}.low_res", prediction.LowResLogits[0]);
                Close.Within(prediction.Scores[0], golden[$"{key}.iou"], 1e-3, $"{key}.iou");
            }
        }
    }

    /// <summary>A large tensor is stored as its shape, mean and standard deviation, and 2,048 of its elements.</summary>
    private static void CheckSampled(GoldenFile golden, string name, Tensor actual)
    {
        using var scope = NewDisposeScope();
        Assert.That(actual.shape, Is.EqualTo(golden[$"{name}.shape"].data<long>().ToArray()), $"shape of {name}");
        var moments = golden[$"{name}.mean_std"].data<double>().ToArray();
        Close.Within(actual.reshape(-1).index_select(0, golden[$"{name}.index"]), golden[$"{name}.value"], Tolerance * moments[1], name);
        Assert.That(actual.to(float64).mean().item<double>(), Is.EqualTo(moments[0]).Within(Tolerance * moments[1]), $"mean of {name}");
    }
}
