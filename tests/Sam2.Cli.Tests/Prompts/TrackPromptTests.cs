using System.Diagnostics;
using NUnit.Framework;
using Sam2.Cli.Prompts;

namespace Sam2.Cli.Tests.Prompts;

public class TrackPromptTests
{
    [Test]
    public void Points_are_read_in_their_order_beside_a_box()
    {
        var prompt = TrackPrompt.Parse("  point=1,2 obj=3  point=4,5,0 box=1,1,9,9 frame=2 ");
        Assert.That((prompt.Frame, prompt.Object, prompt.Mask), Is.EqualTo((2, 3, (string?)null)));
        Assert.That(prompt.Points.Select(point => point.ToString()), Is.EqualTo(new[] { "1,2,1", "4,5,0" }));
        Assert.That(prompt.Box!.ToString(), Is.EqualTo("1,1,9,9"));
        Assert.That(TrackPrompt.Parse("obj=3 mask=my mask.png").Mask, Is.EqualTo("my mask.png"));
    }

    [TestCase("mask=m.png frame=2", "put frame= before it")]
    [TestCase("obj=1 mask=a.png point=1,2", "put point= before it")]
    [TestCase("mask=a.png mask=b.png", "put mask= before it")]
    public void What_follows_a_mask_is_not_taken_for_its_name(string text, string message) =>
        Assert.That(() => TrackPrompt.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(message));

    [Test]
    public void A_prompt_of_very_many_points_is_read_at_once_and_shown_by_its_beginning()
    {
        // Each point used to make a copy of all before it and of the text, which takes time with the square of their number.
        var text = string.Join(' ', Enumerable.Repeat("point=1,2", 100_000));
        var watch = Stopwatch.StartNew();
        Assert.That(TrackPrompt.Parse(text).Points, Has.Count.EqualTo(100_000));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(() => TrackPrompt.Parse(text + " point=x,2"), Throws.TypeOf<FormatException>().With.Message.Length.LessThan(1000));
    }
}
