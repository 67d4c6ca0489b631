using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>
/// bfloat16 weights: the trained model finds the same objects as in float32. The weights are those with which the golden pictures and
/// clips were segmented: they are sure of the objects, so that precision alone is judged.
/// </summary>
[TestFixture]
public class PrecisionTests
{
    private static readonly ObjectPrompt[] Prompts =
    [
        ObjectPrompt.FromPoints(new PointPrompt(126, 135)),
        ObjectPrompt.FromPoints(new PointPrompt(126, 135), new PointPrompt(290, 180, false), new PointPrompt(110, 120)),
        ObjectPrompt.FromBox(195, 60, 270, 150),
        ObjectPrompt.FromBox(60, 70, 190, 200),
    ];

    [Test]
    public void BFloat16_masks_of_an_image_are_those_of_float32([Values("image_trained.pt", "image_photo_trained.pt")] string file)
    {
        using var golden = GoldenFile.Open(file);
        using var image = golden["image"];
        var expected = Masks(image, ScalarType.Float32);
        var actual = Masks(image, ScalarType.BFloat16);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < Prompts.Length; i++)
                Assert.That(actual[i].Iou(expected[i]), Is.GreaterThanOrEqualTo(0.98), $"prompt {i}, {expected[i].Area} pixels");
        });
    }

    [Test]
    public void BFloat16_follows_an_object_as_float32_does()
    {
        var expected = Track(ScalarType.Float32);
        var actual = Track(ScalarType.BFloat16);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < expected.Count; i++)
                Assert.That(actual[i].Iou(expected[i]), Is.GreaterThanOrEqualTo(0.95), $"frame {i}, {expected[i].Area} pixels");
        });
    }

    private static BinaryMask[] Masks(Tensor image, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Nano();
        model.to(precision);
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(image);
        return [.. Prompts.Select(prompt =>
        {
            using var prediction = predictor.Predict(prompt, multimask: false);
            return BinaryMask.FromTensors(prediction.Masks.view(1, image.shape[0], image.shape[1]))[0];
        })];
    }

    private static List<BinaryMask> Track(ScalarType precision)
    {
        using var golden = GoldenFile.Open("video_click_trained.pt");
        using var model = TestModels.Nano();
        model.to(precision);
        using var frames = golden["frames"];
        using var session = new VideoSession(model, new FrameList([.. Enumerable.Range(0, (int)frames.shape[0]).Select(i =>
        {
            using var frame = frames[i];
            return RgbImage.FromTensor(frame);
        })]));
        session.AddPoints(0, 1, new PointPrompt(72, 81));
        return [.. session.Propagate().Select(frame => frame.Objects[0].Mask)];
    }
}
