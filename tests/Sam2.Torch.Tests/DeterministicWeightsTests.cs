using NUnit.Framework;
using TestSupport;

namespace Sam2.Torch.Tests;

public class DeterministicWeightsTests
{
    // Computed independently (Python integers) from the rules stated in DeterministicWeights.
    [TestCase("a", 0, -0.25653815269470215f)]
    [TestCase("a", 11, 0.4978330135345459f)]
    [TestCase("maskmem_tpos_enc", 5, -0.26052844524383545f)]
    public void Noise_is_the_documented_function_of_key_and_index(string key, int index, float expected) =>
        Assert.That(DeterministicWeights.Noise(key, index + 1)[index], Is.EqualTo(expected));

    [TestCase("x.gamma", 0.5f, 0.25f)]
    [TestCase("norm.weight", 1f, 0.1f)]
    [TestCase("norm.bias", 0f, 0.1f)]
    [TestCase("pe_layer.positional_encoding_gaussian_matrix", 0f, 1.5f)]
    [TestCase("pred_obj_score_head.layers.2.bias", 0.6f, 0.1f)]
    public void Values_of_vectors_follow_the_rule_of_their_key(string key, float offset, float scale)
    {
        var noise = DeterministicWeights.Noise(key, 7);
        Assert.That(DeterministicWeights.Values(key, 7), Is.EqualTo(noise.Select(v => offset + scale * v)));
    }

    [TestCase("trunk.proj.weight", 1.0)]
    [TestCase("obj_ptr_proj.layers.0.weight", 2.0)]
    [TestCase("memory_attention.layers.0.cross_attn_image.q_proj.weight", 2.0)]
    public void Values_of_matrices_are_scaled_by_the_fan_in(string key, double gain)
    {
        var scale = (float)(gain * Math.Sqrt(3.0 / 12));
        Assert.That(DeterministicWeights.Values(key, 5, 3, 4)[59], Is.EqualTo(scale * DeterministicWeights.Noise(key, 60)[59]));
    }
}
