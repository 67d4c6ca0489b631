using Sam2.Torch.Configuration;
using Sam2.Torch.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Turns the image embedding and a mask into a memory (SAM 2 paper, memory encoder; sam2/modeling/memory_encoder.py,
/// <c>MemoryEncoder</c>).
/// </summary>
public class MemoryEncoder : Module<Tensor, Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> mask_downsampler;
    private readonly Conv2dLayer pix_feat_proj;
    private readonly Module<Tensor, Tensor> fuser;
    private readonly Conv2dLayer? out_proj;

    /// <summary>Builds the encoder with freshly initialised weights.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="maskDownsampler">
    /// Maps masks <c>[B, 1, S, S]</c> to features <c>[B, C, H, W]</c>; a <see cref="MaskDownSampler"/> when null.
    /// </param>
    /// <param name="fuser">Maps the sum of image and mask features <c>[B, C, H, W]</c> to the same shape; a <see cref="Fuser"/> when null.</param>
    public MemoryEncoder(
        MemoryEncoderConfig config, Module<Tensor, Tensor>? maskDownsampler = null, Module<Tensor, Tensor>? fuser = null)
        : base(nameof(MemoryEncoder))
    {
        mask_downsampler = maskDownsampler ?? new MaskDownSampler(config.MaskDownsampler);
        pix_feat_proj = new Conv2dLayer(config.InDim, config.InDim, 1);
        this.fuser = fuser ?? new Fuser(config.Fuser);
        if (config.OutDim != config.InDim) out_proj = new Conv2dLayer(config.InDim, config.OutDim, 1);
        RegisterComponents();
    }

    /// <summary>Encodes memories.</summary>
    /// <param name="imageEmbedding"><c>[B, C, H, W]</c>; <c>[1, C, H, W]</c> when B objects share the frame.</param>
    /// <param name="masks">Mask probabilities, already scaled and biased, at the model's resolution, <c>[B, 1, S, S]</c>.</param>
    /// <returns>
    /// Memories, <c>[B, Cm, H, W]</c>. Their position encoding depends on the grid alone and is asked of the model
    /// (<see cref="Sam2Model.MemoryPositionEncoding"/>).
    /// </returns>
    public override Tensor forward(Tensor imageEmbedding, Tensor masks)
    {
        using var scope = NewDisposeScope();
        var image = pix_feat_proj.call(imageEmbedding);
        return Pieces.ByIndex(masks, this, i => Fuse(Pieces.Of(image, i), Pieces.Of(masks, i))).MoveToOuterDisposeScope();
    }

    private Tensor Fuse(Tensor image, Tensor masks)
    {
        using var scope = NewDisposeScope();
        var x = fuser.call(image.Plus(mask_downsampler.call(masks)));
        if (out_proj is not null) x = out_proj.call(x);
        return x.MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Brings a mask at image size to the resolution and the channels of the image embedding by strided convolutions
/// (sam2/modeling/memory_encoder.py, <c>MaskDownSampler</c>).
/// </summary>
public class MaskDownSampler : Module<Tensor, Tensor>
{
    private readonly Sequential encoder;

    /// <summary>Builds the module with freshly initialised weights.</summary>
    /// <exception cref="ArgumentException">The total stride isn't a power of the stride.</exception>
    public MaskDownSampler(MaskDownSamplerConfig config) : base(nameof(MaskDownSampler))
    {
        TorchRuntime.EnsureLoaded();
        var stages = new List<Module<Tensor, Tensor>>();
        long channels = 1, reached = 1;
        while (config.Stride > 1 && reached < config.TotalStride)
        {
            var next = channels * config.Stride * config.Stride;
            stages.Add(new Conv2dLayer(channels, next, config.KernelSize, stride: config.Stride, padding: config.Padding));
            stages.Add(new LayerNorm2d(next));
            stages.Add(new Gelu());
            channels = next;
            reached *= config.Stride;
        }

        if (reached != config.TotalStride)
        {
            throw new ArgumentException(
                $"The mask downsampler's total stride {config.TotalStride} isn't a power of its stride {config.Stride}.", nameof(config));
        }

        stages.Add(new Conv2dLayer(channels, config.EmbedDim, 1));
        encoder = Sequential(stages);
        RegisterComponents();
    }

    /// <summary>Maps masks <c>[B, 1, H, W]</c> to features <c>[B, C, H / stride, W / stride]</c>.</summary>
    public override Tensor forward(Tensor masks)
    {
        using var scope = NewDisposeScope();
        return encoder.call(masks).MoveToOuterDisposeScope();
    }
}

/// <summary>Mixes image features and mask features with ConvNeXt blocks (sam2/modeling/memory_encoder.py, <c>Fuser</c>).</summary>
public class Fuser : Module<Tensor, Tensor>
{
    private readonly Conv2dLayer? proj;
    private readonly ModuleList<CXBlock> layers;

    /// <summary>Builds the module with freshly initialised weights.</summary>
    /// <exception cref="ArgumentException">An input projection is asked for without its channels.</exception>
    public Fuser(FuserConfig config) : base(nameof(Fuser))
    {
        if (config.InputProjection)
        {
            long dim = config.Dim ?? throw new ArgumentException("The fuser's input projection needs Dim, its channels.", nameof(config));
            proj = new Conv2dLayer(dim, dim, 1);
        }

        layers = new ModuleList<CXBlock>([.. Enumerable.Range(0, config.NumLayers).Select(_ => new CXBlock(config.Layer))]);
        RegisterComponents();
    }

    /// <summary>Maps features <c>[B, C, H, W]</c> to features of the same shape.</summary>
    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var x = proj is null ? features.alias() : proj.call(features);
        foreach (var layer in layers) x = layer.call(x);
        return x.MoveToOuterDisposeScope();
    }
}

/// <summary>
/// ConvNeXt block: depth-wise convolution, normalisation, two linear layers over the channels, layer scale, residual
/// (sam2/modeling/memory_encoder.py, <c>CXBlock</c>).
/// </summary>
public class CXBlock : Module<Tensor, Tensor>
{
    private readonly Conv2dLayer dwconv;
    private readonly LayerNorm2d norm;
    private readonly LinearLayer pwconv1, pwconv2;
    private readonly Parameter? gamma;
    private readonly DropPath? drop_path;

    /// <summary>Builds the block with freshly initialised weights.</summary>
    public CXBlock(CXBlockConfig config) : base(nameof(CXBlock))
    {
        long dim = config.Dim;
        dwconv = new Conv2dLayer(dim, dim, config.KernelSize, padding: config.Padding, groups: config.UseDwconv ? dim : 1);
        norm = new LayerNorm2d(dim, 1e-6);
        pwconv1 = new LinearLayer(dim, 4 * dim);
        pwconv2 = new LinearLayer(4 * dim, dim);
        if (config.LayerScaleInitValue > 0) gamma = Parameter(full(dim, Scalars.Of(config.LayerScaleInitValue)));
        if (config.DropPath > 0) drop_path = new DropPath(config.DropPath);
        RegisterComponents();
    }

    /// <summary>Maps features <c>[B, C, H, W]</c> to features of the same shape.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = norm.call(dwconv.call(input)).permute(0, 2, 3, 1);
        x = pwconv2.call(Activation.Gelu.After(pwconv1, x));
        if (gamma is not null) x = gamma * x;
        x = x.permute(0, 3, 1, 2);
        if (drop_path is not null) x = drop_path.call(x);
        return input.Plus(x).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A convolutional gated recurrent unit through which memories pass before they are stored, so that each also holds what came
/// before it: the recurrent memory of the SAM 2 paper's ablations (after Ballas et al., "Delving deeper into convolutional
/// networks for learning video representations", 2016). The published models have none.
/// </summary>
public class MemoryGru : Module<Tensor, Tensor, Tensor>
{
    private readonly Conv2dLayer gates;
    private readonly Conv2dLayer candidate;

    /// <summary>Builds the unit with freshly initialised weights.</summary>
    /// <param name="channels">Channels of a memory.</param>
    public MemoryGru(int channels) : base(nameof(MemoryGru))
    {
        gates = new Conv2dLayer(2 * channels, 2 * channels, 3, padding: 1);
        candidate = new Conv2dLayer(2 * channels, channels, 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>Merges a frame's memory with the state that the frame before left.</summary>
    /// <param name="memory"><c>[B, Cm, H, W]</c>.</param>
    /// <param name="state"><c>[B, Cm, H, W]</c>; zeros where there is none.</param>
    /// <returns>The new state, which is the memory to be stored, <c>[B, Cm, H, W]</c>.</returns>
    public override Tensor forward(Tensor memory, Tensor state)
    {
        using var scope = NewDisposeScope();
        var parts = gates.call(cat([memory, state], 1)).sigmoid().chunk(2, 1);
        var (update, reset) = (parts[0], parts[1]);
        var proposed = candidate.call(cat([memory, reset * state], 1)).tanh();
        return state.Plus(update * (proposed - state)).MoveToOuterDisposeScope();
    }
}
