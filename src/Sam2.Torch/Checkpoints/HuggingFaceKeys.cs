using System.Globalization;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// What transformers calls the tensors of SAM 2. Each name stands for one tensor of the original, with the same shape and bytes, but for
/// two: the four point embeddings are rows of one matrix there, and the frequencies of the prompts' position encoding have two names.
/// </summary>
internal static class HuggingFaceKeys
{
    /// <summary>A tensor that every model has; what stands before it in a file belongs to a wrapper.</summary>
    public const string Anchor = "vision_encoder.backbone.patch_embed.projection.weight";

    /// <summary>The matrix of the point embeddings, <c>[4, C]</c>.</summary>
    public const string PointEmbeddings = "prompt_encoder.point_embed.weight";

    /// <summary>The original's point embeddings: this, a number from 0 on, and <c>.weight</c>.</summary>
    public const string OriginalPointEmbeddings = "sam_prompt_encoder.point_embeddings.";

    /// <summary>The original's name of the frequencies, a buffer <c>[2, C/2]</c>.</summary>
    public const string OriginalFrequencies = "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix";

    /// <summary>
    /// The names of the frequencies. transformers ties both to the first after loading, and leaves the second out of what it saves.
    /// </summary>
    public static readonly IReadOnlyList<string> Frequencies = ["shared_image_embedding.positional_embedding", "prompt_encoder.shared_embedding.positional_embedding"];

    // Names of modules and of single parameters; # is the number of a block.
    private static readonly Dictionary<string, string> FromOriginal = BuildTable();
    private static readonly Dictionary<string, string> ToOriginalTable = FromOriginal.ToDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>What transformers calls a tensor or module of the original; null for one that it doesn't have, or not as a tensor of its own.</summary>
    public static string? OfOriginal(string name) => Translate(FromOriginal, name);

    /// <summary>The original's name for a tensor or module of transformers; null for one that it doesn't have, or not as a tensor of its own.</summary>
    public static string? ToOriginal(string name) => Translate(ToOriginalTable, name);

