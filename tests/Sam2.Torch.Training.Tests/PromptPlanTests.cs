using NUnit.Framework;
using Sam2.Torch.Training.Prompts;

namespace Sam2.Torch.Training.Tests;

public sealed class PromptPlanTests
{
    [Test]
    public void The_recipe_prompts_and_corrects_one_or_two_frames()
    {
        var plans = Plans(TrainingOptions.FineTuning, frames: 8);
        Assert.That(plans.Count(plan => plan.UsePoints), Is.InRange(900, 1100));
        Assert.That(plans.Count(plan => plan.BoxFrames.Contains(0)), Is.InRange(420, 580), "boxes on the first frame: a quarter");
        Assert.That(plans.Select(plan => plan.InitialFrames.Count).Distinct().Order(), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(plans.Where(plan => plan.UsePoints).Select(plan => plan.CorrectedFrames.Count).Distinct().Order(), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(plans.SelectMany(plan => plan.InitialFrames).Distinct().Order(), Is.EqualTo(Enumerable.Range(0, 8)));
        foreach (var plan in plans)
        {
            Assert.That(plan.InitialFrames[0], Is.Zero);
            Assert.That(plan.CorrectedFrames, Is.Unique);
            Assert.That(plan.Order(8), Is.EquivalentTo(Enumerable.Range(0, 8)));
            Assert.That(plan.Order(8).Take(plan.InitialFrames.Count), Is.EqualTo(plan.InitialFrames));
            if (plan.UsePoints) Assert.That(plan.CorrectedFrames, Is.SupersetOf(plan.InitialFrames));
            else Assert.That(plan.CorrectedFrames.Concat(plan.BoxFrames), Is.Empty);
        }
    }

    [Test]
    public void Single_images_are_always_prompted_by_points_and_corrected()
    {
        foreach (var plan in Plans(TrainingOptions.FineTuning with { ProbToUsePtInputForTrain = 0 }, frames: 1))
        {
            Assert.That(plan.UsePoints);
            Assert.That(plan.InitialFrames, Is.EqualTo(new[] { 0 }));
            Assert.That(plan.CorrectedFrames, Is.EqualTo(new[] { 0 }));
        }
    }

    [Test]
    public void Evaluation_mode_has_settings_of_its_own()
    {
        var options = TrainingOptions.FineTuning with
        {
            ProbToUsePtInputForEval = 1,
            ProbToUseBoxInputForEval = 1,
            NumInitCondFramesForEval = 3,
            NumFramesToCorrectForEval = 5,
        };
        var plan = PromptPlan.Draw(options, frames: 6, training: false, new(1));
        Assert.That(plan.InitialFrames, Has.Count.EqualTo(3));
        Assert.That(plan.CorrectedFrames, Has.Count.EqualTo(5));
        Assert.That(plan.BoxFrames, Is.EquivalentTo(plan.InitialFrames));
    }

    [Test]
    public void Clips_shorter_than_the_settings_use_all_their_frames()
    {
        var options = new TrainingOptions { ProbToUsePtInputForEval = 1, NumInitCondFramesForEval = 4, NumFramesToCorrectForEval = 6 };
        var plan = PromptPlan.Draw(options, frames: 2, training: false, new(1));
        Assert.That(plan.InitialFrames, Is.EquivalentTo(new[] { 0, 1 }));
        Assert.That(plan.CorrectedFrames, Is.EquivalentTo(new[] { 0, 1 }));
    }

    [Test]
    public void Options_that_contradict_themselves_are_named()
    {
        Assert.That(
            () => new TrainingOptions { ProbToUsePtInputForTrain = 0.5, NumInitCondFramesForTrain = 2 }.Validate(),
            Throws.ArgumentException.With.Message.Contains("num_frames_to_correct_for_train is 1"));
        Assert.That(
            () => new TrainingOptions { ProbToUseBoxInputForEval = 1.5 }.Validate(),
            Throws.ArgumentException.With.Message.Contains("prob_to_use_box_input_for_eval is 1.5"));
    }

    private static List<PromptPlan> Plans(TrainingOptions options, int frames)
    {
        var random = new TrainingRandom(9);
        return [.. Enumerable.Range(0, 2000).Select(_ => PromptPlan.Draw(options, frames, training: true, random))];
    }
}
