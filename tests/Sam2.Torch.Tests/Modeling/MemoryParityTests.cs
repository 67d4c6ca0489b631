using NUnit.Framework;
using Sam2.Torch.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>The memory side against the original's numbers (Golden/modules_nano.pt).</summary>
[TestFixture]
public class MemoryParityTests
{
    private GoldenFile _golden = null!;
    private Sam2Model _model = null!;

    [OneTimeSetUp]
    public void Open()
    {
        _golden = GoldenFile.Open("modules_nano.pt");
        _model = new Sam2Model(Sam2Presets.Nano);
        DeterministicWeights.Fill(_model);
        _model.eval();
    }

    [Test]
    public void Memory_attention_equals_the_original([Values] bool grad)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(grad);
        var conditioned = _model.MemoryAttention.forward(
            BatchFirst("curr"), BatchFirst("curr_pos"), BatchFirst("memory"), BatchFirst("memory_pos"), numObjPtrTokens: 8);
        AssertClose(conditioned, BatchFirst("memory_attention"));
    }

    [OneTimeTearDown]
    public void Close()
    {
        _model.Dispose();
        _golden.Dispose();
    }

    [Test]
    public void Encoded_memories_equal_the_original([Values] bool binarize, [Values(5f, -5f)] float score)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = new Sam2Model(Sam2Presets.Nano with { BinarizeMaskFromPtsForMemEnc = binarize });
        DeterministicWeights.Fill(model);
        model.eval();
        var memory = model.EncodeMemory(
            _golden["image_encoder.backbone_fpn.2"], _golden["highres_mask"], tensor(score).view(1, 1), maskFromPoints: true);
        AssertClose(memory, _golden[FormattableString.Invariant($"memory.binarize_{binarize}.score_{score:F1}.features")]);
    }

    [Test]
    public void The_position_of_memories_equals_the_original()
    {
        using var scope = NewDisposeScope();
        AssertClose(_model.MemoryEncoder.PositionEncoding(8, 8, CPU), _golden["memory.pos"]);
    }

    private Tensor BatchFirst(string key) => _golden[key].transpose(0, 1);

    private static void AssertClose(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Assert.That(actual.shape, Is.EqualTo(expected.shape));
        var worst = (actual - expected).abs().max().item<float>() / expected.std().item<float>();
        Assert.That(worst, Is.LessThan(1e-4));
    }
}
