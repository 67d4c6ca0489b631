using NUnit.Framework;
using Sam2.Cli.Prompts;

namespace Sam2.Cli.Tests.Prompts;

public class BoxArgumentTests
{
    [Test]
    public void Reads_left_top_right_and_bottom()
    {
        var box = BoxArgument.Parse("60,70.5,50%,200");
        Assert.That(
            (box.X0.ToPixels(640), box.Y0.ToPixels(480), box.X1.ToPixels(640), box.Y1.ToPixels(480)), Is.EqualTo((60.0, 70.5, 320.0, 200.0)));
    }

    [TestCase("1,2,3", "3 numbers")]
    [TestCase("1,2,3,4,5", "5 numbers")]
    [TestCase("1,2,x,4", "X1 'x'")]
    [TestCase("1,2,3,NaN", "Y1 'NaN'")]
    [TestCase("10,0,10,5", "empty")]
    [TestCase("10,5,20,4", "empty")]
    [TestCase("60%,0,40%,5", "empty")]
    public void Refuses_what_is_no_box_and_says_why(string text, string expected) =>
        Assert.That(() => BoxArgument.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(expected).And.Message.Contains($"--box '{text}'"));
}
