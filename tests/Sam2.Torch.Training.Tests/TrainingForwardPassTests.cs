using NUnit.Framework;
using Sam2.Torch.Modeling;
using Sam2.Torch.Training.Batches;
using Sam2.Torch.Training.Losses;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>Properties of the training forward pass beyond parity.</summary>
public sealed class TrainingForwardPassTests
{
    // All activations are kept here unless a test says otherwise.
    private static readonly TrainingOptions Clicks = TrainingOptions.FineTuning with
    {
        ProbToUsePtInputForTrain = 1,
        NumCorrectionPtPerFrame = 2,
        RecomputeMemoryAttention = false,
    };

    private static readonly TrainingOptions Masks = new() { RecomputeMemoryAttention = false };

    private DisposeScope _scope = null!;
    private Sam2Model _model = null!;

    [SetUp]
    public void CreateModel()
    {
        _scope = NewDisposeScope();
        _model = NanoModel.Create();
        _model.train();
    }

    [TearDown]
    public void Free()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Checkpointing_changes_neither_losses_nor_gradients([Values] bool clicks, [Values] bool memoryAttentionAlone)
    {
        var options = clicks ? Clicks : Masks;
        var (kept, gradients) = Step(options, seed: 3);
        var (again, recomputed) = Step(
            options with { ActivationCheckpointing = !memoryAttentionAlone, RecomputeMemoryAttention = memoryAttentionAlone }, seed: 3);
        Assert.That(again, Is.EqualTo(kept).Within(1e-3).Percent, "loss, dropout included; attention without dropout has another kernel");
        Assert.That(recomputed.Keys, Is.EquivalentTo(gradients.Keys));
        var largest = gradients.Values.Max(g => g.norm().item<float>());
        foreach (var (name, gradient) in gradients)
        {
            var difference = (recomputed[name] - gradient).norm().item<float>();
            Assert.That(difference, Is.LessThanOrEqualTo(1e-3 * gradient.norm().item<float>() + 1e-6 * largest), name);
        }
    }

    // Parts of the model that are computed again then have no weights to train, or nothing that leads to any.
    [TestCase("image_encoder.neck.")]
    [TestCase("sam_prompt_encoder.")]
    [TestCase("memory_encoder.")]
    [TestCase("memory_attention.")]
    public void Checkpointing_changes_no_gradients_of_a_part_that_is_trained_alone(string part)
    {
        foreach (var (name, parameter) in _model.named_parameters())
            parameter.requires_grad = name.StartsWith(part, StringComparison.Ordinal);
        var (_, gradients) = Step(Clicks, seed: 3);
        var (_, recomputed) = Step(Clicks with { ActivationCheckpointing = true }, seed: 3);
        Assert.That(gradients, Is.Not.Empty);
        Assert.That(recomputed.Keys, Is.EquivalentTo(gradients.Keys));
        foreach (var (name, gradient) in gradients)
            Close.Within(recomputed[name], gradient, 1e-3 * gradient.norm().item<float>() + 1e-6, name);
    }

    [Test]
    public void Checkpointing_gives_the_gradients_of_a_loss_that_leaves_results_unused()
    {
        Dictionary<string, Tensor> Gradients(bool checkpointing)
        {
            _model.zero_grad();
            using var scope = NewDisposeScope();
            using var clips = Clips(clips: 1, [0, 0, 0], frames: 1);
            using var prediction = new TrainingForwardPass(_model, Clicks with { ActivationCheckpointing = checkpointing }).Run(clips, new(3));
            // Neither masks nor object scores, object pointers or memories.
            prediction.Frames[0].Steps[0].Ious.sum().backward();
            ActivationCheckpoint.ThrowIfFailed();
            return _model.named_parameters().Where(p => p.parameter.grad is not null)
                .ToDictionary(p => p.name, p => p.parameter.grad!.clone().MoveToOuterDisposeScope());
        }

        var (kept, recomputed) = (Gradients(checkpointing: false), Gradients(checkpointing: true));
        Assert.That(kept, Does.ContainKey("image_encoder.trunk.patch_embed.proj.weight"));
        foreach (var (name, gradient) in kept)
            Close.Within(recomputed[name], gradient, 1e-3 * gradient.norm().item<float>() + 1e-6, name);
        foreach (var name in recomputed.Keys.Except(kept.Keys))
            Assert.That(recomputed[name].count_nonzero().item<long>(), Is.Zero, $"{name}: unused results add zeros");
    }

    [Test]
    public void An_error_while_a_segment_is_computed_again_surfaces_after_the_backward_pass()
    {
        var calls = 0;
        var x = ones(3).requires_grad_();
        var result = ActivationCheckpoint.Run(
            inputs => ++calls == 1 ? [inputs[0] * 2] : throw new InvalidOperationException("no second time"), [x]);
        Assert.That(() => ActivationCheckpoint.Backward(result[0].sum()), Throws.InvalidOperationException.With.Message.EqualTo("no second time"));
        Assert.That(x.grad!.isnan().all().item<bool>(), Is.True);
        Assert.That(() => ActivationCheckpoint.ThrowIfFailed(), Throws.Nothing, "it is told once");
    }

    [Test]
    public void Equal_seeds_give_equal_steps_and_others_do_not()
    {
        var first = Step(Clicks, seed: 5).Loss;
        Assert.That(Step(Clicks, seed: 5).Loss, Is.EqualTo(first));
        Assert.That(Step(Clicks, seed: 6).Loss, Is.Not.EqualTo(first));
    }

