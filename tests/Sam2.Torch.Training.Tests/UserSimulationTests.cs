using NUnit.Framework;
using Sam2.Torch.Training.Prompts;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Training.Tests;

public sealed class UserSimulationTests
{
    private DisposeScope _scope = null!;
    private Tensor _masks = null!;
    private Tensor _logits = null!;

    /// <summary>An object on the left that the prediction finds, and something on the right that it takes for the object.</summary>
    [SetUp]
    public void Predict()
    {
        _scope = NewDisposeScope();
        _masks = zeros(1, 1, 16, 16, dtype: ScalarType.Bool);
        _masks[0, 0].narrow(0, 4, 6).narrow(1, 2, 5).fill_(true);
        var predicted = _masks.clone();
        predicted[0, 0].narrow(0, 9, 4).narrow(1, 11, 4).fill_(true);
        _logits = (predicted.to(float32) * 8) - 4;
    }

    [TearDown]
    public void Free()
    {
        _masks.Dispose();
        _logits.Dispose();
        _scope.Dispose();
    }

    [TestCase(0, 0, 0)]
    [TestCase(0.1, 25, 80)]
    [TestCase(1, 500, 500)]
    public void In_training_some_clicks_go_onto_the_object_whatever_the_prediction(double probability, int least, int most) =>
        Assert.That(ClicksOntoTheObject(new() { ProbToSampleFromGtForTrain = probability }, training: true, count: 500), Is.InRange(least, most));

    [Test]
    public void In_evaluation_all_clicks_go_to_the_centre_of_the_error()
    {
        var user = new UserSimulation(new TrainingOptions { ProbToSampleFromGtForTrain = 1 });
        var points = user.Correct(null, _masks, _logits, training: false, new(1));
        Assert.That(points.Coordinates.flatten().data<float>().ToArray(), Has.All.InRange(10f, 13f));
        Assert.That(points.Labels[0, 0].item<int>(), Is.Zero);
    }

    [TestCase(0, false)]
    [TestCase(1, true)]
    public void In_training_clicks_go_to_the_centre_of_the_error_where_that_is_asked_for(double probability, bool always)
    {
        var (user, random) = (new UserSimulation(new TrainingOptions { ProbToSampleCenterForTrain = probability }), new TrainingRandom(1));
        var clicks = Enumerable.Range(0, 30).SelectMany(_ => user.Correct(null, _masks, _logits, training: true, random).Coordinates.flatten().data<float>().ToArray());
        Assert.That(clicks.All(at => at is >= 10 and <= 13), Is.EqualTo(always));
    }

    [Test]
    public void A_correction_comes_after_the_points_before_it()
    {
        var (user, random) = (new UserSimulation(new TrainingOptions()), new TrainingRandom(1));
        var box = user.Prompt(_masks, box: true, training: true, random);
        Assert.That(user.Correct(box, _masks, _logits, training: true, random).Labels.flatten().data<int>().ToArray(), Is.EqualTo(new[] { 2, 3, 0 }));
    }

    /// <summary>How many of the clicks are foreground on the object; the others must be background on what is wrong.</summary>
    private int ClicksOntoTheObject(TrainingOptions options, bool training, int count)
    {
        var (user, random) = (new UserSimulation(options), new TrainingRandom(5));
        var onto = 0;
        for (var i = 0; i < count; i++)
        {
            var click = user.Correct(null, _masks, _logits, training, random);
            var (x, y) = ((long)click.Coordinates[0, 0, 0].item<float>(), (long)click.Coordinates[0, 0, 1].item<float>());
            var foreground = click.Labels[0, 0].item<int>() == 1;
            Assert.That(_masks[0, 0, y, x].item<bool>(), Is.EqualTo(foreground));
            Assert.That(_logits[0, 0, y, x].item<float>(), Is.Positive);
            onto += foreground ? 1 : 0;
        }
        return onto;
    }
}
