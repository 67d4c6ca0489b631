using NUnit.Framework;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Prediction;
using TestSupport;
using TorchSharp;

namespace Sam2.Torch.Tests.Prediction;

[TestFixture]
public class DynamicInteractivePredictorTests : ShippedModelTests
{
    [Test]
    public void An_object_shown_once_is_found_on_other_images_and_another_can_be_added_later()
    {
        using var predictor = new DynamicInteractivePredictor(Model);
        var (first, second, third) = (Image(0), Image(5), Image(9));
        predictor.Predict(first.Image, [Shown(2, first)]);

        var found = predictor.Predict(second.Image);
        Assert.That(found.Select(o => o.ObjectId), Is.EqualTo((int[])[2]));
        Assert.That(found[0].Mask.Iou(second.Mask(2)), Is.GreaterThan(0.7));

        var both = predictor.Predict(second.Image, [Shown(3, second)]);
        Assert.That(both.Select(o => o.ObjectId), Is.EqualTo((int[])[2, 3]));
        var later = predictor.Predict(third.Image);
        Assert.Multiple(() =>
        {
            Assert.That(later[0].Mask.Iou(third.Mask(2)), Is.GreaterThan(0.7));
            Assert.That(later[1].Mask.Iou(third.Mask(3)), Is.GreaterThan(0.6));
        });
    }

    [Test]
    public void Showing_an_object_again_improves_what_is_found_next()
    {
        using var predictor = new DynamicInteractivePredictor(Model);
        var (first, second, third) = (Image(0), Image(6), Image(8));
        // A click off the object, then the object itself.
        predictor.Predict(first.Image, [(1, new ObjectPrompt { Points = [new PointPrompt(5, 5)] })]);
        var before = predictor.Predict(third.Image)[0].Mask.Iou(third.Mask(2));
        predictor.Predict(second.Image, [(1, new ObjectPrompt { Mask = second.Mask(2) })]);
        predictor.Predict(first.Image, [(1, new ObjectPrompt { Mask = first.Mask(2) })]);
        var after = predictor.Predict(third.Image)[0].Mask.Iou(third.Mask(2));
        Assert.That(after, Is.GreaterThan(before));
    }

    [Test]
    public void Prompts_without_updating_the_memory_leave_no_trace()
    {
        using var predictor = new DynamicInteractivePredictor(Model);
        var (first, second) = (Image(0), Image(5));
        var answer = predictor.Predict(first.Image, [Shown(2, first)], updateMemory: false);
        Assert.That(answer[0].Mask.Iou(first.Mask(2)), Is.GreaterThan(0.7));
        Assert.That(predictor.ObjectIds, Is.Empty);
        Assert.That(() => predictor.Predict(second.Image), Throws.InvalidOperationException);

        predictor.Predict(first.Image, [Shown(2, first)]);
        var before = predictor.Predict(second.Image)[0].Mask;
        // Something else under the known object's number.
        var other = predictor.Predict(first.Image, [(2, Shown(3, first).Prompt)], updateMemory: false);
        Assert.That(other[0].Mask.Iou(first.Mask(3)), Is.GreaterThan(0.6));
        Assert.That(predictor.Predict(second.Image)[0].Mask, Is.EqualTo(before));
    }

    [Test]
    public void Objects_and_memories_are_bounded_and_can_be_forgotten()
    {
        var image = Image(0);
        using var predictor = new DynamicInteractivePredictor(Model, new() { MaxObjects = 2, MemoriesPerObject = 2 });
        predictor.Predict(image.Image, [Shown(1, image), Shown(2, image)]);
        Assert.That(() => predictor.Predict(image.Image, [Shown(3, image)]), Throws.InvalidOperationException.With.Message.Contains("MaxObjects"));
        predictor.Forget(1);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        predictor.Predict(image.Image, [Shown(2, image)]);
        var full = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 4; i++) predictor.Predict(image.Image, [Shown(2, image)]);
        Assert.That(full, Is.GreaterThan(before));
        Assert.That(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Is.EqualTo(full));
    }

    [Test]
    public void Misuse_is_refused_with_a_reason()
    {
        var image = Image(0);
        using var predictor = new DynamicInteractivePredictor(Model);
        Assert.Multiple(() =>
        {
            Assert.That(() => predictor.Predict(image.Image), Throws.InvalidOperationException);
            Assert.That(() => predictor.Predict(image.Image, [(1, new ObjectPrompt())]), Throws.ArgumentException.With.Message.Contains("empty"));
            Assert.That(() => predictor.Predict(image.Image, [Shown(1, image), Shown(1, image)]), Throws.ArgumentException.With.Message.Contains("two prompts"));
            Assert.That(() => predictor.Predict(image.Image, [(1, Shown(1, image).Prompt with { Mask = image.Mask(1) })]), Throws.ArgumentException.With.Message.Contains("one of the two"));
            Assert.That(() => predictor.Forget(4), Throws.ArgumentException.With.Message.Contains("no object 4"));
            Assert.That(() => new DynamicInteractivePredictor(Model, new() { MaxObjects = 0 }), Throws.ArgumentException);
        });
    }

    private static DrawnFrame Image(int time) => DemoScene.Create(240, 180).Render(time);

    private static (int ObjectId, ObjectPrompt Prompt) Shown(byte id, DrawnFrame image)
    {
        var (x, y, width, height) = image.Mask(id).BoundingBox;
        return (id, ObjectPrompt.FromBox(x, y, x + width, y + height));
    }
}
