#!/usr/bin/env python3
"""Lists what transformers calls the tensors of SAM 2, with their shapes.

It follows the definitions of Sam2VideoModel and its configuration classes (models/sam2 and models/sam2_video of transformers 4.56
and later), module by module, and not the tensors of the original, so that the tests of Sam2.Torch can compare the two. Writes
tests/Sam2.Torch.Tests/Checkpoints/Layouts/huggingface_keys.txt.gz: a line "# NAME" per model, then a line "key [sizes]" per tensor.

    tools/layouts/huggingface_keys.py            # writes the file
    tools/layouts/huggingface_keys.py --check    # fails if the file would change
"""

import gzip
import io
import pathlib
import sys

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "tests/Sam2.Torch.Tests/Checkpoints/Layouts/huggingface_keys.txt.gz"

# Sam2HieraDetConfig of each size: width, blocks, windows, and the side of the background of the position embedding.
SIZES = {
    "hiera_t": (96, [1, 2, 7, 2], [8, 4, 14, 7], 7),
    "hiera_s": (96, [1, 2, 11, 2], [8, 4, 14, 7], 7),
    "hiera_b+": (112, [2, 3, 16, 3], [8, 4, 14, 7], 14),
    "hiera_l": (144, [2, 6, 36, 4], [8, 4, 16, 8], 7),
}
HIDDEN, MEMORY, MEMORIES, POINTS, MASKS = 256, 64, 7, 4, 4


