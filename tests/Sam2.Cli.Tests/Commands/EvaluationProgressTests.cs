using NUnit.Framework;
using Sam2.Cli.Commands.Evaluation;
using Sam2.Torch.Evaluation.Runs;

namespace Sam2.Cli.Tests.Commands;

public class EvaluationProgressTests
{
    [Test]
    public void Time_left_follows_from_what_this_run_did_not_from_what_was_done_before()
    {
        // Half a video took a minute; of ten, four were done before.
        var text = EvaluationProgressLine.Describe(new EvaluationProgress(4, 0.5, 10), TimeSpan.FromMinutes(1));
        Assert.That(text, Is.EqualTo("evaluating: 4.5 of 10 videos, 0:11:00 left"));
        Assert.That(EvaluationProgressLine.Describe(new EvaluationProgress(4, 0, 10), TimeSpan.FromMinutes(1)), Is.EqualTo("evaluating: 4.0 of 10 videos"));
        Assert.That(TimeLeft.Format(TimeSpan.FromHours(49)), Is.EqualTo("2.01:00:00"));
    }
}
