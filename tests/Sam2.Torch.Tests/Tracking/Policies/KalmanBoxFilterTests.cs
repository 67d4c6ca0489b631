using NUnit.Framework;
using Sam2.Torch.Tracking.Policies;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class KalmanBoxFilterTests
{
    /// <summary>
    /// Computed with numpy by the textbook's matrices: 8 states, F = [[1, 1], [0, 1]] ⊗ I4, H = [I4 0], Q and R diagonal with (size/20)² and
    /// (size/160)², P at first (2 size/20)² and (10 size/160)².
    /// </summary>
    [Test]
    public void Prediction_and_update_are_those_of_the_filter_with_all_eight_states()
    {
        var filter = new KalmanBoxFilter(new MaskBox(10, 20, 30, 60));
        foreach (var box in new MaskBox[] { new(13, 21, 33, 60), new(16, 22, 37, 62), new(20, 23, 40, 62) })
        {
            filter.Predict();
            filter.Update(box);
        }

        filter.Predict();
        var expected = filter.Box;
        var (x, y, width, height) = filter.Velocity;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(expected.Left, Is.EqualTo(21.520933681848703).Within(1e-10));
            Assert.That(expected.Top, Is.EqualTo(23.528716219323126).Within(1e-10));
            Assert.That(expected.Right, Is.EqualTo(41.84099673647069).Within(1e-10));
            Assert.That(expected.Bottom, Is.EqualTo(62.65259194419555).Within(1e-10));
            Assert.That((x, y), Is.EqualTo((2.32282147, 0.645249891)).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-8 && Math.Abs(a.Item2 - b.Item2) < 1e-8));
            Assert.That(width, Is.EqualTo(0.0423434094).Within(1e-10));
            Assert.That(height, Is.EqualTo(-0.0968406304).Within(1e-10));
            Assert.That(filter.Numbers[2], Is.EqualTo(2.95782331).Within(1e-8), "variance of x");
            Assert.That(filter.Numbers[3], Is.EqualTo(0.8144119041503743).Within(1e-10), "covariance of x and its velocity");
            Assert.That(filter.Numbers[18], Is.EqualTo(3.106138230132529).Within(1e-10), "covariance of h and its velocity");
            Assert.That(filter.Numbers[19], Is.EqualTo(2.10759694).Within(1e-8), "variance of h's velocity");
        }
    }

    [Test]
    public void A_filter_goes_on_from_its_numbers()
    {
        var filter = new KalmanBoxFilter(new MaskBox(1, 2, 9, 12));
        filter.Predict();
        filter.Update(new MaskBox(2, 2, 10, 13));
        var copy = new KalmanBoxFilter(filter.Numbers);
        filter.Predict();
        copy.Predict();
        Assert.That(copy.Numbers, Is.EqualTo(filter.Numbers));
    }

    [Test]
    public void Boxes_overlap_by_their_areas()
    {
        var box = new MaskBox(0, 0, 4, 4);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(box.Iou(new MaskBox(2, 0, 6, 4)), Is.EqualTo(8.0 / 24));
            Assert.That(box.Iou(new MaskBox(4, 0, 8, 4)), Is.Zero);
            Assert.That(box.Iou(box), Is.EqualTo(1));
            Assert.That(new MaskBox(1, 1, 1, 1).Iou(new MaskBox(1, 1, 1, 1)), Is.Zero);
            Assert.That(box.Union(new MaskBox(3, -1, 9, 2)), Is.EqualTo(new MaskBox(0, -1, 9, 4)));
        }
    }

    [Test]
    public void The_box_of_a_mask_ends_behind_its_last_pixel()
    {
        using var scope = NewDisposeScope();
        var logits = full(3, 4, 5, -1.0);
        logits[0, 1, 2] = 1;
        logits[1, 0, 0] = 1;
        logits[1, 3, 4] = 0.5;
        Assert.That(MaskBox.Of(logits), Is.EqualTo(new MaskBox?[] { new(2, 1, 3, 2), new(0, 0, 5, 4), null }));
    }
}