    /// <summary>The number of a point embedding of the original, or null for another name.</summary>
    public static int? PointEmbeddingNumber(string original)
    {
        const string Suffix = ".weight";
        return original.StartsWith(OriginalPointEmbeddings, StringComparison.Ordinal) && original.EndsWith(Suffix, StringComparison.Ordinal)
            && original.Length > OriginalPointEmbeddings.Length + Suffix.Length
            && int.TryParse(original.AsSpan()[OriginalPointEmbeddings.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    /// <summary>The original's name of a point embedding.</summary>
    public static string PointEmbedding(long number) => string.Create(CultureInfo.InvariantCulture, $"{OriginalPointEmbeddings}{number}.weight");

    private static string? Translate(Dictionary<string, string> table, string name)
    {
        if (TranslatePath(table, name) is { } whole)
            return whole;
        var dot = name.LastIndexOf('.');
        return dot > 0 && name[dot..] is ".weight" or ".bias" && TranslatePath(table, name[..dot]) is { } module ? module + name[dot..] : null;
    }

    private static string? TranslatePath(Dictionary<string, string> table, string path)
    {
        if (path.Contains('#'))
            return null;
        if (table.TryGetValue(path, out var exact))
            return exact;
        var segments = path.Split('.');
        var block = Array.FindIndex(segments, segment => segment.Length > 0 && segment.All(char.IsAsciiDigit));
        if (block < 0)
            return null;
        var number = segments[block];
        segments[block] = "#";
        return table.TryGetValue(string.Join('.', segments), out var pattern) ? pattern.Replace("#", number, StringComparison.Ordinal) : null;
    }

    private static Dictionary<string, string> BuildTable()
    {
        var table = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["maskmem_tpos_enc"] = "memory_temporal_positional_encoding",
            ["no_mem_embed"] = "no_memory_embedding",
            ["no_mem_pos_enc"] = "no_memory_positional_encoding",
            ["no_obj_ptr"] = "no_object_pointer",
            ["no_obj_embed_spatial"] = "occlusion_spatial_embedding_parameter",
            ["mask_downsample"] = "mask_downsample",
            ["obj_ptr_tpos_proj"] = "temporal_positional_encoding_projection_layer",
        };
        Hiera(table);
        Memory(table);
        Prompts(table);
        Decoder(table);
        ThreeLayers(table, "obj_ptr_proj", "object_pointer_proj");
        return table;
    }

    private static void Hiera(Dictionary<string, string> table)
    {
        const string Trunk = "image_encoder.trunk.", Backbone = "vision_encoder.backbone.";
        table.Add(Trunk + "pos_embed", Backbone + "pos_embed");
        table.Add(Trunk + "pos_embed_window", Backbone + "pos_embed_window");
        table.Add(Trunk + "patch_embed.proj", Backbone + "patch_embed.projection");
        Norms(table, Trunk + "blocks.#", Backbone + "blocks.#", count: 2);
        table.Add(Trunk + "blocks.#.attn.qkv", Backbone + "blocks.#.attn.qkv");
        table.Add(Trunk + "blocks.#.attn.proj", Backbone + "blocks.#.attn.proj");
        TwoLayers(table, Trunk + "blocks.#.mlp", Backbone + "blocks.#.mlp");
        table.Add(Trunk + "blocks.#.proj", Backbone + "blocks.#.proj");
        table.Add("image_encoder.neck.convs.#.conv", "vision_encoder.neck.convs.#");
    }

    private static void Memory(Dictionary<string, string> table)
    {
        const string Layer = "memory_attention.layers.#", Encoder = "memory_encoder.";
        Attention(table, Layer + ".self_attn", Layer + ".self_attn");
        Attention(table, Layer + ".cross_attn_image", Layer + ".cross_attn_image");
        table.Add(Layer + ".linear1", Layer + ".linear1");
        table.Add(Layer + ".linear2", Layer + ".linear2");
        Norms(table, Layer, Layer, count: 3);
        table.Add("memory_attention.norm", "memory_attention.layer_norm");

        // Four levels of convolution, normalisation and activation, and the last convolution.
        for (var level = 0; level < 4; level++)
        {
            table.Add(Invariant($"{Encoder}mask_downsampler.encoder.{3 * level}"), Invariant($"{Encoder}mask_downsampler.layers.{level}.conv"));
            table.Add(Invariant($"{Encoder}mask_downsampler.encoder.{3 * level + 1}"), Invariant($"{Encoder}mask_downsampler.layers.{level}.layer_norm"));
        }
        table.Add(Encoder + "mask_downsampler.encoder.12", Encoder + "mask_downsampler.final_conv");
        table.Add(Encoder + "pix_feat_proj", Encoder + "feature_projection");
        table.Add(Encoder + "fuser.layers.#.gamma", Encoder + "memory_fuser.layers.#.scale");
        table.Add(Encoder + "fuser.layers.#.dwconv", Encoder + "memory_fuser.layers.#.depthwise_conv");
        table.Add(Encoder + "fuser.layers.#.norm", Encoder + "memory_fuser.layers.#.layer_norm");
        table.Add(Encoder + "fuser.layers.#.pwconv1", Encoder + "memory_fuser.layers.#.pointwise_conv1");
        table.Add(Encoder + "fuser.layers.#.pwconv2", Encoder + "memory_fuser.layers.#.pointwise_conv2");
        table.Add(Encoder + "out_proj", Encoder + "projection");
    }

    private static void Prompts(Dictionary<string, string> table)
    {
        const string Original = "sam_prompt_encoder.", Theirs = "prompt_encoder.";
        table.Add(Original + "not_a_point_embed", Theirs + "not_a_point_embed");
        table.Add(Original + "no_mask_embed", Theirs + "no_mask_embed");
        table.Add(Original + "mask_downscaling.0", Theirs + "mask_embed.conv1");
        table.Add(Original + "mask_downscaling.1", Theirs + "mask_embed.layer_norm1");
        table.Add(Original + "mask_downscaling.3", Theirs + "mask_embed.conv2");
        table.Add(Original + "mask_downscaling.4", Theirs + "mask_embed.layer_norm2");
        table.Add(Original + "mask_downscaling.6", Theirs + "mask_embed.conv3");
    }

    private static void Decoder(Dictionary<string, string> table)
    {
        const string Original = "sam_mask_decoder.", Theirs = "mask_decoder.";
        foreach (var same in new[] { "iou_token", "mask_tokens", "obj_score_token", "conv_s0", "conv_s1" })
            table.Add(Original + same, Theirs + same);
        foreach (var attention in new[] { "layers.#.self_attn", "layers.#.cross_attn_token_to_image", "layers.#.cross_attn_image_to_token", "final_attn_token_to_image" })
            Attention(table, $"{Original}transformer.{attention}", $"{Theirs}transformer.{attention}");
        Norms(table, Original + "transformer.layers.#", Theirs + "transformer.layers.#", count: 4);
        TwoLayers(table, Original + "transformer.layers.#.mlp", Theirs + "transformer.layers.#.mlp");
        table.Add(Original + "transformer.norm_final_attn", Theirs + "transformer.layer_norm_final_attn");
        table.Add(Original + "output_upscaling.0", Theirs + "upscale_conv1");
        table.Add(Original + "output_upscaling.1", Theirs + "upscale_layer_norm");
        table.Add(Original + "output_upscaling.3", Theirs + "upscale_conv2");
        ThreeLayers(table, Original + "output_hypernetworks_mlps.#", Theirs + "output_hypernetworks_mlps.#");
        ThreeLayers(table, Original + "iou_prediction_head", Theirs + "iou_prediction_head");
        ThreeLayers(table, Original + "pred_obj_score_head", Theirs + "pred_obj_score_head");
    }

    private static void Attention(Dictionary<string, string> table, string original, string theirs)
    {
        foreach (var projection in new[] { "q_proj", "k_proj", "v_proj" })
            table.Add($"{original}.{projection}", $"{theirs}.{projection}");
        table.Add(original + ".out_proj", theirs + ".o_proj");
    }

    private static void Norms(Dictionary<string, string> table, string original, string theirs, int count)
    {
        for (var i = 1; i <= count; i++)
            table.Add(Invariant($"{original}.norm{i}"), Invariant($"{theirs}.layer_norm{i}"));
    }

    private static void TwoLayers(Dictionary<string, string> table, string original, string theirs)
    {
        table.Add(original + ".layers.0", theirs + ".proj_in");
        table.Add(original + ".layers.1", theirs + ".proj_out");
    }

    private static void ThreeLayers(Dictionary<string, string> table, string original, string theirs)
    {
        table.Add(original + ".layers.0", theirs + ".proj_in");
        table.Add(original + ".layers.1", theirs + ".layers.0");
        table.Add(original + ".layers.2", theirs + ".proj_out");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
