using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling.Adapters;
using static TorchSharp.torch;

namespace Sam2.Torch.Modeling;

/// <summary>
/// Parts of a model that replace the standard ones. Each is a function from the architecture to a new module; null stands for the
/// standard part. A part keeps its place in the state dict, whatever its class: the keys of a memory attention begin with
/// <c>memory_attention.</c>, and go on with the names that the module gives its own parameters.
/// </summary>
/// <remarks>
/// <para>
/// Parts of parts are arguments of the standard classes' constructors: the trunk of <see cref="Modeling.ImageEncoder"/>, the blocks of
/// <see cref="Hiera"/>, the layers of <see cref="Modeling.MemoryAttention"/>, the attention of <see cref="MemoryAttentionLayer"/>, the
/// transformer of <see cref="Modeling.MaskDecoder"/>, the mask downsampler and the fuser of <see cref="Modeling.MemoryEncoder"/>, the blocks of
/// <see cref="ViT"/>, the body of <see cref="RepViT"/>, the layers of <see cref="PerceiverResampler"/>.
/// </para>
/// <para>
/// A function must return a new module at each call, since a training run builds its model again for snapshots and replicas. The
/// model disposes its parts.
/// </para>
/// <para>
/// The standard classes can be derived from. Their constructors register the fields that hold modules and parameters, so a derived
/// class must set its own fields where it declares them, or register them with <c>register_module</c> or <c>register_parameter</c>.
/// </para>
/// </remarks>
/// <example>
/// A model whose images are encoded by a trunk of one's own:
/// <code>
/// var parts = new Sam2Parts { ImageEncoder = config => new ImageEncoder(config.ImageEncoder, trunk: new MyTrunk()) };
/// using var model = new Sam2Model(Sam2Presets.Tiny, parts);
/// </code>
/// </example>
public sealed record Sam2Parts
{
    /// <summary>The standard parts.</summary>
    public static Sam2Parts Standard { get; } = new();

    /// <summary>
    /// <c>image_encoder</c>: maps images <c>[B, 3, S, S]</c> to levels, finest first, each with
    /// <see cref="Sam2Config.HiddenDim"/> channels. The last has stride <see cref="Sam2Config.BackboneStride"/>; where
    /// <see cref="Sam2Config.UseHighResFeaturesInSam"/> is set, the two before it have half and a quarter of that stride.
    /// </summary>
    public Func<Sam2Config, nn.Module<Tensor, IReadOnlyList<Tensor>>>? ImageEncoder { get; init; }

    /// <summary>
    /// <c>memory_attention</c>: conditions a frame's tokens on memories. Its arguments are the tokens, their positions, the memories,
    /// their positions, and the number of object-pointer tokens, as <see cref="Modeling.MemoryAttention.forward"/> has them.
    /// </summary>
    public Func<Sam2Config, nn.Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>>? MemoryAttention { get; init; }

    /// <summary>
    /// <c>memory_encoder</c>: maps an image embedding <c>[B or 1, C, H, W]</c> and masks <c>[B, 1, S, S]</c>, scaled and biased, to
    /// memories <c>[B, Cm, H, W]</c>, where Cm is <see cref="Sam2Config.MemDim"/>.
    /// </summary>
    public Func<Sam2Config, nn.Module<Tensor, Tensor, Tensor>>? MemoryEncoder { get; init; }

    /// <summary>
    /// <c>memory_gru</c>: merges a frame's memories <c>[B, Cm, H, W]</c> with those of the frame before, of the same shape. Asked for
    /// only where <see cref="Sam2Config.RecurrentMemory"/> is set.
    /// </summary>
    public Func<Sam2Config, nn.Module<Tensor, Tensor, Tensor>>? MemoryGru { get; init; }

    /// <summary>
    /// <c>spatial_perceiver</c>: makes tokens of a frame's memories. Asked for only where <see cref="Sam2Config.SpatialPerceiver"/> is set.
    /// </summary>
    public Func<Sam2Config, PerceiverResampler>? SpatialPerceiver { get; init; }

    /// <summary><c>sam_prompt_encoder</c>: embeds points, boxes and masks.</summary>
    public Func<Sam2Config, PromptEncoderBase>? PromptEncoder { get; init; }

    /// <summary><c>sam_mask_decoder</c>: predicts masks from an image embedding and embedded prompts.</summary>
    public Func<Sam2Config, MaskDecoderBase>? MaskDecoder { get; init; }

    /// <summary><c>obj_ptr_proj</c>: maps the mask token <c>[B, C]</c> of the mask decoder to an object pointer <c>[B, C]</c>.</summary>
    public Func<Sam2Config, nn.Module<Tensor, Tensor>>? ObjectPointerProjection { get; init; }

    /// <summary>
    /// Small trainable additions to the parts, whatever these are; none when null. A checkpoint without their weights is loaded before they
    /// are added: see <see cref="Sam2Model.Attach"/>.
    /// </summary>
    public ModelAdapters? Adapters { get; init; }

    /// <summary>
    /// What the state-dict keys of the replaced parts begin with. A checkpoint of the standard model can lack them or have other
    /// ones there; loading then leaves the part's initial values.
    /// </summary>
    public IReadOnlyList<string> ReplacedKeys => [.. new (string Prefix, object? Part)[]
    {
        ("image_encoder.", ImageEncoder),
        ("memory_attention.", MemoryAttention),
        ("memory_encoder.", MemoryEncoder),
        ("memory_gru.", MemoryGru),
        ("spatial_perceiver.", SpatialPerceiver),
        ("sam_prompt_encoder.", PromptEncoder),
        ("sam_mask_decoder.", MaskDecoder),
        ("obj_ptr_proj.", ObjectPointerProjection),
    }.Where(entry => entry.Part is not null).Select(entry => entry.Prefix)];
}

public sealed partial class Sam2Model
{
    /// <summary>Low-rank updates of the model's layers; empty without <see cref="Sam2Parts.Adapters"/>.</summary>
    public IReadOnlyList<LoraLinear> LoraLayers { get; private set; } = [];

    /// <summary>Bottleneck adapters of the model's modules; empty without <see cref="Sam2Parts.Adapters"/>.</summary>
    public IReadOnlyList<BottleneckAdapter> BottleneckAdapters { get; private set; } = [];

    /// <summary>
    /// Adds adapters, after which the model computes the same until they are trained. They belong to <see cref="Parts"/> from now on, so a model that is built
    /// with these has the same ones.
    /// </summary>
    /// <param name="adapters">The adapters.</param>
    /// <exception cref="ArgumentException">A pattern fits no module, or a setting is out of range; the model is unchanged.</exception>
    /// <exception cref="InvalidOperationException">The model has adapters already.</exception>
    public void Attach(ModelAdapters adapters)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        if (LoraLayers.Count + BottleneckAdapters.Count > 0)
            throw new InvalidOperationException("The model has adapters already.");
        (LoraLayers, BottleneckAdapters) = adapters.AttachTo(this);
        Parts = Parts with { Adapters = adapters };
    }

    /// <summary>Makes all low-rank updates parts of the weights (<see cref="LoraLinear.Merge"/>).</summary>
    public void MergeLora()
    {
        foreach (var layer in LoraLayers) layer.Merge();
    }

    /// <summary>Takes all low-rank updates out of the weights again (<see cref="LoraLinear.Unmerge"/>).</summary>
    public void UnmergeLora()
    {
        foreach (var layer in LoraLayers) layer.Unmerge();
    }
}
