using NUnit.Framework;
using Sam2.Torch.Masks;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Masks;

public class StabilityScoreTests
{
    [Test]
    public void Is_the_overlap_of_the_masks_at_both_thresholds()
    {
        using var scope = NewDisposeScope();
        var random = new Random(6);
        for (int i = 0; i < 20; i++)
        {
            float[] values = [.. Enumerable.Range(0, 2 * 3 * 20).Select(_ => (random.NextSingle() * 4) - 2)];
            var logits = tensor(values).reshape(2, 3, 4, 5);
            float[] scores = StabilityScore.Compute(logits, 0.1, 0.7).data<float>().ToArray();
            Assert.That(scores, Has.Length.EqualTo(6));
            for (int n = 0; n < 6; n++)
            {
                var mask = values.AsSpan(n * 20, 20).ToArray();
                float expected = (float)mask.Count(v => v > 0.8f) / mask.Count(v => v > -0.6f);
                Assert.That(scores[n], Is.EqualTo(expected).Within(1e-6));
            }
        }
    }

    [Test]
    public void An_empty_mask_is_not_stable()
    {
        using var scope = NewDisposeScope();
        Assert.That(StabilityScore.Compute(full([1, 4, 4], -9f), 0, 1).ToSingle(), Is.Zero);
    }
}