    [Test]
    public void Several_clips_give_the_predictions_of_each_alone()
    {
        _model.eval();
        using var quiet = no_grad();
        using var clips = Clips(clips: 2, [1, 0, 1]);
        var options = new TrainingOptions { ProbToUsePtInputForEval = 1, NumCorrectionPtPerFrame = 1 };
        using var together = new TrainingForwardPass(_model, options).Run(clips, new(1));
        for (var clip = 0; clip < 2; clip++)
        {
            var objects = Enumerable.Range(0, 3).Where(o => clips.ObjectClip[o] == clip).Select(o => (long)o).ToArray();
            var single = new ClipBatch(
                clips.Images.narrow(1, clip, 1), clips.Masks.index_select(1, tensor(objects)), objects.Select(_ => 0).ToArray(), ["one"]);
            using var alone = new TrainingForwardPass(_model, options).Run(single, new(1));
            for (var t = 0; t < clips.FrameCount; t++)
            {
                var expected = alone.Frames[t].Steps[^1].BestMask;
                Close.ToStandardDeviation(together.Frames[t].Steps[^1].BestMask.index_select(0, tensor(objects)), expected, 1e-3, $"clip {clip}, frame {t}");
            }
        }
    }

    [Test]
    public void Images_are_clicked_and_corrected_clips_of_one_frame()
    {
        using var clips = Clips(clips: 2, [0, 0, 1], frames: 1);
        using var prediction = new TrainingForwardPass(_model, Masks with { NumCorrectionPtPerFrame = 3 }).Run(clips, new(1));
        var steps = prediction.Frames.Single().Steps;
        Assert.That(steps.Select(step => step.Points!.Labels.shape[1]), Is.EqualTo(new long[] { 1, 2, 3, 4 }));
        Assert.That(steps[0].Masks.shape, Is.EqualTo(new long[] { 3, 3, 128, 128 }), "three masks for one click");
        Assert.That(steps[1].Masks.shape, Is.EqualTo(new long[] { 3, 1, 128, 128 }));
    }

    [Test]
    public void Corrected_frames_are_remembered_as_conditioning_frames_if_asked()
    {
        _model.eval();
        using var quiet = no_grad();
        using var clips = Clips(clips: 1, [0, 0, 0], frames: 4);
        var options = new TrainingOptions { ProbToUsePtInputForEval = 1, NumFramesToCorrectForEval = 3, NumCorrectionPtPerFrame = 1 };
        using var others = new TrainingForwardPass(_model, options).Run(clips, new(2));
        using var conditioning = new TrainingForwardPass(_model, options with { AddAllFramesToCorrectAsCond = true }).Run(clips, new(2));
        Assert.That(others.Plan.CorrectedFrames, Is.EqualTo(conditioning.Plan.CorrectedFrames), "the same frames are corrected");
        var last = (others.Frames[3].Steps[^1].BestMask - conditioning.Frames[3].Steps[^1].BestMask).abs().max().item<float>();
        Assert.That(last, Is.GreaterThan(1e-3), "another place in time for the memory");
    }

    [Test]
    public void A_frozen_image_encoder_gets_no_gradients_and_the_rest_does()
    {
        var (_, gradients) = Step(Clicks with { FreezeImageEncoder = true }, seed: 1);
        Assert.That(gradients.Keys.Where(name => name.StartsWith("image_encoder")), Is.Empty);
        Assert.That(gradients.Keys, Does.Contain("sam_mask_decoder.iou_token.weight").And.Contain("memory_attention.norm.weight"));
    }

    [Test]
    public void A_step_leaves_no_tensors_behind([Values] bool checkpointing)
    {
        var options = Clicks with { ActivationCheckpointing = checkpointing };
        void Run(ulong seed)
        {
            using var inner = NewDisposeScope();
            Step(options, seed);
        }

        Run(1);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Run(2);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void Clips_of_another_size_are_refused_with_both_shapes()
    {
        var clips = new ClipBatch(zeros([2, 1, 3, 64, 64]), zeros([2, 1, 64, 64], dtype: ScalarType.Bool), [0], ["x"]);
        Assert.That(
            () => new TrainingForwardPass(_model, Masks).Run(clips, new(1)),
            Throws.ArgumentException.With.Message.Contains("[2, 1, 3, 64, 64]").And.Message.Contains("[T, B, 3, 128, 128]"));
    }

    private (double Loss, Dictionary<string, Tensor> Gradients) Step(TrainingOptions options, ulong seed)
    {
        _model.zero_grad();
        using var scope = NewDisposeScope();
        using var clips = Clips(clips: 1, [0, 0, 0]);
        using var prediction = new TrainingForwardPass(_model, options).Run(clips, new(seed));
        using var losses = new MultiStepLoss(new LossOptions()).Compute(prediction, clips.Masks);
        losses.Backward();
        var gradients = new Dictionary<string, Tensor>();
        foreach (var (name, parameter) in _model.named_parameters())
            if (parameter.grad is { } gradient)
                gradients.Add(name, gradient.clone().MoveToOuterDisposeScope());
        return (losses.Values["core_loss"], gradients);
    }

    /// <summary>Clips of the golden file: the second one is the first reversed.</summary>
    private static ClipBatch Clips(int clips, int[] objectClip, int frames = 3)
    {
        using var golden = GoldenFile.Open("train_nano.pt");
        using var scope = NewDisposeScope();
        var forward = golden["images"];
        var images = stack([forward, forward.flip(0)], 1).narrow(0, 0, frames).narrow(1, 0, clips).contiguous();
        var masks = golden.Mask("masks").narrow(0, 0, frames).contiguous();
        return new(images.MoveToOuterDisposeScope(), masks.MoveToOuterDisposeScope(), objectClip, [.. Enumerable.Repeat("golden", clips)]);
    }
}
