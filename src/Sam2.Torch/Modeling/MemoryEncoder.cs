using Sam2.Torch.Configuration;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Turns the image embedding and a mask into a memory (SAM 2 paper, memory encoder; sam2/modeling/memory_encoder.py,
/// <c>MemoryEncoder</c>).
/// </summary>
public sealed class MemoryEncoder : Module<Tensor, Tensor, Tensor>
{
    private readonly MaskDownSampler mask_downsampler;
    private readonly Conv2d pix_feat_proj;
    private readonly Fuser fuser;
    private readonly PositionEmbeddingSine position_encoding;
    private readonly Conv2d? out_proj;

    /// <summary>Creates the module with freshly initialised weights.</summary>
    public MemoryEncoder(MemoryEncoderConfig config) : base(nameof(MemoryEncoder))
    {
        mask_downsampler = new MaskDownSampler(config.MaskDownsampler);
        pix_feat_proj = Conv2d(config.InDim, config.InDim, 1);
        fuser = new Fuser(config.Fuser);
        position_encoding = new PositionEmbeddingSine(config.PositionEncoding);
        if (config.OutDim != config.InDim) out_proj = Conv2d(config.InDim, config.OutDim, 1);
        RegisterComponents();
    }

    /// <summary>Encodes memories.</summary>
    /// <param name="imageEmbedding">[B, C, H, W]; [1, C, H, W] when B objects share the frame.</param>
    /// <param name="masks">Mask probabilities, already scaled and biased, [B, 1, S, S] at image size.</param>
    /// <returns>Memories, [B, Cm, H, W].</returns>
    public override Tensor forward(Tensor imageEmbedding, Tensor masks)
    {
        using var scope = NewDisposeScope();
        var x = pix_feat_proj.call(imageEmbedding) + mask_downsampler.call(masks);
        x = fuser.call(x);
        if (out_proj is not null) x = out_proj.call(x);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Position encoding of memories on a grid, [1, Cm, H, W], float32. The tensor belongs to this module.</summary>
    public Tensor PositionEncoding(long height, long width, Device device) => position_encoding.Encode(height, width, device);
}
