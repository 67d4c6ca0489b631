using System.Text;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Checkpoints;

/// <summary>
/// The <c>config.json</c> that transformers keeps beside a model: read for what shapes don't tell, and written beside a converted model,
/// without which transformers doesn't load it. What a file leaves out has that library's default, which is SAM 2.1 tiny.
/// </summary>
public static class HuggingFaceConfig
{
    /// <summary>Its name.</summary>
    internal const string FileName = "config.json";

    private const string Video = "sam2_video", Image = "sam2";

    /// <summary>The file beside a checkpoint, whether it exists or not.</summary>
    public static string Beside(string checkpoint) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(checkpoint))!, FileName);

    /// <summary>The architecture of a checkpoint according to the file beside it; null if there is none, or one of another model.</summary>
    /// <param name="checkpoint">A checkpoint of transformers.</param>
    /// <param name="start">What the shapes tell, and the family's usual values for the rest.</param>
    /// <exception cref="CheckpointException">The file is damaged, or has an impossible setting.</exception>
    internal static Sam2Config? TryRead(Checkpoint checkpoint, Sam2Config start)
    {
        var path = Beside(checkpoint.Path);
        if (checkpoint.Layout != CheckpointLayout.HuggingFace || !File.Exists(path))
            return null;
        var values = CheckpointJson.Read(path);
        return IsOurs(values) ? Overlay(path, values, start) : null;
    }

    /// <summary>Writes the file beside a checkpoint.</summary>
    /// <param name="checkpoint">The path of the checkpoint.</param>
    /// <param name="config">The architecture.</param>
    /// <param name="imageOnly">For <c>Sam2Model</c>, the part for images, instead of <c>Sam2VideoModel</c>.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="CheckpointException">There is one of another model already, or it can't be written.</exception>
    public static string Write(string checkpoint, Sam2Config config, bool imageOnly)
    {
        var path = Beside(checkpoint);
        RequireFree(checkpoint);
        var text = Encoding.UTF8.GetBytes(PlainJson.Write(Of(path, config, imageOnly)) + "\n");
        AtomicFile.Write(path, stream => stream.Write(text), e =>
            new CheckpointException(path, $"can't be written: {e.Message.TrimEnd('.')}", "Check that the folder exists, is writable and has room", e));
        return path;
    }

    /// <summary>Refuses to replace the file of another model.</summary>
    /// <param name="checkpoint">The path of the checkpoint beside which the file is to be written.</param>
    /// <exception cref="CheckpointException">There is a <c>config.json</c> of something else.</exception>
    public static void RequireFree(string checkpoint)
    {
        var path = Beside(checkpoint);
        if (File.Exists(path) && !IsOurs(CheckpointJson.Read(path)))
            throw new CheckpointException(path, "is there already and belongs to another model", "Write into a folder of its own");
    }

    private static bool IsOurs(PlainDictionary values) => values.GetValueOrDefault("model_type") is Video or Image;

    private static Sam2Config Overlay(string path, PlainDictionary values, Sam2Config start)
    {
        var vision = Section(path, values, "vision_config");
        var backbone = Section(path, vision, "backbone_config");
        var decoder = Section(path, values, "mask_decoder_config");
        var standard = new HieraConfig { Stages = [1, 2, 7, 2], GlobalAttBlocks = [5, 7, 9], WindowSpec = [8, 4, 14, 7] };
        var heads = Numbers(path, backbone, "num_attention_heads_per_stage", [1, 2, 4, 8]);
        var (hiera, neck) = Encoder(path, start);
        var trunk = hiera with
        {
            NumHeads = heads[0],
            HeadMul = heads.Count > 1 ? (double)heads[1] / Math.Max(1, heads[0]) : 2,
            WindowSpec = Numbers(path, backbone, "window_size_per_stage", standard.WindowSpec),
            GlobalAttBlocks = Numbers(path, backbone, "global_attention_blocks", standard.GlobalAttBlocks),
        };
        var layer = start.MemoryAttention.Layer;
        var grid = Numbers(path, values, "memory_attention_rope_feat_sizes", [64, 64]);
        var imageSize = Size(path, values, backbone);
        // The encodings are computed for other grids where they are needed; SAM 2.0 was published with a smaller one.
        IntList whole = [start.ImageEmbeddingSize, start.ImageEmbeddingSize];
        if (imageSize != start.ImageSize || !grid.Equals(whole))
            layer = layer with { SelfAttention = layer.SelfAttention with { FeatSizes = grid }, CrossAttention = layer.CrossAttention with { FeatSizes = grid } };
        var video = values.GetValueOrDefault("model_type") is Video;
        var config = start with
        {
            ImageSize = imageSize,
            ImageEncoder = start.ImageEncoder with
            {
                Trunk = trunk,
                Neck = neck with { FpnTopDownLevels = Numbers(path, vision, "fpn_top_down_levels", [2, 3]) },
            },
            SamMaskDecoderExtraArgs = new()
            {
                DynamicMultimaskViaStability = CheckpointJson.Flag(path, decoder, "dynamic_multimask_via_stability", true),
                DynamicMultimaskStabilityDelta = CheckpointJson.Fraction(path, decoder, "dynamic_multimask_stability_delta", 0.05),
                DynamicMultimaskStabilityThresh = CheckpointJson.Fraction(path, decoder, "dynamic_multimask_stability_thresh", 0.98),
            },
        };
        return !video ? config : config with
        {
            MemoryAttention = start.MemoryAttention with { Layer = layer },
            SigmoidScaleForMemEnc = CheckpointJson.Fraction(path, values, "sigmoid_scale_for_mem_enc", 20),
            SigmoidBiasForMemEnc = CheckpointJson.Fraction(path, values, "sigmoid_bias_for_mem_enc", -10),
            MultimaskOutputInSam = CheckpointJson.Flag(path, values, "multimask_output_in_sam", true),
            MultimaskMinPtNum = CheckpointJson.Number(path, values, "multimask_min_pt_num", 0),
            MultimaskMaxPtNum = CheckpointJson.Number(path, values, "multimask_max_pt_num", 1),
            MultimaskOutputForTracking = CheckpointJson.Flag(path, values, "multimask_output_for_tracking", true),
            MaxObjPtrsInEncoder = CheckpointJson.Number(path, values, "max_object_pointers_in_encoder", 16),
            MaxCondFramesInAttn = CheckpointJson.Number(path, values, "max_cond_frame_num", -1, least: -1),
        };
    }

    private static PlainDictionary Of(string path, Sam2Config config, bool imageOnly)
    {
        var ((trunk, neck), attention, encoder) = (Encoder(path, config), config.MemoryAttention, config.MemoryEncoder);
        var stages = Enumerable.Range(0, trunk.Stages.Count).ToArray();
        var widths = stages.Select(i => (int)(trunk.EmbedDim * Math.Pow(trunk.DimMul, i))).ToArray();
        PlainList image = List([config.ImageSize, config.ImageSize]);
        var backbone = Object(
            ("model_type", "sam2_hiera_det_model"), ("hidden_size", trunk.EmbedDim), ("num_attention_heads", trunk.NumHeads), ("image_size", image),
            ("query_stride", List(trunk.QStride)), ("num_query_pool_stages", trunk.QPool), ("blocks_per_stage", List(trunk.Stages)), ("embed_dim_per_stage", List(widths)),
            ("num_attention_heads_per_stage", List(stages.Select(i => (int)(trunk.NumHeads * Math.Pow(trunk.HeadMul, i))))),
            ("window_size_per_stage", List(trunk.WindowSpec)), ("window_positional_embedding_background_size", List(trunk.WindowPosEmbedBkgSpatialSize)),
            ("global_attention_blocks", List(trunk.GlobalAttBlocks)), ("mlp_ratio", 4.0));
        var levels = neck.BackboneChannelList.Count - config.ImageEncoder.Scalp;
        var vision = Object(
            ("model_type", "sam2_vision_model"), ("backbone_config", backbone), ("backbone_channel_list", List(neck.BackboneChannelList)),
            ("backbone_feature_sizes", new PlainList(Enumerable.Range(0, levels).Select(i => (object?)List([config.ImageSize >> i + 2, config.ImageSize >> i + 2])))),
            ("fpn_hidden_size", neck.DModel), ("fpn_kernel_size", neck.KernelSize), ("fpn_stride", neck.Stride), ("fpn_padding", neck.Padding),
            ("fpn_top_down_levels", neck.FpnTopDownLevels is { } topDown ? List(topDown) : List(Enumerable.Range(0, neck.BackboneChannelList.Count))),
            ("num_feature_levels", levels));
        var stability = config.SamMaskDecoderExtraArgs;
        return Object(
            ("architectures", new PlainList([imageOnly ? "Sam2Model" : "Sam2VideoModel"])), ("model_type", imageOnly ? Image : Video), ("image_size", config.ImageSize), ("vision_config", vision),
            ("prompt_encoder_config", Object(("hidden_size", config.HiddenDim), ("image_size", config.ImageSize), ("patch_size", config.BackboneStride))),
            ("mask_decoder_config", Object(
                ("hidden_size", config.HiddenDim), ("dynamic_multimask_via_stability", stability.DynamicMultimaskViaStability),
                ("dynamic_multimask_stability_delta", stability.DynamicMultimaskStabilityDelta), ("dynamic_multimask_stability_thresh", stability.DynamicMultimaskStabilityThresh))),
            ("num_maskmem", config.NumMaskmem), ("sigmoid_scale_for_mem_enc", config.SigmoidScaleForMemEnc), ("sigmoid_bias_for_mem_enc", config.SigmoidBiasForMemEnc),
            ("enable_occlusion_spatial_embedding", config.NoObjEmbedSpatial), ("enable_temporal_pos_encoding_for_object_pointers", config.ProjTposEncInObjPtrs),
            ("multimask_output_in_sam", config.MultimaskOutputInSam), ("multimask_min_pt_num", config.MultimaskMinPtNum), ("multimask_max_pt_num", config.MultimaskMaxPtNum),
            ("multimask_output_for_tracking", config.MultimaskOutputForTracking), ("max_object_pointers_in_encoder", config.MaxObjPtrsInEncoder),
            ("max_cond_frame_num", config.MaxCondFramesInAttn), ("memory_attention_hidden_size", attention.DModel), ("memory_attention_num_layers", attention.NumLayers),
            ("memory_attention_num_attention_heads", attention.Layer.SelfAttention.NumHeads), ("memory_attention_downsample_rate", attention.Layer.SelfAttention.DownsampleRate),
            ("memory_attention_feed_forward_hidden_size", attention.Layer.DimFeedforward), ("memory_attention_feed_forward_hidden_act", attention.Layer.Activation),
            ("memory_attention_dropout", attention.Layer.Dropout), ("memory_attention_rope_feat_sizes", List(attention.Layer.SelfAttention.FeatSizes)),
            ("memory_attention_rope_dropout", attention.Layer.SelfAttention.Dropout), ("memory_encoder_hidden_size", encoder.InDim), ("memory_encoder_output_channels", encoder.OutDim),
            ("mask_downsampler_embed_dim", encoder.MaskDownsampler.EmbedDim), ("mask_downsampler_kernel_size", encoder.MaskDownsampler.KernelSize),
            ("mask_downsampler_stride", encoder.MaskDownsampler.Stride), ("mask_downsampler_padding", encoder.MaskDownsampler.Padding),
            ("mask_downsampler_total_stride", encoder.MaskDownsampler.TotalStride), ("memory_fuser_num_layers", encoder.Fuser.NumLayers),
            ("memory_fuser_embed_dim", encoder.Fuser.Layer.Dim), ("memory_fuser_intermediate_dim", 4 * encoder.Fuser.Layer.Dim),
            ("memory_fuser_kernel_size", encoder.Fuser.Layer.KernelSize), ("memory_fuser_padding", encoder.Fuser.Layer.Padding),
            ("memory_fuser_layer_scale_init_value", encoder.Fuser.Layer.LayerScaleInitValue));
    }

    private static (HieraConfig Trunk, FpnNeckConfig Neck) Encoder(string path, Sam2Config config) => config.ImageEncoder is { Trunk: HieraConfig trunk, Neck: FpnNeckConfig neck }
        ? (trunk, neck)
        : throw new CheckpointException(path, $"can't describe this model ({config.ImageEncoder.Trunk.Summary}): as SAM 2, transformers has models with a Hiera trunk only", "Write another layout");

    /// <summary>The size of images: a number or two equal ones, of the whole model or of its backbone.</summary>
    private static int Size(string path, PlainDictionary values, PlainDictionary backbone)
    {
        var value = values.GetValueOrDefault("image_size") ?? backbone.GetValueOrDefault("image_size") ?? 1024L;
        return value switch
        {
            long size and > 0 and <= 1 << 16 => (int)size,
            PlainList and [long height and > 0 and <= 1 << 16, long width] when height == width => (int)height,
            _ => throw CheckpointJson.Wrong(path, "image_size", value, "the side of a square"),
        };
    }

    private static PlainDictionary Section(string path, PlainDictionary values, string name) => values.GetValueOrDefault(name) switch
    {
        null => PlainDictionary.Empty,
        PlainDictionary section => section,
        var value => throw CheckpointJson.Wrong(path, name, value, "an object"),
    };

    private static IntList Numbers(string path, PlainDictionary values, string name, IntList standard) => values.GetValueOrDefault(name) switch
    {
        null => standard,
        PlainList { Count: > 0 and <= 64 } list when list.All(item => item is long and >= 0 and <= 1 << 20) => IntList.Create([.. list.Select(item => (int)(long)item!)]),
        var value => throw CheckpointJson.Wrong(path, name, value, "a list of whole numbers"),
    };

    private static PlainDictionary Object(params (string Name, object? Value)[] members) =>
        new(members.Select(member => new KeyValuePair<string, object?>(member.Name, member.Value)));

    private static PlainList List(IEnumerable<int> numbers) => new(numbers.Select(number => (object?)(long)number));
}
