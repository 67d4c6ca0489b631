"""Makes the golden files of the first Segment Anything, and of MobileSAM, with their own code.

usage: sam1.py --sam FOLDER --mobile-sam FOLDER --out FOLDER

The folders are checkouts of github.com/facebookresearch/segment-anything and github.com/ChaoningZhang/MobileSAM. Writes keys_sam_*.txt
and keys_mobile_sam.txt (keys and shapes of the published models), sam1_nano.pt.gz (a small SAM, with deterministic weights) and
mobile_sam_nano.pt.gz (a small TinyViT). Needs Debian's python3-torch 1.13 and python3-torchvision.
"""
import argparse
import functools
import os
import sys
import types

import numpy as np
import torch

import goldenfile
import pictures
import weights

SIZE, PATCH, CHANNELS = 256, 16, 32
GRID = SIZE // PATCH


def add_stand_ins():
    """TinyViT takes four names from timm, none of which does anything in evaluation mode with weights of our own."""
    class DropPath(torch.nn.Identity):
        def __init__(self, drop_prob=None):
            super().__init__()
    layers = types.ModuleType('timm.models.layers')
    layers.DropPath, layers.to_2tuple, layers.trunc_normal_ = DropPath, lambda value: (value, value), lambda tensor, **options: tensor
    registry = types.ModuleType('timm.models.registry')
    registry.register_model = lambda function: function
    sys.modules.update({'timm': types.ModuleType('timm'), 'timm.models': types.ModuleType('timm.models'),
                        'timm.models.layers': layers, 'timm.models.registry': registry})


def small_sam():
    """Everything as in ViT-B but: 256 pixels, width 64, four blocks of four heads, windows of 7, 32 channels after the neck."""
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
    encoder = ImageEncoderViT(
        img_size=SIZE, patch_size=PATCH, embed_dim=64, depth=4, num_heads=4, out_chans=CHANNELS,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6), use_rel_pos=True, window_size=7, global_attn_indexes=(1, 3))
    decoder = MaskDecoder(
        num_multimask_outputs=3, transformer=TwoWayTransformer(depth=2, embedding_dim=CHANNELS, mlp_dim=2048, num_heads=8),
        transformer_dim=CHANNELS, iou_head_depth=3, iou_head_hidden_dim=256)
    prompts = PromptEncoder(embed_dim=CHANNELS, image_embedding_size=(GRID, GRID), input_image_size=(SIZE, SIZE), mask_in_chans=16)
    return weights.fill(Sam(encoder, prompts, decoder).eval())


def keep_outputs(modules, golden):
    """Notes what modules return from now on."""
    for name, module in modules.items():
        module.register_forward_hook(lambda module, inputs, output, name=name: golden.update({name: output.clone()}))


