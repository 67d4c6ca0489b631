using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The models that share SAM 2's prompts, masks and memory, and differ in the image encoder: what tells a checkpoint of each, what shapes say of its image
/// encoder, and what they leave open.
/// </summary>
internal abstract class ModelFamily
{
    private protected const string TrunkKeys = "image_encoder.trunk.", NeckKeys = "image_encoder.neck.";

    private static readonly ModelFamily[] Relatives = [new EfficientTamFamily(), new EdgeTamFamily()];

    private static readonly Sam2Family Sam2 = new();

    /// <summary>The family of a checkpoint; SAM 2, if nothing speaks for another.</summary>
    public static ModelFamily Of(StateDictShapes shapes) => Relatives.FirstOrDefault(family => family.IsOf(shapes)) ?? Sam2;

    /// <summary>
    /// Settings that no shape tells and that vary within the family: they decide how the weights are used, not how large they
    /// are. Other settings of this kind have the family's usual value.
    /// </summary>
    public abstract IReadOnlyList<string> Undetermined { get; }

    /// <summary>Whether a checkpoint is one of this family.</summary>
    protected abstract bool IsOf(StateDictShapes shapes);

    /// <summary>What all published models of the family have in common, as far as they are of the checkpoint's version.</summary>
    public abstract Sam2Config Defaults(StateDictShapes shapes);

    /// <summary>Replaces the settings of <paramref name="start"/> that the shapes determine; what it has of another family counts for nothing.</summary>
    public abstract ImageEncoderConfig ImageEncoder(StateDictShapes shapes, ImageEncoderConfig start);
}

/// <summary>SAM 2 and 2.1: a Hiera trunk and a feature pyramid.</summary>
internal sealed class Sam2Family : ModelFamily
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Undetermined { get; } =
        ["image_size", "image_encoder.trunk.num_heads", "image_encoder.trunk.window_spec", "image_encoder.trunk.global_att_blocks"];

    /// <inheritdoc/>
    protected override bool IsOf(StateDictShapes shapes) => true;

    /// <inheritdoc/>
    public override Sam2Config Defaults(StateDictShapes shapes) =>
        shapes.Has("obj_ptr_tpos_proj.weight") ? Sam2Presets.Tiny : Sam2Presets.AsVersion20(Sam2Presets.Tiny);

    /// <inheritdoc/>
    public override ImageEncoderConfig ImageEncoder(StateDictShapes shapes, ImageEncoderConfig start) => start with
    {
        Trunk = Trunk(shapes, start.Trunk as HieraConfig ?? new()),
        Neck = PyramidInference.Neck(shapes, start.Neck as FpnNeckConfig ?? new()),
    };

    private static HieraConfig Trunk(StateDictShapes shapes, HieraConfig start)
    {
        var embedDim = shapes[TrunkKeys + "patch_embed.proj.weight", 0];
        var blocks = shapes.CountLayers(TrunkKeys + "blocks.", ".norm1.weight");
        // A block with a projection on its shortcut changes the width: it begins a stage.
        var starts = new List<int> { 0 };
        for (var i = 1; i < blocks; i++)
            if (shapes.Has($"{TrunkKeys}blocks.{i}.proj.weight"))
                starts.Add(i);
        var widths = starts.Select(i => shapes[$"{TrunkKeys}blocks.{i}.norm2.weight", 0]).ToArray();
        return start with
        {
            EmbedDim = embedDim,
            Stages = IntList.Create([.. starts.Zip(starts.Skip(1).Append(blocks), (first, next) => next - first)]),
            DimMul = WidthFactor(embedDim, widths, start.DimMul),
            WindowPosEmbedBkgSpatialSize = [shapes[TrunkKeys + "pos_embed", 2], shapes[TrunkKeys + "pos_embed", 3]],
            WindowSpec = IntList.Create([shapes[TrunkKeys + "pos_embed_window", 2], .. start.WindowSpec.Skip(1)]),
        };
    }

    private static double WidthFactor(int first, int[] widths, double usual)
    {
        if (widths.Length < 2 || Explains(usual))
            return usual;
        return (double)widths[1] / first;

        bool Explains(double factor) => widths.Zip(widths.Skip(1)).All(pair => (int)(pair.First * factor) == pair.Second);
    }
}

/// <summary>The feature pyramid that SAM 2 and some of its relatives have.</summary>
internal static class PyramidInference
{
    private const string Keys = "image_encoder.neck.";

    public static FpnNeckConfig Neck(StateDictShapes shapes, FpnNeckConfig start)
    {
        var levels = shapes.CountLayers(Keys + "convs.", ".conv.weight");
        var dModel = shapes[Keys + "convs.0.conv.weight", 0];
        return start with
        {
            DModel = dModel,
            BackboneChannelList = IntList.Create([.. Enumerable.Range(0, levels).Select(i => shapes[$"{Keys}convs.{i}.conv.weight", 1])]),
            KernelSize = shapes[Keys + "convs.0.conv.weight", 2],
            PositionEncoding = start.PositionEncoding with { NumPosFeats = dModel },
        };
    }
}

