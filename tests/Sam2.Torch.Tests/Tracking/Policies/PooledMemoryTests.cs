using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Tracking.Policies;
using TestSupport;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Tracking.Policies;

[TestFixture]
public class PooledMemoryTests
{
    private Sam2Model _model = null!;

    [OneTimeSetUp]
    public void Load() => _model = TestModels.Nano(config: Sam2Presets.Nano with { ImageSize = 64 });

    [OneTimeTearDown]
    public void Free() => _model.Dispose();

    [Test]
    public void Without_merging_it_is_SAM_2s_attention()
    {
        var (usual, own) = Conditioned(pool: 1);
        Assert.That((own - usual).abs().max().item<float>(), Is.LessThan(1e-4f));
    }

    [Test]
    public void Merging_changes_what_is_attended_to_a_little()
    {
        var (usual, own) = Conditioned(pool: 2);
        var difference = (own - usual).abs().mean().item<float>();
        Assert.That(difference, Is.GreaterThan(1e-5f).And.LessThan(usual.abs().mean().item<float>()));
    }

    [Test]
    public void Tokens_are_averaged_over_squares_that_are_cut_off_at_the_edges()
    {
        using var scope = NewDisposeScope();
        // Two grids of 3 × 3, with 0 to 8 and 10 to 18.
        var tokens = cat([arange(0, 9, dtype: float32), arange(10, 19, dtype: float32)]).unsqueeze(1);
        var (averages, counts) = PooledMemory.Average(tokens, height: 3, width: 3, pool: 2);
        // 0 1 3 4, 2 5, 6 7, 8
        Assert.That(averages.flatten().data<float>().ToArray(), Is.EqualTo(new[] { 2f, 3.5f, 6.5f, 8, 12, 13.5f, 16.5f, 18 }));
        Assert.That(counts.data<float>().ToArray(), Is.EqualTo(new[] { 4f, 2, 2, 1, 4, 2, 2, 1 }));
    }

    [Test]
    public void Another_memory_attention_is_refused_with_a_remedy()
    {
        using var other = new Sam2Model(_model.Config, new Sam2Parts { MemoryAttention = config => new Unknown() });
        other.eval();
        using var policy = new PooledMemory(other.Config);
        using var scope = NewDisposeScope();
        Assert.That(
            () => policy.Condition(other, zeros(1, 8, 4, 4), new(zeros(1, 16, 4), zeros(1, 16, 4), 0)),
            Throws.InvalidOperationException.With.Message.Contains(nameof(Unknown)).And.Message.Contains("another memory policy"));
    }

    private (Tensor Usual, Tensor Own) Conditioned(int pool)
    {
        using var inference = inference_mode();
        using var policy = new PooledMemory(_model.Config, new PooledOptions { Pool = pool });
        manual_seed(5);
        var (side, width) = (_model.Config.ImageEmbeddingSize, _model.Config.MemDim);
        for (var frame = 0; frame < 3; frame++)
        {
            using var scope = NewDisposeScope();
            policy.Add(frame, new(zeros(1, 1, 4, 4), randn(1, _model.Config.HiddenDim), ones(1, 1), randn(1, side * side, width)), conditioning: frame == 0);
        }

        var embedding = randn(1, _model.Config.HiddenDim, side, side);
        var memories = _model.GatherMemories(new(3), embedding, policy);
        return (_model.ConditionOnMemory(embedding, memories), policy.Condition(_model, embedding, memories));
    }

    private sealed class Unknown() : TorchSharp.torch.nn.Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>(nameof(Unknown))
    {
        public override Tensor forward(Tensor a, Tensor b, Tensor c, Tensor d, long e) => a.alias();
    }
}
