using NUnit.Framework;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>The first Segment Anything and MobileSAM against their own code: small models with deterministic weights, stage by stage and as a whole.</summary>
public sealed class SamParityTests
{
    private readonly Dictionary<string, Tensor> _stages = new(StringComparer.Ordinal);
    private GoldenFile _golden = null!;
    private SamModel _model = null!;
    private ImagePredictor _predictor = null!;

    [OneTimeSetUp]
    public void SetImage()
    {
        _golden = GoldenFile.Open("sam1_nano.pt");
        _model = SamModels.Create(SamModels.Plain);
        Watch(_model, _stages);
        _predictor = new ImagePredictor(_model);
        _predictor.SetImage(Pattern.Create(150, 220));
    }

    [OneTimeTearDown]
    public void Free()
    {
        _predictor.Dispose();
        _model.Dispose();
        _golden.Dispose();
        foreach (var stage in _stages.Values) stage.Dispose();
    }

    [Test]
    public void A_picture_is_fitted_into_the_square_as_in_the_original()
    {
        using var scope = NewDisposeScope();
        var placement = new PicturePlacement(_model, 150, 220);
        Assert.That((placement.InputHeight, placement.InputWidth), Is.EqualTo((175, 256)));
        // Pixels are rounded to bytes when they are resized: the same bytes, or no agreement at all.
        ProbeIs(_golden, placement.ToModelInput(Pattern.Create(150, 220)).unsqueeze(0), "input", 1e-6);
    }

    [TestCase("patch_embed", "encoder.patch_embed")]
    [TestCase("blocks.0", "encoder.block0")]
    [TestCase("blocks.1", "encoder.block1")]
    [TestCase("blocks.3", "encoder.block3")]
    [TestCase("neck", "embedding")]
    public void Every_stage_of_the_encoder_gives_the_original_s_numbers(string module, string name)
    {
        using var scope = NewDisposeScope();
        Close.ToStandardDeviation(_stages["image_encoder." + module], _golden[name], 1e-4, name);
    }

    [Test]
    public void Masks_and_scores_equal_the_original(
        [Values("point", "points", "box", "box_point", "mask", "refine")] string prompt, [Values] bool multimask)
    {
        using var scope = NewDisposeScope();
        var name = $"{prompt}.{(multimask ? "multi" : "single")}";
        using var prediction = _predictor.Predict(Prompt(prompt), multimask);

        ProbeIs(_golden, prediction.LowResLogits[0], $"{name}.low_res", 1e-4);
        Close.Within(prediction.Scores[0], _golden[$"{name}.iou"], 1e-3, "scores");
        var expected = _golden.Mask($"{name}.masks");
        for (var i = 0; i < expected.shape[0]; i++)
            Assert.That(Close.Iou(prediction.Masks[0, i], expected[i]), Is.GreaterThanOrEqualTo(0.999), $"mask {i}");
    }

    [Test]
    public void Everything_in_a_picture_is_what_the_original_finds()
    {
        using var scope = NewDisposeScope();
        var options = new MaskGeneratorOptions
        {
            PointsPerSide = 6, PredIouThreshold = 0, StabilityScoreThreshold = 0.5, StabilityScoreOffset = 0.02, BoxNmsThreshold = 0.99,
        };
        var masks = new MaskGenerator(_model, options).Generate(Pattern.Create(150, 220));
        var expected = _golden.Mask("everything.masks");
        Assert.That(masks, Has.Count.EqualTo((int)expected.shape[0]));
        Assert.Multiple(() =>
        {
            for (var i = 0; i < masks.Count; i++)
            {
                Assert.That(Close.Iou(masks[i].Segmentation.Decode().ToTensor(), expected[i]), Is.GreaterThanOrEqualTo(0.995), $"mask {i}");
                Assert.That(masks[i].PredictedIou, Is.EqualTo(_golden["everything.predicted_iou"][i].item<double>()).Within(1e-3), $"IoU of mask {i}");
                Assert.That(masks[i].StabilityScore, Is.EqualTo(_golden["everything.stability_score"][i].item<double>()).Within(1e-3), $"stability of mask {i}");
            }
        });
    }

    [Test]
    public void Every_stage_of_MobileSam_s_encoder_gives_its_own_numbers()
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenFile.Open("mobile_sam_nano.pt");
        using var model = SamModels.Create(SamModels.Tiny);
        var stages = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        Watch(model, stages);
        using (inference_mode())
            model.EncodePicture(ImageTransform.ToModelInput(Pattern.Create(200, 200), 256).unsqueeze(0)).Dispose();
        ProbeIs(golden, stages["image_encoder.patch_embed"], "patch_embed", 1e-4);
        // The original goes on with tokens after the first stage: [B, H · W, C].
        for (var i = 0; i < 4; i++) ProbeIs(golden, stages[$"image_encoder.layers.{i}"].flatten(2).transpose(1, 2), $"layer{i}", 1e-4);
        ProbeIs(golden, stages["image_encoder.neck"], "embedding", 1e-4);
        foreach (var stage in stages.Values) stage.Dispose();
    }

    private ObjectPrompt Prompt(string name)
    {
        var point = new PointPrompt(100, 60);
        return name switch
        {
            "point" => ObjectPrompt.FromPoints(point),
            "points" => ObjectPrompt.FromPoints(point, new(30, 110, false), new(180, 20)),
            "box" => ObjectPrompt.FromBox(40, 30, 170, 120),
            "box_point" => ObjectPrompt.FromBox(40, 30, 170, 120) with { Points = [point] },
            "mask" => new ObjectPrompt { MaskLogits = _golden["prompt"] },
            _ => ObjectPrompt.FromPoints(point, new(20, 20, false)) with { MaskLogits = _golden["prompt"] },
        };
    }

    /// <summary>Keeps what the modules of the encoder return.</summary>
    private static void Watch(SamModel model, Dictionary<string, Tensor> stages)
    {
        foreach (var (name, module) in model.named_modules())
        {
            if (!name.StartsWith("image_encoder.", StringComparison.Ordinal) || module is not nn.Module<Tensor, Tensor> watched) continue;
            watched.register_forward_hook((_, _, result) =>
            {
                stages[name] = result.clone().DetachFromDisposeScope();
                return result;
            });
        }
    }

    /// <summary>Some places of a tensor, its shape and its mean are those of the golden file, within a fraction of its standard deviation.</summary>
    private static void ProbeIs(GoldenFile golden, Tensor actual, string name, double fraction)
    {
        using var scope = NewDisposeScope();
        Assert.That(actual.shape, Is.EqualTo(golden[name + ".shape"].data<long>().ToArray()), $"shape of {name}");
        var deviation = golden[name + ".mean_std"][1].item<double>();
        Close.Within(actual.contiguous().flatten().index_select(0, golden[name + ".index"]), golden[name + ".value"], fraction * deviation, name);
        Assert.That(actual.to(float64).mean().item<double>(), Is.EqualTo(golden[name + ".mean_std"][0].item<double>()).Within(fraction * deviation), $"mean of {name}");
    }
}
