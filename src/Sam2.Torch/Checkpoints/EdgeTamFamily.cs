using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

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
