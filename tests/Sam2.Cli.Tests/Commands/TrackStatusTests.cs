using NUnit.Framework;
using Sam2.Cli.Commands;

namespace Sam2.Cli.Tests.Commands;

public class TrackStatusTests
{
    [Test]
    public void Bar_speed_and_time_left_are_shown() => Assert.That(
        TrackStatus.Of(10, 40, TimeSpan.FromSeconds(5)),
        Is.EqualTo("tracking: [#####...............] frame 10 of 40, 2.00 per second, 0:00:15 left"));

    [Test]
    public void Without_a_known_length_there_is_neither_bar_nor_time_left() => Assert.That(
        TrackStatus.Of(3, null, TimeSpan.FromSeconds(2)), Is.EqualTo("tracking: frame 3, 1.50 per second"));

    [Test]
    public void A_video_that_is_longer_than_it_says_does_not_break_the_bar() => Assert.That(
        TrackStatus.Of(50, 40, TimeSpan.FromSeconds(50)),
        Is.EqualTo("tracking: [####################] frame 50 of 50, 1.00 per second, 0:00:00 left"));
}
