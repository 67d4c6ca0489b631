using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>The image predictor against the original's: seven prompts, multimask and single, on drawn scenes and a photo.</summary>
[TestFixture("image_nano.pt", false)]
[TestFixture("image_trained.pt", true)]
[TestFixture("image_photo_trained.pt", true)]
public sealed class ImagePredictorParityTests(string file, bool trained)
{
    private GoldenFile _golden = null!;
    private Sam2Model _model = null!;
    private ImagePredictor _predictor = null!;

    [OneTimeSetUp]
    public void SetImage()
    {
        _golden = GoldenFile.Open(file);
        _model = NanoModel.Create();
        if (trained)
        {
            using var checkpoint = Checkpoint.Open(RepositoryFiles.Golden("sam2.1_hiera_nano.pt"));
            CheckpointLoader.LoadInto(_model, checkpoint);
        }
        _predictor = new ImagePredictor(_model);
        using var image = _golden["image"];
        _predictor.SetImage(image);
    }

    [OneTimeTearDown]
    public void Free()
    {
        _predictor.Dispose();
        _model.Dispose();
        _golden.Dispose();
    }

    [Test]
    public void Preprocessing_equals_the_original()
    {
        using var scope = NewDisposeScope();
        Close.ToStandardDeviation(ImageTransform.ToModelInput(_golden["image"], 128), _golden["input"], 1e-4, "input");
    }

    [Test]
    public void Masks_and_scores_equal_the_original(
        [Values("point", "points", "box", "box_point", "batch_points", "batch_boxes", "refine")] string prompt,
        [Values] bool multimask)
    {
        using var scope = NewDisposeScope();
        var name = $"{prompt}.{(multimask ? "multi" : "single")}";
        using var prediction = _predictor.Predict(Prompts(prompt), multimask);

        var low = _golden[$"{name}.low_res"];
        Close.ToStandardDeviation(prediction.LowResLogits.view(low.shape), low, 1e-4, "low-resolution logits");
        var iou = _golden[$"{name}.iou"];
        Close.Within(prediction.Scores.view(iou.shape), iou, 1e-3, "scores");
        var expected = _golden.Mask($"{name}.masks");
        var masks = prediction.Masks.view(expected.shape).flatten(0, -3);
        expected = expected.flatten(0, -3);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < expected.shape[0]; i++)
                Assert.That(Close.Iou(masks[i], expected[i]), Is.GreaterThanOrEqualTo(0.999), $"mask {i}");
        });
    }

    private ObjectPrompt[] Prompts(string name)
    {
        var left = new PointPrompt(126, 135);
        switch (name)
        {
            case "point": return [ObjectPrompt.FromPoints(left)];
            case "points": return [ObjectPrompt.FromPoints(left, new(290, 180, false), new(110, 120))];
            case "box": return [ObjectPrompt.FromBox(195, 60, 270, 150)];
            case "box_point": return [ObjectPrompt.FromBox(60, 70, 190, 200) with { Points = [left] }];
            case "batch_points": return [.. new[] { left, new(294, 180), new(220, 100) }.Select(p => ObjectPrompt.FromPoints(p))];
            case "batch_boxes": return [ObjectPrompt.FromBox(60, 70, 190, 200), ObjectPrompt.FromBox(195, 60, 270, 150)];
            default:
                using (var first = _predictor.Predict(ObjectPrompt.FromPoints(left)))
                {
                    var best = first.Scores[0].argmax().item<long>();
                    return [ObjectPrompt.FromPoints(left, new(60, 60, false)) with { MaskLogits = first.LowResLogits[0, best].clone() }];
                }
        }
    }
}
