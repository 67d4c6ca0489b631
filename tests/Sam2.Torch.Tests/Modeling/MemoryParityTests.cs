using NUnit.Framework;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using TestSupport;
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
        _model = NanoModel.Create();
    }

    [Test]
    public void Memory_attention_equals_the_original([Values] bool grad)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(grad);
        var conditioned = _model.MemoryAttention.forward(
            BatchFirst("curr"), BatchFirst("curr_pos"), BatchFirst("memory"), BatchFirst("memory_pos"), 8);
        Close.ToStandardDeviation(conditioned, BatchFirst("memory_attention"), 1e-4, "result");
    }

    [OneTimeTearDown]
    public void Free()
    {
        _model.Dispose();
        _golden.Dispose();
    }

    [Test]
    public void Encoded_memories_equal_the_original([Values] bool binarize, [Values(5f, -5f)] float score)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var memory = _model.EncodeMemory(
            _golden["image_encoder.backbone_fpn.2"], _golden["highres_mask"], tensor(score).view(1, 1), binarize);
        Close.ToStandardDeviation(memory, _golden[FormattableString.Invariant($"memory.binarize_{binarize}.score_{score:F1}.features")], 1e-4, "result");
    }

    [Test]
    public void The_position_of_memories_equals_the_original()
    {
        using var scope = NewDisposeScope();
        Close.ToStandardDeviation(_model.MemoryPositionEncoding.Encode(8, 8, CPU), _golden["memory.pos"], 1e-4, "result");
    }

    [Test]
    public void Without_rotary_encoding_memories_are_attended_to_by_plain_attention()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var config = new AttentionConfig { Kind = AttentionKind.Attention, EmbeddingDim = 64, NumHeads = 2, KvInDim = 16 };
        using var plain = new Attention(config);
        using var memory = new RoPEAttention(config);
        memory.load_state_dict(plain.state_dict());
        var (query, key) = (DeterministicWeights.NoiseTensor("query", 1, 4, 64), DeterministicWeights.NoiseTensor("key", 2, 11, 16));
        Close.Within(memory.call(query, key, key * 2, 3), plain.call(query, key, key * 2), 1e-6, "result");
    }

    private Tensor BatchFirst(string key) => _golden[key].transpose(0, 1);
}
