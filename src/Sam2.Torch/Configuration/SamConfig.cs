namespace Sam2.Torch.Configuration;

/// <summary>
/// The architecture of the first Segment Anything (arXiv 2304.02643) or of MobileSAM (arXiv 2306.14289): an image encoder of one of two
/// kinds, and heads that all have in common. Exactly one of <see cref="ImageEncoderViT"/> and <see cref="TinyViT"/> is set.
/// </summary>
public sealed record SamConfig
{
    /// <summary>The encoder of the first Segment Anything; null for MobileSAM's.</summary>
    public ImageEncoderViTConfig? ImageEncoderViT { get; init; }

    /// <summary>The encoder of MobileSAM; null for the other one.</summary>
    public TinyViTConfig? TinyViT { get; init; }

    /// <summary>Side of the square input, in pixels; a multiple of 16.</summary>
    public int ImageSize { get; init; } = 1024;

    /// <summary>Channels of the image embedding, of prompts and of tokens; a multiple of 16.</summary>
    public int PromptEmbedDim { get; init; } = 256;

    /// <summary>Side of the image embedding, in tokens.</summary>
    public int ImageEmbeddingSize => ImageSize / Stride;

    /// <summary>Pixels per token of the image embedding, in every model of the family.</summary>
    internal const int Stride = 16;
}

/// <summary>The plain vision transformer of the first Segment Anything (segment_anything/modeling/image_encoder.py, <c>ImageEncoderViT</c>).</summary>
public sealed record ImageEncoderViTConfig
{
    /// <summary>Channels of the tokens.</summary>
    public int EmbedDim { get; init; } = 768;

    /// <summary>Number of blocks.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads; divides <see cref="EmbedDim"/>.</summary>
    public int NumHeads { get; init; } = 12;

    /// <summary>Side of the attention windows, in tokens.</summary>
    public int WindowSize { get; init; } = 14;

    /// <summary>Blocks, from 0, that attend over the whole grid instead of windows.</summary>
    public IntList GlobalAttnIndexes { get; init; } = [2, 5, 8, 11];
}

/// <summary>The encoder of MobileSAM, trained to give what ViT-H gives (mobile_sam/modeling/tiny_vit_sam.py, <c>TinyViT</c>).</summary>
public sealed record TinyViTConfig
{
    /// <summary>Channels of the four stages.</summary>
    public IntList EmbedDims { get; init; } = [64, 128, 160, 320];

    /// <summary>Blocks of the four stages; those of the first are convolutions.</summary>
    public IntList Depths { get; init; } = [2, 2, 6, 2];

    /// <summary>Attention heads of the four stages; the first has none, whatever stands here.</summary>
    public IntList NumHeads { get; init; } = [2, 4, 5, 10];

    /// <summary>Sides of the attention windows of the four stages, in tokens; the first has none, whatever stands here.</summary>
    public IntList WindowSizes { get; init; } = [7, 7, 14, 7];

    /// <summary>Classes of the head that the encoder was trained with on ImageNet. Nothing uses it, but checkpoints have it.</summary>
    public int NumClasses { get; init; } = 1000;
}

/// <summary>The published models of the first generation.</summary>
public static class SamPresets
{
    /// <summary>SAM with ViT-B (<c>sam_vit_b_01ec64.pth</c>).</summary>
    public static SamConfig ViTB { get; } = new() { ImageEncoderViT = new() };

    /// <summary>SAM with ViT-L (<c>sam_vit_l_0b3195.pth</c>).</summary>
    public static SamConfig ViTL { get; } = new() { ImageEncoderViT = new() { EmbedDim = 1024, Depth = 24, NumHeads = 16, GlobalAttnIndexes = [5, 11, 17, 23] } };

    /// <summary>SAM with ViT-H (<c>sam_vit_h_4b8939.pth</c>).</summary>
    public static SamConfig ViTH { get; } = new() { ImageEncoderViT = new() { EmbedDim = 1280, Depth = 32, NumHeads = 16, GlobalAttnIndexes = [7, 15, 23, 31] } };

    /// <summary>MobileSAM (<c>mobile_sam.pt</c>).</summary>
    public static SamConfig MobileSam { get; } = new() { TinyViT = new() };

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyDictionary<string, SamConfig> ByName { get; } = new OrderedDictionary<string, SamConfig>(StringComparer.Ordinal)
    {
        ["sam_vit_b"] = ViTB, ["sam_vit_l"] = ViTL, ["sam_vit_h"] = ViTH, ["mobile_sam"] = MobileSam,
    };
}
