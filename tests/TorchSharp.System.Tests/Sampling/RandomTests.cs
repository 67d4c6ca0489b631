using NUnit.Framework;
using TorchSharp.Tests.Harness;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Sampling;

public sealed class RandomTests : TensorTest
{
    private const int Count = 200_000;

    [Test]
    public void Rand_is_uniform_between_zero_and_one()
    {
        foreach (var dtype in Real)
            Moments(torch.rand([Count], dtype), 0.5, Math.Sqrt(1 / 12.0), 0, 1);
        Moments(torch.rand_like(torch.zeros(Count)), 0.5, Math.Sqrt(1 / 12.0), 0, 1);
        Moments(torch.zeros(Count).uniform_(-2, 4), 1, Math.Sqrt(3), -2, 4);
    }

    [Test]
    public void Randn_has_mean_zero_and_deviation_one()
    {
        foreach (var dtype in Real)
            Moments(torch.randn([Count], dtype), 0, 1);
        Moments(torch.randn_like(torch.zeros(Count)), 0, 1);
        Moments(torch.zeros(Count).normal_(3, 0.5), 3, 0.5);
        Moments(torch.normal(-1.0, 2.0, [Count]), -1, 2);
        var within = Nd.From(torch.randn(Count)).Data.Count(v => Math.Abs(v) < 1) / (double)Count;
        Assert.That(within, Is.EqualTo(0.6827).Within(0.01));
    }

    [Test]
    public void Shapes_can_be_given_in_every_way()
    {
        Assert.Multiple(() =>
        {
            Assert.That(torch.rand(3).shape, Is.EqualTo(new long[] { 3 }));
            Assert.That(torch.rand(3, 4).shape, Is.EqualTo(new long[] { 3, 4 }));
            Assert.That(torch.rand(3, 4, 5).shape, Is.EqualTo(new long[] { 3, 4, 5 }));
            Assert.That(torch.rand(3, 4, 5, 6).shape, Is.EqualTo(new long[] { 3, 4, 5, 6 }));
            Assert.That(torch.randn(3).shape, Is.EqualTo(new long[] { 3 }));
            Assert.That(torch.randn(3, 4).shape, Is.EqualTo(new long[] { 3, 4 }));
            Assert.That(torch.randn(3, 4, 5).shape, Is.EqualTo(new long[] { 3, 4, 5 }));
            Assert.That(torch.randn(3, 4, 5, 6).shape, Is.EqualTo(new long[] { 3, 4, 5, 6 }));
        });
    }

    [Test]
    public void Random_integers_cover_their_range_evenly()
    {
        var draws = Nd.From(torch.randint(3, 8, [Count])).Data;
        Assert.That(draws.Distinct().Order(), Is.EqualTo(new double[] { 3, 4, 5, 6, 7 }));
        for (var k = 3; k < 8; k++)
            Assert.That(draws.Count(v => v == k) / (double)Count, Is.EqualTo(0.2).Within(0.01));
        Expect.Type(torch.randint(5, [3]), ScalarType.Int64);
    }

    [Test]
    public void A_random_permutation_holds_every_number_once()
    {
        var order = Nd.From(torch.randperm(100)).Data;
        Assert.That(order.Order(), Is.EqualTo(Enumerable.Range(0, 100).Select(i => (double)i)));
        Assert.That(order, Is.Not.Ordered);
    }

    [Test]
    public void Bernoulli_draws_ones_with_the_given_probability()
    {
        Assert.That(torch.full([Count], 0.3).bernoulli().mean().ToDouble(), Is.EqualTo(0.3).Within(0.01));
        Assert.That(torch.bernoulli(torch.full([Count], 0.8)).mean().ToDouble(), Is.EqualTo(0.8).Within(0.01));
        Assert.That(torch.zeros(Count).bernoulli_(0.6).mean().ToDouble(), Is.EqualTo(0.6).Within(0.01));
    }

    [Test]
    public void The_same_seed_gives_the_same_numbers()
    {
        torch.manual_seed(7);
        var first = torch.randn(50);
        var second = torch.randn(50);
        torch.manual_seed(7);
        Expect.Exact(torch.randn(50), Nd.From(first));
        Expect.Exact(torch.randn(50), Nd.From(second));
        Assert.That(Nd.From(second).Data, Is.Not.EqualTo(Nd.From(first).Data));
    }