@torch.inference_mode()
def write_sam(path):
    """The small SAM: stages of the encoder, the predictor's answers to six prompts, and the mask generator's."""
    from segment_anything import SamAutomaticMaskGenerator, SamPredictor
    model, golden = small_sam(), {}
    encoder = model.image_encoder
    keep_outputs({'encoder.patch_embed': encoder.patch_embed, 'encoder.block0': encoder.blocks[0], 'encoder.block1': encoder.blocks[1],
                  'encoder.block3': encoder.blocks[3], 'embedding': encoder.neck}, golden)
    encoder.register_forward_hook(lambda module, inputs, output: golden.update(goldenfile.probe(inputs[0], 'input')))
    predictor = SamPredictor(model)
    predictor.set_image(pictures.pattern(150, 220))
    golden = dict(golden)
    point = dict(point_coords=np.array([[100., 60.]]), point_labels=np.array([1]))
    prompts = dict(
        point=point,
        points=dict(point_coords=np.array([[100., 60.], [30., 110.], [180., 20.]]), point_labels=np.array([1, 0, 1])),
        box=dict(box=np.array([40., 30., 170., 120.])),
        box_point=dict(box=np.array([40., 30., 170., 120.]), **point),
        mask=dict(),
        refine=dict(point_coords=np.array([[100., 60.], [20., 20.]]), point_labels=np.array([1, 0])))
    for name, prompt in prompts.items():
        for answers in ('multi', 'single'):
            masks, iou, low_res = predictor.predict(multimask_output=answers == 'multi', **prompt)
            golden[f'{name}.{answers}.masks'] = torch.from_numpy(masks.astype(bool))
            golden[f'{name}.{answers}.iou'] = torch.from_numpy(iou)
            golden.update(goldenfile.probe(torch.from_numpy(low_res), f'{name}.{answers}.low_res', 512))
            if (name, answers) == ('point', 'multi'):
                golden['prompt'] = torch.from_numpy(low_res[:1])
                prompts['mask']['mask_input'] = prompts['refine']['mask_input'] = low_res[:1]

    generator = SamAutomaticMaskGenerator(
        model, points_per_side=6, pred_iou_thresh=0.0, stability_score_thresh=0.5, stability_score_offset=0.02, box_nms_thresh=0.99)
    found = generator.generate(pictures.pattern(150, 220))
    golden['everything.masks'] = torch.from_numpy(np.stack([mask['segmentation'] for mask in found]))
    for field in ('predicted_iou', 'stability_score', 'bbox', 'point_coords'):
        golden[f'everything.{field}'] = torch.tensor([mask[field] for mask in found], dtype=torch.float64)
    goldenfile.save(path, golden)


@torch.inference_mode()
def write_tiny_vit(path):
    """A small TinyViT on 256 pixels, stage by stage. Its own forward can do 1,024 pixels only: it has the grid's side as a number."""
    from mobile_sam.modeling.tiny_vit_sam import TinyViT
    encoder = TinyViT(img_size=SIZE, num_classes=10, embed_dims=[16, 32, 40, 320], depths=[1, 1, 2, 1], num_heads=[1, 2, 4, 10],
                      window_sizes=[7, 7, 14, 7], drop_path_rate=0.)
    wrapper = torch.nn.Module()
    wrapper.image_encoder = encoder
    # In evaluation mode they keep a copy of the biases, so it is entered after the weights are set.
    weights.fill(wrapper).eval()
    image = pictures.preprocessed(pictures.pattern(200, 200), SIZE)
    x = encoder.patch_embed(image)
    golden = goldenfile.probe(x, 'patch_embed')
    for index, layer in enumerate(encoder.layers):
        x = layer(x)
        golden.update(goldenfile.probe(x, f'layer{index}'))
    x = encoder.neck(x.view(1, GRID, GRID, -1).permute(0, 3, 1, 2))
    golden.update(goldenfile.probe(x, 'embedding'))
    goldenfile.save(path, golden)


def write_keys(out):
    """Every key and shape of the published models."""
    import mobile_sam
    import segment_anything
    models = {f'sam_{name}': segment_anything.sam_model_registry[name] for name in ('vit_b', 'vit_l', 'vit_h')}
    models['mobile_sam'] = mobile_sam.sam_model_registry['vit_t']
    for name, build in models.items():
        with open(f'{out}/keys_{name}.txt', 'w') as file:
            file.writelines(f'{key} {list(value.shape)}\n' for key, value in build().state_dict().items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sam', required=True, metavar='FOLDER', help='a checkout of facebookresearch/segment-anything')
    parser.add_argument('--mobile-sam', required=True, metavar='FOLDER', help='a checkout of ChaoningZhang/MobileSAM')
    parser.add_argument('--out', required=True, metavar='FOLDER', help='where to write; created if it is missing')
    arguments = parser.parse_args()
    torch.manual_seed(0)
    add_stand_ins()
    sys.path[:0] = [arguments.sam, arguments.mobile_sam]
    os.makedirs(arguments.out, exist_ok=True)
    write_sam(f'{arguments.out}/sam1_nano.pt.gz')
    write_tiny_vit(f'{arguments.out}/mobile_sam_nano.pt.gz')
    write_keys(arguments.out)


if __name__ == '__main__':
    main()
