using NUnit.Framework;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Evaluation.Tests;

public class SimulatedUserTests
{
    [Test]
    public void The_first_click_is_at_the_centre_of_the_object() =>
        Assert.That(SimulatedUser.NextClick(Box(10, 20, 15, 9)), Is.EqualTo(new PointPrompt(14, 24)));

    [Test]
    public void The_next_click_is_at_the_centre_of_the_largest_error_and_says_which_kind_it_is()
    {
        var truth = Box(10, 20, 15, 9);
        Assert.That(SimulatedUser.NextClick(truth, Box(10, 20, 5, 9)), Is.EqualTo(new PointPrompt(19, 24)));
        Assert.That(SimulatedUser.NextClick(truth, Box(10, 20, 30, 9)), Is.EqualTo(new PointPrompt(29, 24, IsForeground: false)));
        Assert.That(SimulatedUser.NextClick(new BinaryMask(60, 70), truth), Is.EqualTo(new PointPrompt(14, 24, IsForeground: false)));
    }

    [Test]
    public void The_edge_of_the_picture_bounds_an_error_too()
    {
        var truth = new BinaryMask(60, 70);
        truth.Data.AsSpan().Fill(1);
        Assert.That(SimulatedUser.NextClick(truth), Is.EqualTo(new PointPrompt(29, 29)));
    }

    [Test]
    public void Nothing_wrong_needs_no_click()
    {
        Assert.That(SimulatedUser.NextClick(Box(1, 2, 3, 4), Box(1, 2, 3, 4)), Is.Null);
        Assert.That(SimulatedUser.NextClick(new BinaryMask(5, 5)), Is.Null);
    }

    [Test]
    public void A_box_has_the_first_and_last_column_and_row_and_is_never_flat()
    {
        Assert.That(SimulatedUser.Box(Box(10, 20, 15, 9)), Is.EqualTo(new BoxPrompt(10, 20, 24, 28)));
        Assert.That(SimulatedUser.Box(Box(10, 20, 1, 1)), Is.EqualTo(new BoxPrompt(10, 20, 11, 21)));
        Assert.That(() => SimulatedUser.Box(new BinaryMask(5, 5)), Throws.ArgumentException);
    }

    private static BinaryMask Box(int x, int y, int width, int height)
    {
        var mask = new BinaryMask(60, 70);
        for (int row = y; row < y + height; row++)
        {
            mask.Row(row).Slice(x, width).Fill(1);
        }

        return mask;
    }
}
