using NUnit.Framework;
using Sam2.Torch.Training.Prompts;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

public sealed class PromptSamplerTests
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();

    [Test]
    public void Without_a_prediction_clicks_are_uniform_on_the_object()
    {
        var truth = Rectangle(2, 3, 5, 6);
        var seen = Clicks(truth, null, 600);
        Assert.That(seen.Keys, Is.EquivalentTo(Enumerable.Range(0, 9).Select(i => (2 + i % 3, 3 + i / 3, 1))));
        Assert.That(seen.Values, Has.All.InRange(35, 105));
    }

    [Test]
    public void Clicks_on_errors_are_foreground_where_the_object_is_missed_and_background_where_it_is_exceeded()
    {
        var seen = Clicks(Rectangle(2, 2, 4, 4), Rectangle(3, 2, 5, 4), 400);
        Assert.That(seen.Keys, Is.EquivalentTo(new[] { (2, 2, 1), (2, 3, 1), (4, 2, 0), (4, 3, 0) }));
        Assert.That(seen.Values, Has.All.InRange(60, 140));
    }

    [Test]
    public void A_perfect_prediction_gets_a_click_on_the_background()
    {
        var truth = Rectangle(1, 0, 8, 8);
        Assert.That(Clicks(truth, truth, 200).Keys, Is.EquivalentTo(Enumerable.Range(0, 8).Select(y => (0, y, 0))));
        var full = ones(1, 1, 8, 8, dtype: ScalarType.Bool);
        Assert.That(Clicks(full, full, 3).Keys, Is.EqualTo(new[] { (0, 0, 0) }));
    }

    [Test]
    public void The_centre_of_the_larger_error_is_clicked()
    {
        var truth = zeros(1, 1, 32, 32, dtype: ScalarType.Bool);
        truth[0, 0].narrow(0, 4, 5).narrow(1, 10, 9).fill_(true);
        var predicted = zeros_like(truth);
        predicted[0, 0].narrow(0, 20, 9).narrow(1, 20, 9).fill_(true);
        Assert.That(Click(truth, predicted, PointSampling.Center), Is.EqualTo((24, 24, 0)));
        Assert.That(Click(truth, null, PointSampling.Center), Is.EqualTo((12, 6, 1)));
    }

    [Test]
    public void Exact_boxes_surround_the_objects()
    {
        var box = PromptSampler.Box(Rectangle(1, 2, 6, 5), noise: 0, noiseBound: 20, new(1));
        Assert.That(box.Coordinates.flatten().data<float>().ToArray(), Is.EqualTo(new float[] { 1, 2, 5, 4 }));
        Assert.That(box.Labels.flatten().data<int>().ToArray(), Is.EqualTo(new[] { 2, 3 }));
        Assert.That(box.Coordinates.shape, Is.EqualTo(new long[] { 1, 2, 2 }));
    }

    [Test]
    public void Noise_displaces_corners_by_a_fraction_of_the_side_within_bound_and_picture()
    {
        var mask = zeros(1, 1, 100, 100, dtype: ScalarType.Bool);
        mask[0, 0].narrow(0, 20, 41).narrow(1, 1, 61).fill_(true);
        var random = new TrainingRandom(2);
        var boxes = cat(Enumerable.Range(0, 500).Select(_ => PromptSampler.Box(mask, 0.1, 5, random).Coordinates.flatten(1)).ToArray());
        var low = boxes.amin([0]).data<float>().ToArray();
        var high = boxes.amax([0]).data<float>().ToArray();
        // x0 = 1 ± 5 but not below 0; y0 = 20 ± 4; x1 = 61 ± 5; y1 = 60 ± 4.
        Assert.That(low[0], Is.Zero);
        float[] lowest = [0, 16, 56, 56], highest = [6, 24, 66, 64];
        for (var i = 0; i < 4; i++)
        {
            Assert.That(low[i], Is.InRange(lowest[i], lowest[i] + 0.3f));
            Assert.That(high[i], Is.InRange(highest[i] - 0.3f, highest[i]));
        }
    }

    [Test]
    public void The_box_of_nothing_is_within_the_picture()
    {
        var box = PromptSampler.Box(zeros(1, 1, 16, 16, dtype: ScalarType.Bool), 0.1, 20, new(1));
        Assert.That(box.Coordinates.flatten().data<float>().ToArray(), Has.All.InRange(0f, 15f));
    }

    [Test]
    public void Every_object_gets_a_click_of_its_own()
    {
        var masks = cat([Rectangle(0, 0, 2, 2), Rectangle(6, 6, 8, 8)]);
        var click = PromptSampler.Click(masks, null, PointSampling.Uniform, new(1));
        Assert.That(click.Coordinates.shape, Is.EqualTo(new long[] { 2, 1, 2 }));
        Assert.That(click.Coordinates[0].max().item<float>(), Is.LessThan(2));
        Assert.That(click.Coordinates[1].min().item<float>(), Is.GreaterThanOrEqualTo(6));
    }

    private static Dictionary<(int X, int Y, int Label), int> Clicks(Tensor truth, Tensor? predicted, int count)
    {
        var random = new TrainingRandom(11);
        return Enumerable.Range(0, count).Select(_ => Click(truth, predicted, PointSampling.Uniform, random))
            .CountBy(click => click).ToDictionary();
    }

    private static (int X, int Y, int Label) Click(Tensor truth, Tensor? predicted, PointSampling sampling, TrainingRandom? random = null)
    {
        using var scope = NewDisposeScope();
        var click = PromptSampler.Click(truth, predicted, sampling, random ?? new(1));
        return ((int)click.Coordinates[0, 0, 0].item<float>(), (int)click.Coordinates[0, 0, 1].item<float>(), click.Labels[0, 0].item<int>());
    }

    /// <summary>A mask [1, 1, 8, 8] of the pixels left ≤ x &lt; right, top ≤ y &lt; bottom.</summary>
    private static Tensor Rectangle(int left, int top, int right, int bottom)
    {
        var mask = zeros(1, 1, 8, 8, dtype: ScalarType.Bool);
        mask[0, 0].narrow(0, top, bottom - top).narrow(1, left, right - left).fill_(true);
        return mask;
    }
}
