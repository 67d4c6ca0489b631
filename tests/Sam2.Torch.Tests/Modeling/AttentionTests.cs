using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>
/// Attention between tokens and pixels without gradients, which multiplies the pixels' projections with the tokens' side first, against
/// attention as it is written, which a forward hook or a gradient brings back. As on Intel's processors, and as on others, whatever these tests run on.
/// </summary>
[TestFixture(false)]
[TestFixture(true)]
[NonParallelizable]
public sealed class AttentionTests(bool isMklSlow)
{
    private readonly bool _wasMklSlow = OneDnn.IsMklSlow;
    private DisposeScope _scope = null!;
    private Attention _attention = null!;

    [SetUp]
    public void SetUp()
    {
        OneDnn.IsMklSlow = isMklSlow;
        _scope = NewDisposeScope();
        manual_seed(5);
        _attention = new Attention(new AttentionConfig { EmbeddingDim = 64, NumHeads = 4, DownsampleRate = 2 });
        _attention.eval();
    }

    [TearDown]
    public void TearDown()
    {
        _attention.Dispose();
        _scope.Dispose();
        OneDnn.IsMklSlow = _wasMklSlow;
    }

    [Test]
    public void Tokens_attend_to_pixels_as_with_projected_pixels([Values(1, 5, 7)] long tokens, [Values(1, 3)] long prompts, [Values] bool sharedPixels)
    {
        var q = randn(prompts, tokens, 64);
        var k = randn(sharedPixels ? 1 : prompts, 900, 64);
        Check(q, k, k.Plus(randn(1, 900, 64)));
    }

    [Test]
    public void Pixels_attend_to_tokens_as_with_projected_pixels([Values(1, 5, 7)] long tokens, [Values(1, 3)] long prompts, [Values] bool sharedPixels)
    {
        var k = randn(prompts, tokens, 64);
        Check(randn(sharedPixels ? 1 : prompts, 900, 64), k, k.Plus(randn(prompts, tokens, 64)));
    }

    [Test]
    public void Tokens_that_prompts_share_are_no_special_case()
    {
        Check(randn(1, 5, 64), randn(3, 900, 64), randn(3, 900, 64));
        Check(randn(3, 900, 64), randn(1, 5, 64), randn(1, 5, 64));
    }

    [Test]
    public void A_hook_on_a_projection_sees_the_pixels([Values("q_proj", "k_proj", "v_proj", "out_proj")] string part)
    {
        var projection = (LinearLayer)_attention.named_children().Single(child => child.name == part).module;
        var rows = new List<long>();
        var pixels = randn(1, 900, 64);
        var tokens = randn(1, 5, 64);
        using var noGrad = no_grad();
        using var plain = _attention.call(tokens, pixels, pixels);
        var hook = projection.register_forward_hook((_, input, output) =>
        {
            rows.Add(input.shape[1]);
            return output;
        });
        using var watched = _attention.call(tokens, pixels, pixels);
        hook.remove();
        using var again = _attention.call(tokens, pixels, pixels);

        Assert.That(rows, Is.EqualTo(new[] { part is "k_proj" or "v_proj" ? 900L : 5L }));
        Assert.That(again.equal(plain).all().item<bool>(), "without the hook it is computed as before");
        Assert.That((watched - plain).abs().max().item<float>(), Is.LessThan(2e-6));
    }

    private void Check(Tensor q, Tensor k, Tensor v)
    {
        using var written = _attention.call(q, k, v); // gradients are wanted
        using var noGrad = no_grad();
        using var folded = _attention.call(q, k, v);
        Assert.That(folded.shape, Is.EqualTo(written.shape));
        Assert.That((folded - written).abs().max().item<float>(), Is.LessThan(2e-6));
        Assert.That(written.abs().max().item<float>(), Is.GreaterThan(0.05));
    }
}
