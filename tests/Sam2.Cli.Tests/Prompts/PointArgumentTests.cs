using NUnit.Framework;
using Sam2.Cli.Prompts;

namespace Sam2.Cli.Tests.Prompts;

public class PointArgumentTests
{
    [TestCase("120,85", 120, 85, 1)]
    [TestCase("120,85,1", 120, 85, 1)]
    [TestCase("120.5,85.25,0", 120.5, 85.25, 0)]
    [TestCase(" 3 , 4 , 0 ", 3, 4, 0)]
    [TestCase("-1,0", -1, 0, 1)]
    public void Reads_pixels_and_a_label(string text, double x, double y, int label)
    {
        var point = PointArgument.Parse(text);
        Assert.That((point.X.ToPixels(640), point.Y.ToPixels(480), point.Label), Is.EqualTo((x, y, label)));
    }

    [Test]
    public void Reads_percentages_of_width_and_height()
    {
        var point = PointArgument.Parse("50%,25%");
        Assert.That((point.X.ToPixels(640), point.Y.ToPixels(480)), Is.EqualTo((320.0, 120.0)));
    }

    [TestCase("", "1 number;")]
    [TestCase("120", "1 number;")]
    [TestCase("1,2,3,4", "4 numbers")]
    [TestCase("a,2", "X 'a'")]
    [TestCase("1,", "Y ''")]
    [TestCase("1,NaN", "Y 'NaN'")]
    [TestCase("Infinity,1", "X 'Infinity'")]
    [TestCase("1e999,1", "X '1e999'")]
    [TestCase("1,2,2", "label '2'")]
    [TestCase("1,2,-1", "label '-1'")]
    [TestCase("1,2,yes", "label 'yes'")]
    public void Refuses_what_is_no_point_and_names_the_part(string text, string expected) =>
        Assert.That(() => PointArgument.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(expected).And.Message.Contains($"--point '{text}'"));
}