class Tensors:
    """Collects keys and shapes in the order in which modules are made."""

    def __init__(self):
        self.shapes = {}

    def parameter(self, name, *shape):
        assert name not in self.shapes, name
        self.shapes[name] = list(shape)

    def linear(self, name, inputs, outputs):
        self.parameter(name + ".weight", outputs, inputs)
        self.parameter(name + ".bias", outputs)

    def norm(self, name, width):
        self.parameter(name + ".weight", width)
        self.parameter(name + ".bias", width)

    def conv(self, name, inputs, outputs, kernel, groups=1):
        self.parameter(name + ".weight", outputs, inputs // groups, kernel, kernel)
        self.parameter(name + ".bias", outputs)

    def transposed_conv(self, name, inputs, outputs, kernel):
        self.parameter(name + ".weight", inputs, outputs, kernel, kernel)
        self.parameter(name + ".bias", outputs)

    def embedding(self, name, count, width):
        self.parameter(name + ".weight", count, width)

    def feed_forward(self, name, inputs, hidden, outputs, layers):
        self.linear(name + ".proj_in", inputs, hidden)
        self.linear(name + ".proj_out", hidden, outputs)
        for i in range(layers - 2):
            self.linear(f"{name}.layers.{i}", hidden, hidden)

    def attention(self, name, width, inner, keys=None):
        self.linear(name + ".q_proj", width, inner)
        self.linear(name + ".k_proj", keys or width, inner)
        self.linear(name + ".v_proj", keys or width, inner)
        self.linear(name + ".o_proj", inner, width)


def vision_encoder(tensors, width, blocks, windows, background):
    backbone = "vision_encoder.backbone"
    tensors.conv(f"{backbone}.patch_embed.projection", 3, width, 7)
    tensors.parameter(f"{backbone}.pos_embed", 1, width, background, background)
    tensors.parameter(f"{backbone}.pos_embed_window", 1, width, windows[0], windows[0])
    number = 0
    for stage, count in enumerate(blocks):
        for block in range(count):
            name = f"{backbone}.blocks.{number}"
            after = width << stage
            before = after // 2 if stage > 0 and block == 0 else after
            tensors.norm(name + ".layer_norm1", before)
            tensors.linear(name + ".attn.qkv", before, 3 * after)
            tensors.linear(name + ".attn.proj", after, after)
            tensors.norm(name + ".layer_norm2", after)
            tensors.feed_forward(name + ".mlp", after, 4 * after, after, layers=2)
            if before != after:
                tensors.linear(name + ".proj", before, after)
            number += 1
    for level, channels in enumerate(width << stage for stage in reversed(range(len(blocks)))):
        tensors.conv(f"vision_encoder.neck.convs.{level}", channels, HIDDEN, 1)


def prompt_encoder(tensors):
    tensors.parameter("prompt_encoder.shared_embedding.positional_embedding", 2, HIDDEN // 2)
    tensors.conv("prompt_encoder.mask_embed.conv1", 1, 4, 2)
    tensors.conv("prompt_encoder.mask_embed.conv2", 4, 16, 2)
    tensors.conv("prompt_encoder.mask_embed.conv3", 16, HIDDEN, 1)
    tensors.norm("prompt_encoder.mask_embed.layer_norm1", 4)
    tensors.norm("prompt_encoder.mask_embed.layer_norm2", 16)
    tensors.embedding("prompt_encoder.no_mask_embed", 1, HIDDEN)
    tensors.embedding("prompt_encoder.point_embed", POINTS, HIDDEN)
    tensors.embedding("prompt_encoder.not_a_point_embed", 1, HIDDEN)


def mask_decoder(tensors):
    decoder = "mask_decoder"
    tensors.embedding(f"{decoder}.iou_token", 1, HIDDEN)
    tensors.embedding(f"{decoder}.mask_tokens", MASKS, HIDDEN)
    for layer in range(2):
        name = f"{decoder}.transformer.layers.{layer}"
        tensors.attention(name + ".self_attn", HIDDEN, HIDDEN)
        tensors.attention(name + ".cross_attn_token_to_image", HIDDEN, HIDDEN // 2)
        tensors.attention(name + ".cross_attn_image_to_token", HIDDEN, HIDDEN // 2)
        tensors.feed_forward(name + ".mlp", HIDDEN, 2048, HIDDEN, layers=2)
        for i in range(1, 5):
            tensors.norm(f"{name}.layer_norm{i}", HIDDEN)
    tensors.attention(f"{decoder}.transformer.final_attn_token_to_image", HIDDEN, HIDDEN // 2)
    tensors.norm(f"{decoder}.transformer.layer_norm_final_attn", HIDDEN)
    tensors.transposed_conv(f"{decoder}.upscale_conv1", HIDDEN, HIDDEN // 4, 2)
    tensors.transposed_conv(f"{decoder}.upscale_conv2", HIDDEN // 4, HIDDEN // 8, 2)
    tensors.norm(f"{decoder}.upscale_layer_norm", HIDDEN // 4)
    for i in range(MASKS):
        tensors.feed_forward(f"{decoder}.output_hypernetworks_mlps.{i}", HIDDEN, HIDDEN, HIDDEN // 8, layers=3)
    tensors.feed_forward(f"{decoder}.iou_prediction_head", HIDDEN, 256, MASKS, layers=3)
    tensors.conv(f"{decoder}.conv_s0", HIDDEN, HIDDEN // 8, 1)
    tensors.conv(f"{decoder}.conv_s1", HIDDEN, HIDDEN // 4, 1)
    tensors.embedding(f"{decoder}.obj_score_token", 1, HIDDEN)
    tensors.feed_forward(f"{decoder}.pred_obj_score_head", HIDDEN, HIDDEN, 1, layers=3)


def memory(tensors, version):
    for layer in range(4):
        name = f"memory_attention.layers.{layer}"
        tensors.attention(name + ".self_attn", HIDDEN, HIDDEN)
        tensors.attention(name + ".cross_attn_image", HIDDEN, HIDDEN, keys=MEMORY)
        tensors.linear(name + ".linear1", HIDDEN, 2048)
        tensors.linear(name + ".linear2", 2048, HIDDEN)
        for i in range(1, 4):
            tensors.norm(f"{name}.layer_norm{i}", HIDDEN)
    tensors.norm("memory_attention.layer_norm", HIDDEN)
    channels = 1
    for level in range(4):
        tensors.conv(f"memory_encoder.mask_downsampler.layers.{level}.conv", channels, 4 * channels, 3)
        tensors.norm(f"memory_encoder.mask_downsampler.layers.{level}.layer_norm", 4 * channels)
        channels *= 4
    tensors.conv("memory_encoder.mask_downsampler.final_conv", channels, HIDDEN, 1)
    tensors.conv("memory_encoder.feature_projection", HIDDEN, HIDDEN, 1)
    for layer in range(2):
        name = f"memory_encoder.memory_fuser.layers.{layer}"
        tensors.conv(name + ".depthwise_conv", HIDDEN, HIDDEN, 7, groups=HIDDEN)
        tensors.norm(name + ".layer_norm", HIDDEN)
        tensors.linear(name + ".pointwise_conv1", HIDDEN, 1024)
        tensors.linear(name + ".pointwise_conv2", 1024, HIDDEN)
        tensors.parameter(name + ".scale", HIDDEN)
    tensors.conv("memory_encoder.projection", HIDDEN, MEMORY, 1)
    tensors.parameter("no_memory_positional_encoding", 1, 1, HIDDEN)
    tensors.parameter("memory_temporal_positional_encoding", MEMORIES, 1, 1, MEMORY)
    tensors.parameter("no_object_pointer", 1, HIDDEN)
    tensors.conv("mask_downsample", 1, 1, 4)
    tensors.feed_forward("object_pointer_proj", HIDDEN, HIDDEN, HIDDEN, layers=3)
    if version == "sam2.1":
        tensors.linear("temporal_positional_encoding_projection_layer", HIDDEN, MEMORY)
        tensors.parameter("occlusion_spatial_embedding_parameter", 1, MEMORY)


def listing():
    lines = []
    for version in ("sam2.1", "sam2"):
        for size, backbone in SIZES.items():
            tensors = Tensors()
            tensors.parameter("shared_image_embedding.positional_embedding", 2, HIDDEN // 2)
            vision_encoder(tensors, *backbone)
            prompt_encoder(tensors)
            mask_decoder(tensors)
            tensors.parameter("no_memory_embedding", 1, 1, HIDDEN)
            memory(tensors, version)
            lines.append(f"# {version}_{size}")
            lines += [f"{key} {shape}" for key, shape in tensors.shapes.items()]
    return "\n".join(lines) + "\n"


def main():
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as stream:
        stream.write(listing().encode())
    if "--check" in sys.argv:
        sys.exit(gzip.decompress(OUTPUT.read_bytes()).decode() != listing())
    OUTPUT.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main()
