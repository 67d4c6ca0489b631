using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Losses;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>The training forward pass, its losses and all gradients against the original (Golden/train_nano.pt).</summary>
public sealed class TrainingParityTests
{
    private static readonly string[] Losses = ["loss_mask", "loss_dice", "loss_iou", "loss_class", "core_loss"];

    private readonly GoldenFile _golden = GoldenFile.Open("train_nano.pt");

    [OneTimeTearDown]
    public void Close() => _golden.Dispose();

    [TestCase("mask")]
    [TestCase("click")]
    [TestCase("box")]
    public void Losses_and_every_gradient_equal_the_original(string prompt)
    {
        using var scope = NewDisposeScope();
        using var model = NanoModel.Create(WithoutDynamicMultimask);
        using var clips = Clips();
        var training = new TrainingForwardPass(model, Options(prompt));
        using var prediction = training.Run(clips, new TrainingRandom(1));
        using var losses = new MultiStepLoss(new LossOptions()).Compute(prediction, clips.Masks);
        losses.Total.backward();

        Assert.Multiple(() =>
        {
            foreach (var name in Losses)
            {
                var expected = _golden[$"{prompt}.{name}"].item<float>();
                Assert.That(losses.Values[name], Is.EqualTo(expected).Within(1e-4 * Math.Abs(expected)), name);
            }

            if (_golden.Contains($"{prompt}.point_coords"))
            {
                var points = prediction.Frames[0].Steps[^1].Points!;
                TestSupport.Close.Within(points.Coordinates, _golden[$"{prompt}.point_coords"], 0, "coordinates");
                TestSupport.Close.Within(points.Labels, _golden[$"{prompt}.point_labels"], 0, "labels");
            }

            CheckGradients(prompt, model);
        });
    }

    private void CheckGradients(string prompt, Sam2Model model)
    {
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        var norms = _golden.Names.Where(name => name.StartsWith($"{prompt}.grad_norm.", StringComparison.Ordinal)).ToList();
        Assert.That(
            norms.Select(name => name[$"{prompt}.grad_norm.".Length..]),
            Is.EquivalentTo(parameters.Where(p => p.Value.grad is not null).Select(p => p.Key)), "parameters with a gradient");
        var largest = norms.Max(name => _golden[name].item<double>());
        foreach (var name in norms)
        {
            var expected = _golden[name].item<double>();
            var gradient = parameters[name[$"{prompt}.grad_norm.".Length..]].grad;
            var actual = gradient is null ? 0 : gradient.norm().item<float>();
            Assert.That(actual, Is.EqualTo(expected).Within(3e-3 * expected + 1e-6 * largest), name);
        }

        foreach (var name in _golden.Names.Where(name => name.StartsWith($"{prompt}.grad.", StringComparison.Ordinal)))
        {
            var expected = _golden[name];
            var difference = (parameters[name[$"{prompt}.grad.".Length..]].grad! - expected).norm().item<float>();
            Assert.That(difference, Is.LessThanOrEqualTo(3e-3 * expected.norm().item<float>() + 1e-6 * largest), name);
        }
    }

    /// <summary>The original's predictors choose among masks by stability; its training model, in evaluation mode too, does not.</summary>
    private static Sam2Config WithoutDynamicMultimask => Sam2Presets.Nano with
    {
        SamMaskDecoderExtraArgs = new() { DynamicMultimaskViaStability = false },
    };

    /// <summary>Evaluation mode as the golden file's README describes it: nothing is random.</summary>
    private static TrainingOptions Options(string prompt) => new()
    {
        ProbToUsePtInputForEval = prompt == "mask" ? 0 : 1,
        ProbToUseBoxInputForEval = prompt == "box" ? 1 : 0,
        NumCorrectionPtPerFrame = prompt == "box" ? 1 : 2,
        BoxNoise = 0,
    };

    private ClipBatch Clips()
    {
        var images = _golden["images"].unsqueeze(1);
        return new ClipBatch(images.MoveToOuterDisposeScope(), _golden.Mask("masks"), [0, 0, 0], ["golden"]);
    }
}
