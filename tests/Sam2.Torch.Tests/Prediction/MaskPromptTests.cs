using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Tests.Prediction;

public class MaskPromptTests
{
    [Test]
    public void Cells_inside_are_positive_outside_negative_and_half_covered_zero()
    {
        // The left quarter and the half of the next one belong to the object.
        var mask = new BinaryMask(8, 16);
        for (var y = 0; y < 8; y++)
        {
            mask.Row(y)[..6].Fill(1);
        }

        var logits = Logits(mask, 4);
        for (var row = 0; row < 4; row++)
        {
            Assert.That(logits[(row * 4)..(row * 4 + 4)], Is.EqualTo(new[] { 10f, 0f, -10f, -10f }));
        }
    }

    [Test]
    public void A_mask_smaller_than_the_input_is_enlarged()
    {
        var mask = new BinaryMask(2, 3);
        mask[1, 2] = true;
        var logits = Logits(mask, 6);
        for (var row = 0; row < 6; row++)
        {
            for (var column = 0; column < 6; column++)
            {
                Assert.That(logits[row * 6 + column] > 0, Is.EqualTo(row >= 3 && column >= 4), $"{row}, {column}");
            }
        }
    }

    [TestCase(1, 1)]
    [TestCase(3, 1000)]
    [TestCase(479, 641)]
    public void Any_size_of_mask_gives_finite_logits_within_bounds(int height, int width)
    {
        var random = new Random(1);
        var data = new byte[height * width];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = (byte)random.Next(2);
        }

        Assert.That(Logits(new BinaryMask(height, width, data), 32), Is.All.InRange(-10f, 10f));
    }

    private static float[] Logits(BinaryMask mask, int size)
    {
        using var logits = MaskPrompt.ToLogits(mask, size);
        Assert.That(logits.shape, Is.EqualTo((long[])[1, size, size]));
        return logits.data<float>().ToArray();
    }
}
