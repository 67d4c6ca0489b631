using NUnit.Framework;
using Sam2.Torch.Training.Losses;
using Sam2.Torch.Training.Prompts;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

/// <summary>The losses with every switch, against their definitions in plain arithmetic.</summary>
public sealed class MultiStepLossTests
{
    private static readonly string[] Names = ["loss_mask", "loss_dice", "loss_iou", "loss_class"];

    private DisposeScope _scope = null!;

    private static IEnumerable<LossOptions> Switches =>
    [
        new(),
        new() { SuperviseAllIou = false },
        new() { IouUseL1Loss = false },
        new() { IouUseL1Loss = false, SuperviseAllIou = false },
        new() { FocalAlpha = -1, FocalGamma = 0 },
        new() { FocalAlphaObjScore = 0.25, FocalGammaObjScore = 2 },
        new() { PredObjScores = false },
        new() { LossMask = 0.1, LossDice = 5, LossIou = 2, LossClass = 3 },
    ];

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [TestCaseSource(nameof(Switches))]
    public void Losses_are_those_of_the_definitions_summed_over_frames_and_steps(LossOptions options)
    {
        // Objects: seen all the time, never, and on one of the frames.
        var truth = rand([2, 3, 6, 6], generator: new Generator(1)) > 0.6;
        truth[TensorIndex.Colon, 1].fill_(false);
        truth[1, 2].fill_(false);
        var generator = new Generator(2);
        FramePrediction[] frames =
        [
            new([Step(3, generator), Step(1, generator)]),
            new([Step(3, generator)]),
        ];
        using var losses = new MultiStepLoss(options).Compute(new ClipPrediction(frames, new PromptPlan(true, [0], [0], new HashSet<int>())), truth);

        var expected = new double[4];
        for (var t = 0; t < frames.Length; t++)
            foreach (var step in frames[t].Steps)
                expected = [.. expected.Zip(Defined(options, step, truth[t]), (sum, loss) => sum + (loss / 3))];
        double[] weights = [options.LossMask, options.LossDice, options.LossIou, options.LossClass];
        using (Assert.EnterMultipleScope())
        {
            for (var i = 0; i < 4; i++)
                Assert.That(losses.Values[Names[i]], Is.EqualTo(expected[i]).Within(1e-5), Names[i]);
            Assert.That(losses.Values["core_loss"], Is.EqualTo(expected.Zip(weights, (loss, weight) => loss * weight).Sum()).Within(1e-4));
        }
    }

    [Test]
    public void Switches_make_a_difference()
    {
        var truth = rand([1, 3, 6, 6], generator: new Generator(1)) > 0.6;
        truth[0, 1].fill_(false);
        double Total(LossOptions options)
        {
            using var losses = new MultiStepLoss(options).Compute(new ClipPrediction([new([Step(3, new Generator(2))])], new PromptPlan(true, [0], [0], new HashSet<int>())), truth);
            return losses.Values["core_loss"];
        }
        Assert.That(Switches.Select(Total), Is.Unique);
    }

    [Test]
    public void Nothing_pulls_at_masks_and_ious_of_an_absent_object_but_its_score_is_trained()
    {
        var step = Step(3, new Generator(3));
        foreach (var tensor in new[] { step.Masks, step.Ious, step.ObjectScores })
            tensor.requires_grad_();
        var truth = ones([1, 3, 6, 6], dtype: ScalarType.Bool);
        truth[0, 2].fill_(false);
        using var losses = new MultiStepLoss(new()).Compute(new ClipPrediction([new([step])], new PromptPlan(true, [0], [0], new HashSet<int>())), truth);
        losses.Total.backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(step.Masks.grad![2].abs().max().item<float>(), Is.Zero);
            Assert.That(step.Ious.grad![2].abs().max().item<float>(), Is.Zero);
            Assert.That(step.ObjectScores.grad!.flatten().data<float>().ToArray(), Has.All.Not.Zero);
            Assert.That((step.Masks.grad[0].abs().amax([1, 2]) > 0).sum().item<long>(), Is.EqualTo(1), "the best of three");
            Assert.That((step.Ious.grad[0] != 0).sum().item<long>(), Is.EqualTo(3), "all of them");
        }
    }

    /// <summary>Mask, dice, IoU and class loss of one step, summed over objects (training/loss_fns.py).</summary>
    private static double[] Defined(LossOptions options, PredictionStep step, Tensor truth)
    {
        var sums = new double[4];
        for (var o = 0; o < truth.shape[0]; o++)
        {
            var target = Numbers(truth[o]);
            var visible = target.Max();
            if (options.PredObjScores)
                sums[3] += Focal(step.ObjectScores[o, 0].item<float>(), visible, options.FocalAlphaObjScore, options.FocalGammaObjScore);
            if (options.PredObjScores && visible == 0)
                continue;
            var losses = Enumerable.Range(0, (int)step.Masks.shape[1]).Select(m =>
            {
                var logits = Numbers(step.Masks[o, m]);
                var (both, either) = (logits.Zip(target).Count(x => x.First > 0 && x.Second > 0), logits.Zip(target).Count(x => x.First > 0 || x.Second > 0));
                var soft = logits.Select(Sigmoid).ToArray();
                var error = step.Ious[o, m].item<float>() - (both / (double)Math.Max(1, either));
                return (
                    Mask: logits.Zip(target, (x, t) => Focal(x, t, options.FocalAlpha, options.FocalGamma)).Average(),
                    Dice: 1 - (((2 * soft.Zip(target, (p, t) => p * t).Sum()) + 1) / (soft.Sum() + target.Sum() + 1)),
                    Iou: options.IouUseL1Loss ? Math.Abs(error) : error * error);
            }).ToList();
            var best = losses.MinBy(loss => (options.LossMask * loss.Mask) + (options.LossDice * loss.Dice));
            sums[0] += best.Mask;
            sums[1] += best.Dice;
            sums[2] += options.SuperviseAllIou ? losses.Average(loss => loss.Iou) : best.Iou;
        }
        return sums;
    }

    private static double Focal(double logit, double target, double alpha, double gamma)
    {
        var right = target > 0 ? Sigmoid(logit) : 1 - Sigmoid(logit);
        var weight = alpha < 0 ? 1 : target > 0 ? alpha : 1 - alpha;
        return -weight * Math.Pow(1 - right, gamma) * Math.Log(right);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] Numbers(Tensor tensor) => tensor.flatten().to(float64).data<double>().ToArray();

    /// <summary>A prediction for three objects.</summary>
    private static PredictionStep Step(int masks, Generator generator)
    {
        var logits = randn([3, masks, 6, 6], generator: generator) * 2;
        return new(logits, logits.narrow(1, 0, 1), rand([3, masks], generator: generator), randn([3, 1], generator: generator), null);
    }
}
