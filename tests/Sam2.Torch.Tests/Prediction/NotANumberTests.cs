using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

/// <summary>Compared with a threshold, NaN would be an empty mask.</summary>
public class NotANumberTests : FolderTests
{
    private const string Weight = "sam_mask_decoder.iou_prediction_head.layers.2.bias";

    [Test]
    public void A_model_whose_weights_are_not_finite_says_so_instead_of_giving_empty_masks()
    {
        const string token = "sam_mask_decoder.iou_token.weight";
        using var model = Broken(token);
        using var predictor = new ImagePredictor(model);
        predictor.SetImage(TestPictures.Smooth(60, 40));
        AssertNamed(() => predictor.Predict(ObjectPrompt.FromPoints(new PointPrompt(20, 20))).Dispose(), token);
    }

    [TestCase("sam_mask_decoder.pred_obj_score_head.layers.2.bias")]
    [TestCase("memory_encoder.out_proj.bias")]
    public void A_tracker_says_so_too(string weight)
    {
        using var model = Broken(weight);
        using var session = VideoSession.Live(model);
        session.PushFrame(TestPictures.Smooth(60, 40));
        AssertNamed(() =>
        {
            session.AddPoints(0, 1, [new PointPrompt(20, 20)]);
            session.PushFrame(TestPictures.Smooth(60, 40));
        }, weight);
    }

    [Test]
    public void Weights_that_are_not_finite_are_refused_when_they_are_loaded([Values(float.NaN, float.PositiveInfinity)] float value)
    {
        using (var model = Broken(Weight, value))
        {
            CheckpointWriter.Save(Folder["m.pt"], model);
        }

        using var checkpoint = Checkpoint.Open(Folder["m.pt"]);
        Assert.That(() => ModelLoader.Load(checkpoint, Sam2Presets.Nano).Dispose(), Throws.TypeOf<CheckpointException>()
            .With.Message.Contains("m.pt").And.Message.Contains(Weight).And.Message.Contains("1 of 4 numbers").And.Message.Contains("another checkpoint"));
    }

    [Test]
    public void Finite_weights_are_not_blamed()
    {
        using var model = NanoModel.Create();
        Assert.That(FiniteNumbers.DescribeWeights(model), Is.Null);
        using var answer = tensor(new[] { 1, float.NaN });
        Assert.That(() => FiniteNumbers.Require(model, answer), Throws.TypeOf<ModelOutputException>().With.Message.Contains("although its weights are finite"));
        using var fine = tensor(new[] { float.NegativeInfinity, -1024, 3 });
        Assert.That(() => FiniteNumbers.Require(model, fine), Throws.Nothing);
    }

    private static void AssertNamed(Action act, string weight) =>
        Assert.That(act, Throws.TypeOf<ModelOutputException>().With.Message.Contains("gives NaN").And.Message.Contains(weight));

    private static Sam2Model Broken(string weight, float value = float.NaN)
    {
        var model = NanoModel.Create();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        model.get_parameter(weight)!.view(-1)[0] = value;
        return model;
    }
}
