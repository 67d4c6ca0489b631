using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.Modules;

public sealed class InitialisationTests : TensorTest
{
    [Test]
    public void Constants_fill_the_tensor()
    {
        Expect.Exact(init.constant_(torch.empty(3, 4), 2.5), Nd.Full(2.5, 3, 4));
        Expect.Exact(init.zeros_(torch.ones(3, 4)), Nd.Zeros(3, 4));
        Expect.Exact(init.ones_(torch.zeros(3, 4)), Nd.Full(1, 3, 4));
    }

    [Test]
    public void Distributions_have_their_moments()
    {
        Check(init.normal_(torch.empty(300, 400), 1, 0.5), 1, 0.5);
        Check(init.uniform_(torch.empty(300, 400), -1, 3), 1, 4 / Math.Sqrt(12));
        Check(init.xavier_uniform_(torch.empty(300, 400)), 0, Math.Sqrt(2.0 / 700));
        Check(init.xavier_normal_(torch.empty(300, 400)), 0, Math.Sqrt(2.0 / 700));
        Check(init.kaiming_uniform_(torch.empty(300, 400)), 0, Math.Sqrt(2.0 / 400));
        Check(init.kaiming_uniform_(torch.empty(300, 400), Math.Sqrt(5)), 0, Math.Sqrt(1 / 3.0 / 400));
        Check(init.kaiming_normal_(torch.empty(300, 400)), 0, Math.Sqrt(2.0 / 400));
        Check(init.kaiming_normal_(torch.empty(30, 40, 3, 3)), 0, Math.Sqrt(2.0 / 360));

        static void Check(Tensor x, double mean, double deviation)
        {
            var values = Nd.From(x).Data;
            var average = values.Average();
            Assert.That(average, Is.EqualTo(mean).Within(0.03 * deviation));
            Assert.That(Math.Sqrt(values.Sum(v => (v - average) * (v - average)) / values.Length), Is.EqualTo(deviation).Within(0.03 * deviation));
        }
    }

    [Test]
    public void Fans_and_gains_follow_the_papers()
    {
        Assert.Multiple(() =>
        {
            Assert.That(init.CalculateFanInAndFanOut(torch.empty(6, 4, 3, 3)), Is.EqualTo((36L, 54L)));
            Assert.That(init.calculate_gain(init.NonlinearityType.ReLU), Is.EqualTo(Math.Sqrt(2)).Within(1e-12));
            Assert.That(init.calculate_gain(init.NonlinearityType.LeakyReLU, 0.5), Is.EqualTo(Math.Sqrt(2 / 1.25)).Within(1e-12));
            Assert.That(init.calculate_gain(init.NonlinearityType.Linear), Is.EqualTo(1));
        });
    }
}
