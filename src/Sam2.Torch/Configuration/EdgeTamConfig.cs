using Sam2.Torch.Modeling;
using static TorchSharp.torch;

namespace Sam2.Torch.Configuration;

/// <summary>
/// A RepViT trunk (arXiv 2307.09283), which the original of EdgeTAM takes from timm by its name (sam2/modeling/backbones/timm.py, <c>TimmBackbone</c>).
/// </summary>
public sealed record RepViTConfig : TrunkConfig
{
    /// <summary>The variants that timm has, by name.</summary>
    public static IReadOnlyDictionary<string, RepViTVariant> Variants { get; } = new Dictionary<string, RepViTVariant>(StringComparer.Ordinal)
    {
        ["repvit_m1"] = new([48, 96, 192, 384], [2, 2, 14, 2], Legacy: true),
        ["repvit_m2"] = new([64, 128, 256, 512], [2, 2, 12, 2], Legacy: true),
        ["repvit_m3"] = new([64, 128, 256, 512], [4, 4, 18, 2], Legacy: true),
        ["repvit_m0_9"] = new([48, 96, 192, 384], [2, 2, 14, 2], Legacy: false),
        ["repvit_m1_0"] = new([56, 112, 224, 448], [2, 2, 14, 2], Legacy: false),
        ["repvit_m1_1"] = new([64, 128, 256, 512], [2, 2, 12, 2], Legacy: false),
        ["repvit_m1_5"] = new([64, 128, 256, 512], [4, 4, 24, 4], Legacy: false),
        ["repvit_m2_3"] = new([80, 160, 320, 640], [6, 6, 34, 2], Legacy: false),
    };

    /// <summary>timm's name: a variant, and after a dot how it was pretrained, which changes nothing here.</summary>
    public string Name { get; init; } = "repvit_m1.dist_in1k";

    /// <summary>The stages whose features are returned; all four, in order.</summary>
    public IReadOnlyList<string> Features { get; init; } = AllStages;

    /// <inheritdoc/>
    public override IReadOnlyList<int> StageChannels => Variant is { } variant ? [.. variant.Widths.Reverse()] : [];

    /// <inheritdoc/>
    public override string Summary => $"RepViT: {Name}";

    /// <inheritdoc/>
    public override bool KeepsStatistics => true;

    /// <summary>Widths and depths of the name; null if no variant has it.</summary>
    public RepViTVariant? Variant => Variants.GetValueOrDefault(Name.Split('.')[0]);

    /// <summary>Whether all stages are returned, the only choice that is supported.</summary>
    internal bool TakesAllStages => Features.SequenceEqual(AllStages);

    private static string[] AllStages => ["layer0", "layer1", "layer2", "layer3"];

    /// <inheritdoc/>
    public override nn.Module<Tensor, IReadOnlyList<Tensor>> Build() => new RepViT(this);

    /// <inheritdoc/>
    internal override IEnumerable<SettingCheck> Checks(int maxGrid) =>
    [
        new(Variant is not null, "name", Name, string.Join(", ", Variants.Keys)),
        new(TakesAllStages, "features", $"[{string.Join(", ", Features)}]", $"[{string.Join(", ", AllStages)}]"),
    ];

    /// <summary>Whether two trunks are the same; features count by their names.</summary>
    public bool Equals(RepViTConfig? other) => other is not null && Name == other.Name && Features.SequenceEqual(other.Features);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Features.Count);
}

/// <summary>The numbers of a RepViT.</summary>
/// <param name="Widths">Channels of the four stages.</param>
/// <param name="Depths">Blocks of the four stages, without those between stages.</param>
/// <param name="Legacy">Whether it is one of the first variants, whose depth-wise convolutions are normalised one by one.</param>
public sealed record RepViTVariant(IntList Widths, IntList Depths, bool Legacy);

/// <summary>EdgeTAM's 2D spatial perceiver (sam2/modeling/perceiver.py, <c>PerceiverResampler</c>). Defaults are the original's.</summary>
public sealed record PerceiverConfig
{
    /// <summary>Channels of a memory.</summary>
    public int Dim { get; init; } = 64;

    /// <summary>Number of layers.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>Channels of an attention head.</summary>
    public int DimHead { get; init; } = 64;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Latents that attend to a whole memory and have no place; none if not above 0.</summary>
    public int NumLatents { get; init; } = -1;

    /// <summary>Latents that attend to a window each and keep its place, a square number; none if not above 0.</summary>
    public int NumLatents2d { get; init; } = -1;

    /// <summary>Hidden channels of the feed-forward parts, as a multiple of <see cref="Dim"/>.</summary>
    public double FfMult { get; init; } = 4;

    /// <summary>Dropout of the latents. Training only.</summary>
    public double HiddenDropoutP { get; init; } = 0.1;

    /// <summary>Dropout of the attention weights. Training only.</summary>
    public double AttentionDropoutP { get; init; } = 0.05;

    /// <summary>Whether the memory's position encoding is added to keys and values; in the public code it is, whatever this says.</summary>
    public bool PosEncAtKeyValue { get; init; }

    /// <summary>Whether latents attend to each other in the same step as to the memory.</summary>
    public bool ConcatKvLatents { get; init; }

    /// <summary>Position encoding of the latents with a place.</summary>
    public PositionEncodingConfig PositionEncoding { get; init; } = new() { NumPosFeats = 64 };

    /// <summary>Whether latents attend to each other after they have attended to the memory.</summary>
    public bool UseSelfAttn { get; init; }

    /// <summary>Tokens that stand for a memory.</summary>
    public int Tokens => Math.Max(0, NumLatents) + Math.Max(0, NumLatents2d);

    /// <summary>Side of the grid of latents that have a place.</summary>
    public int Side => (int)Math.Round(Math.Sqrt(Math.Max(0, NumLatents2d)));
}