/// <summary>EfficientTAM: a plain vision transformer and a neck of one level.</summary>
internal sealed class EfficientTamFamily : ModelFamily
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Undetermined { get; } =
    [
        "image_size", "image_encoder.trunk.num_heads", "image_encoder.trunk.window_size", "image_encoder.trunk.window_block_indexes",
        "memory_attention.layer.cross_attention._target_",
    ];

    /// <inheritdoc/>
    protected override bool IsOf(StateDictShapes shapes) => shapes.Has(NeckKeys + "convs.0.conv_1x1.weight");

    /// <inheritdoc/>
    public override Sam2Config Defaults(StateDictShapes shapes) => EfficientTamPresets.Small;

    /// <inheritdoc/>
    public override ImageEncoderConfig ImageEncoder(StateDictShapes shapes, ImageEncoderConfig start) => start with
    {
        Trunk = Trunk(shapes, start.Trunk as ViTConfig ?? new()),
        Neck = Neck(shapes, start.Neck as ViTDetNeckConfig ?? new()),
    };

    private static ViTConfig Trunk(StateDictShapes shapes, ViTConfig start)
    {
        var (embedDim, patch) = (shapes[TrunkKeys + "patch_embed.proj.weight", 0], shapes[TrunkKeys + "patch_embed.proj.weight", 2]);
        var hidden = shapes[TrunkKeys + "blocks.0.mlp.layers.0.weight", 0];
        // A square, and one more if there is a class token: no square is one more than another.
        var positions = shapes[TrunkKeys + "pos_embed", 1];
        var side = (int)Math.Sqrt(positions);
        return start with
        {
            EmbedDim = embedDim,
            PatchSize = patch,
            Depth = shapes.CountLayers(TrunkKeys + "blocks.", ".norm1.weight"),
            MlpRatio = (int)(embedDim * start.MlpRatio) == hidden ? start.MlpRatio : (double)hidden / embedDim,
            QkvBias = shapes.Has(TrunkKeys + "blocks.0.attn.qkv.bias"),
            PretrainImgSize = start.PatchSize == patch && start.PretrainGrid == side ? start.PretrainImgSize : (int)Math.Min(1 << 20, (long)side * patch),
            PretrainUseClsToken = side * side != positions,
        };
    }

    private static ViTDetNeckConfig Neck(StateDictShapes shapes, ViTDetNeckConfig start)
    {
        const string First = NeckKeys + "convs.0.conv_1x1.weight";
        return start with
        {
            DModel = shapes[First, 0],
            BackboneChannelList = [shapes[First, 1]],
            NeckNorm = shapes.Has(NeckKeys + "convs.0.norm_0.weight") ? start.NeckNorm ?? "LN" : null,
            PositionEncoding = start.PositionEncoding with { NumPosFeats = shapes[First, 0] },
        };
    }
}

/// <summary>EdgeTAM: a RepViT trunk, a feature pyramid and a spatial perceiver.</summary>
internal sealed class EdgeTamFamily : ModelFamily
{
    private const string Body = TrunkKeys + "body.", Latents = "spatial_perceiver.";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Undetermined { get; } = ["image_size"];

    /// <inheritdoc/>
    protected override bool IsOf(StateDictShapes shapes) => shapes.Has(Body + "stem.conv1.c.weight");

    /// <inheritdoc/>
    public override Sam2Config Defaults(StateDictShapes shapes) => EdgeTamPresets.EdgeTam;

    /// <inheritdoc/>
    public override ImageEncoderConfig ImageEncoder(StateDictShapes shapes, ImageEncoderConfig start) => start with
    {
        Trunk = Trunk(shapes, start.Trunk as RepViTConfig ?? new()),
        Neck = PyramidInference.Neck(shapes, start.Neck as FpnNeckConfig ?? new()),
    };

    /// <summary>The spatial perceiver; null if the checkpoint has none.</summary>
    /// <param name="shapes">The checkpoint.</param>
    /// <param name="start">What no shape tells.</param>
    public static PerceiverConfig? Perceiver(StateDictShapes shapes, PerceiverConfig? start)
    {
        if (!shapes.Has(Latents + "norm.weight")) return null;
        start ??= new();
        const string First = Latents + "layers.0.";
        var (dim, inner, hidden) = (shapes[Latents + "norm.weight", 0], shapes[First + "attn.to_q.weight", 0], shapes[First + "ff.1.weight", 0]);
        return start with
        {
            Dim = dim,
            Depth = shapes.CountLayers(Latents + "layers.", ".attn.norm_x.weight"),
            DimHead = (long)start.DimHead * start.Heads == inner ? start.DimHead : inner / Math.Max(1, start.Heads),
            NumLatents = Count("latents", start.NumLatents),
            NumLatents2d = Count("latents_2d", start.NumLatents2d),
            FfMult = (int)(dim * start.FfMult) == hidden ? start.FfMult : (double)hidden / dim,
            UseSelfAttn = shapes.Has(First + "self_attn.norm.weight"),
            PositionEncoding = start.PositionEncoding with { NumPosFeats = dim },
        };

        int Count(string key, int usual) => shapes.Has(Latents + key) ? shapes[Latents + key, 0] : Math.Min(usual, 0);
    }

    private static RepViTConfig Trunk(StateDictShapes shapes, RepViTConfig start)
    {
        var stages = Enumerable.Range(0, 4).Select(stage => $"{Body}stages_{stage}.blocks.").ToArray();
        var found = new RepViTVariant(
            IntList.Create([.. stages.Select(stage => shapes[stage + "0.token_mixer.conv.c.weight", 0])]),
            IntList.Create([.. stages.Select(stage => shapes.CountLayers(stage, ".token_mixer.conv.c.weight"))]),
            Legacy: shapes.Has(stages[0] + "0.token_mixer.conv1.c.weight"));
        if (start.Variant == found) return start;
        var name = RepViTConfig.Variants.FirstOrDefault(variant => variant.Value == found).Key;
        // A name that no variant has is refused later, and says what was found.
        return start with { Name = name ?? $"repvit of widths {found.Widths} and depths {found.Depths}" };
    }
}