    [Test]
    public void A_seed_gives_the_numbers_that_Python_gives()
    {
        // torch.manual_seed(0); torch.rand(4), torch.randn(3): the Mersenne Twister stream is the same in every version of libtorch on the CPU.
        torch.manual_seed(0);
        Expect.Close(torch.rand(4), Nd.Vector(0.49625658988952637, 0.7682217955589294, 0.08847743272781372, 0.13203048706054688), 1e-7, 0);
    }

    [Test]
    public void A_generator_has_a_stream_of_its_own()
    {
        using var a = new Generator(42);
        using var b = new Generator(42);
        var first = Nd.From(torch.rand(20, generator: a));
        torch.rand(5);
        Expect.Exact(torch.rand(20, generator: b), first);
        Assert.That(a.initial_seed(), Is.EqualTo(42));

        var state = a.get_state();
        var next = Nd.From(torch.randn(10, generator: a));
        a.set_state(state);
        Expect.Exact(torch.randn(10, generator: a), next);
        a.manual_seed(42);
        Expect.Exact(torch.rand(20, generator: a), first);
        Expect.Exact(torch.randperm(30, generator: new Generator(3)), Nd.From(torch.randperm(30, generator: new Generator(3))));
    }

    [Test]
    public void The_state_of_the_default_generator_can_be_saved_and_restored()
    {
        var state = torch.get_rng_state();
        var first = Nd.From(torch.rand(10));
        torch.set_rng_state(state);
        Expect.Exact(torch.rand(10), first);
    }

    [Test]
    public void Bernoulli_draws_have_the_moments_of_a_coin()
        => Moments(torch.full([Count], 0.5).bernoulli(), 0.5, 0.5, 0, 1);

    [Test]
    public void Random_tensors_are_made_like_others()
    {
        var like = torch.zeros([3, 4], ScalarType.Float64);
        foreach (var (_, call) in Forms.With("rand_like", []).Concat(Forms.With("randn_like", [])).Concat(Forms.With("randint_like", [2L, 9L])).Concat(Forms.With("empty_like", [])))
        {
            var x = (Tensor)call(like);
            Assert.That(x.shape, Is.EqualTo(new long[] { 3, 4 }));
            Expect.Type(x, ScalarType.Float64);
        }
    }

    [Test]
    public void Seeds_are_reported()
    {
        torch.manual_seed(11);
        Assert.That(torch.initial_seed(), Is.EqualTo(11));
        torch.random.manual_seed(12);
        Assert.That(torch.random.initial_seed(), Is.EqualTo(12));
        var state = torch.random.get_rng_state();
        var next = Nd.From(torch.rand(3));
        torch.random.set_rng_state(state);
        Expect.Exact(torch.rand(3), next);
        Assert.That(torch.seed(), Is.Not.EqualTo(torch.random.seed()));
        using var generator = new Generator(5);
        Assert.That(generator.seed(), Is.EqualTo(generator.initial_seed()));
        Assert.That(generator.device.type, Is.EqualTo(DeviceType.CPU));
        Assert.That(generator.Handle, Is.Not.EqualTo(IntPtr.Zero));
        torch.manual_seed(13);
        Assert.That(Generator.Default.initial_seed(), Is.EqualTo(13));
    }

    private static void Moments(Tensor x, double mean, double deviation, double? low = null, double? high = null)
    {
        var values = Nd.From(x).Data;
        var average = values.Average();
        Assert.Multiple(() =>
        {
            Assert.That(average, Is.EqualTo(mean).Within(0.02 * deviation));
            Assert.That(Math.Sqrt(values.Sum(v => (v - average) * (v - average)) / values.Length), Is.EqualTo(deviation).Within(0.02 * deviation));
            if (low is not null)
                Assert.That(values.Min(), Is.GreaterThanOrEqualTo(low));
            if (high is not null)
                Assert.That(values.Max(), Is.LessThanOrEqualTo(high));
        });
    }
}
