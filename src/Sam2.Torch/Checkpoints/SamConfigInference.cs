using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// Finds the architecture of a checkpoint of the first Segment Anything, or of MobileSAM. Keys and shapes tell all of it but the image size of
/// MobileSAM, which is 1,024 pixels.
/// </summary>
public static class SamConfigInference
{
    private const string Anchor = "mask_decoder.iou_token.weight", Encoder = "image_encoder.";
    private const int MaxSize = 1 << 16, MaxLayers = 256;

    /// <summary>Whether a checkpoint is of this family, whatever its sizes.</summary>
    public static bool Matches(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var tensors = checkpoint.StateDict;
        return tensors.ContainsKey(Anchor) && (tensors.ContainsKey(Encoder + "patch_embed.proj.weight") || tensors.ContainsKey(Encoder + "patch_embed.seq.0.c.weight"));
    }

    /// <summary>The architecture of an open checkpoint.</summary>
    /// <exception cref="CheckpointException">It isn't one of this family, or its shapes contradict each other.</exception>
    public static SamConfig Infer(Checkpoint checkpoint)
    {
        if (!Matches(checkpoint)) throw Wrong(checkpoint, $"has no '{Anchor}' beside an image encoder that is known");
        var channels = Size(checkpoint, Anchor, 1);
        return checkpoint.StateDict.ContainsKey(Encoder + "patch_embed.proj.weight")
            ? Plain(checkpoint) with { PromptEmbedDim = channels }
            : new SamConfig { TinyViT = Tiny(checkpoint), PromptEmbedDim = channels };
    }

    /// <summary>Name of the published model that has this architecture (<see cref="SamPresets"/>), or null.</summary>
    public static string? PublishedName(SamConfig config) => SamPresets.ByName.FirstOrDefault(preset => preset.Value == config).Key;

    private static SamConfig Plain(Checkpoint checkpoint)
    {
        var dim = Size(checkpoint, Encoder + "patch_embed.proj.weight", 0);
        var grid = Size(checkpoint, Encoder + "pos_embed", 1);
        var depth = CountLayers(checkpoint, Encoder + "blocks.", ".norm1.weight");
        // Every block has its distances' embeddings: 2 · side − 1, whose width is that of a head.
        var sides = Enumerable.Range(0, depth).Select(i => (Size(checkpoint, Block(i, "attn.rel_pos_h"), 0) + 1) / 2).ToList();
        var perHead = Size(checkpoint, Block(0, "attn.rel_pos_h"), 1);
        var window = sides.FirstOrDefault(side => side != grid, grid);
        if (dim % perHead != 0) throw Wrong(checkpoint, $"has heads of {perHead} channels, which don't divide its {dim}");
        if (sides.FindIndex(side => side != grid && side != window) is >= 0 and var odd)
            throw Wrong(checkpoint, $"has windows of {window} and of {sides[odd]} tokens a side; all windows of this model are of one size");
        for (var i = 0; i < depth; i++) RequireShape(checkpoint, Block(i, "attn.qkv.weight"), 3L * dim, dim);
        return new SamConfig
        {
            ImageSize = grid * SamConfig.Stride,
            ImageEncoderViT = new()
            {
                EmbedDim = dim,
                Depth = depth,
                NumHeads = dim / perHead,
                WindowSize = window,
                GlobalAttnIndexes = IntList.Create([.. Enumerable.Range(0, depth).Where(i => sides[i] == grid)]),
            },
        };

        static string Block(int index, string name) => $"{Encoder}blocks.{index}.{name}";
    }

    private static TinyViTConfig Tiny(Checkpoint checkpoint)
    {
        const string Layers = Encoder + "layers.";
        var stages = CountLayers(checkpoint, Layers, ".blocks.0.", "conv1.c.weight", "attn.qkv.weight");
        var (dims, depths, heads, windows) = (new List<int>(), new List<int>(), new List<int>(), new List<int>());
        for (var i = 0; i < stages; i++)
        {
            dims.Add(Size(checkpoint, i == 0 ? Encoder + "patch_embed.seq.2.c.weight" : $"{Layers}{i - 1}.downsample.conv3.c.weight", 0));
            depths.Add(CountLayers(checkpoint, $"{Layers}{i}.blocks.", i == 0 ? ".conv1.c.weight" : ".attn.qkv.weight"));
            if (i == 0) continue;
            heads.Add(Size(checkpoint, $"{Layers}{i}.blocks.0.attn.attention_biases", 0));
            windows.Add((int)Math.Round(Math.Sqrt(Size(checkpoint, $"{Layers}{i}.blocks.0.attn.attention_biases", 1))));
            if (dims[i] % heads[^1] != 0) throw Wrong(checkpoint, $"has {heads[^1]} heads, which don't divide the {dims[i]} channels of its stage {i}");
            for (var j = 0; j < depths[i]; j++) RequireShape(checkpoint, $"{Layers}{i}.blocks.{j}.attn.qkv.weight", 3L * dims[i], dims[i]);
        }

        if (stages < 2) throw Wrong(checkpoint, "has an encoder of one stage");
        var published = SamPresets.MobileSam.TinyViT!;
        return new TinyViTConfig
        {
            EmbedDims = IntList.Create([.. dims]),
            Depths = IntList.Create([.. depths]),
            NumHeads = IntList.Create([published.NumHeads[0], .. heads]),
            WindowSizes = IntList.Create([published.WindowSizes[0], .. windows]),
            NumClasses = Size(checkpoint, Encoder + "head.weight", 0),
        };
    }

    private static int Size(Checkpoint checkpoint, string key, int dimension)
    {
        if (!checkpoint.StateDict.TryGetValue(key, out var entry)) throw Wrong(checkpoint, $"lacks '{key}'");
        return dimension < entry.Shape.Count && entry.Shape[dimension] is >= 1 and <= MaxSize and var size
            ? (int)size
            : throw Wrong(checkpoint, $"has a '{key}' of shape [{string.Join(", ", entry.Shape)}]");
    }

    /// <summary>A model is built by these sizes before it is compared with the file, so a file mustn't name sizes that it doesn't have.</summary>
    private static void RequireShape(Checkpoint checkpoint, string key, params long[] shape)
    {
        if (!checkpoint.StateDict.TryGetValue(key, out var entry)) throw Wrong(checkpoint, $"lacks '{key}'");
        if (!entry.Shape.SequenceEqual(shape)) throw Wrong(checkpoint, $"has a '{key}' of shape [{string.Join(", ", entry.Shape)}], where [{string.Join(", ", shape)}] belongs");
    }

    /// <summary>How many numbers, from 0, stand between a prefix and a suffix.</summary>
    private static int CountLayers(Checkpoint checkpoint, string prefix, string suffix, params string[] oneOf)
    {
        if (oneOf.Length == 0) oneOf = [""];
        var count = 0;
        while (count < MaxLayers && oneOf.Any(end => checkpoint.StateDict.ContainsKey($"{prefix}{count}{suffix}{end}"))) count++;
        return count > 0 ? count : throw Wrong(checkpoint, $"lacks '{prefix}0{suffix}{oneOf[0]}'");
    }

    private static CheckpointException Wrong(Checkpoint checkpoint, string cause) => new(
        checkpoint.Path, $"is not a model of the first Segment Anything: it {cause}", "Give a checkpoint of SAM (sam_vit_b_01ec64.pth ...) or MobileSAM (mobile_sam.pt)");
}
