using NUnit.Framework;
using Sam2.Torch.Masks;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using TestSupport;
using TorchSharp;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Prediction;

public class FrameTransferTests
{
    [TestCase(1, 1)]
    [TestCase(4, 4)]
    [TestCase(7, 13)]
    [TestCase(33, 65)]
    public void What_is_packed_for_one_copy_comes_out_as_it_was(int height, int width)
    {
        var random = new Random(61);
        BinaryMask[] masks = [.. Enumerable.Range(0, 3).Select(_ => RandomMasks.Create(random, height, width))];
        using var scope = NewDisposeScope();
        var numbers = tensor(new[] { 1.25f, float.NaN, -1e30f, float.PositiveInfinity });
        var packed = FrameTransfer.Pack(masks.Select(Tensor), numbers, out var count, out var h, out var w);
        Assert.That((count, h, w), Is.EqualTo((3, height, width)));
        Assert.That(packed.dtype, Is.EqualTo(ScalarType.Float32));
        var (binary, read) = FrameTransfer.Unpack(packed.data<float>().ToArray(), 4, count, h, w);
        Assert.That(binary, Is.EqualTo(masks));
        Assert.That(read, Is.EqualTo(numbers.data<float>().ToArray()));
        var direct = FrameTransfer.Read(masks.Select(Tensor), numbers);
        Assert.That(direct.Masks, Is.EqualTo(masks));
    }

    [Test]
    public void Packing_reads_nothing()
    {
        using var scope = NewDisposeScope();
        var meta = new Device(DeviceType.META);
        using var packed = FrameTransfer.Pack([zeros([1, 1, 5, 7], dtype: ScalarType.Bool, device: meta)], zeros([2], device: meta), out _, out _, out _);
        Assert.That(packed.shape, Is.EqualTo(new long[] { 2 + 3 }));
    }

    [Test]
    public void An_output_that_is_not_a_number_is_refused_when_it_is_read([Values] bool disjoint)
    {
        using var model = NanoModel.Create();
        using var fine = Output(1);
        using var broken = Output(float.NaN);
        var options = new VideoSessionOptions { NonOverlappingMasks = disjoint };
        Assert.That(
            () => OutputMasks.OfFrame(model, 3, [(1, fine), (2, null), (3, broken)], 10, 12, options),
            Throws.TypeOf<ModelOutputException>());
        var masks = OutputMasks.OfFrame(model, 3, [(1, fine), (2, null)], 10, 12, options with { ReturnLogits = true });
        Assert.That(masks[1].Mask.Area, Is.EqualTo(120));
        Assert.That(masks[1].Logits![31, 31], Is.EqualTo(1));
        Assert.That(masks[1].ObjectScore, Is.EqualTo(7));
        Assert.That((masks[2].Mask.Area, masks[2].ObjectScore, masks[2].Logits), Is.EqualTo((0L, (float?)null, (float[,]?)null)));
    }

    private static FrameOutput Output(float logit) => new(
        full([1, 1, 32, 32], Scalars.Of((double)logit)), zeros(1, 64), full([1, 1], Scalars.Of(7.0)));

    private static Tensor Tensor(BinaryMask mask) => mask.ToTensor().unsqueeze(0).unsqueeze(0);
}
