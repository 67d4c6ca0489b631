"""Makes the golden files of SAM 2's relatives with their public implementations.

usage: family.py --out FOLDER [--efficienttam FOLDER | --edgetam FOLDER --timm FOLDER]

The folders are checkouts of github.com/yformer/EfficientTAM, facebookresearch/EdgeTAM and huggingface/pytorch-image-models. README.md says
which files are written.
"""
import argparse
import os
import sys
import tempfile
import types

import numpy as np
import torch
from PIL import Image

import goldenfile
import original
import pictures
import weights
from modules import STABILITY

EFFICIENTTAM = 'efficient_track_anything/configs/efficienttam'
SIZE = 256              # of what is tracked: quick, with a grid that EfficientTAM's windows don't divide
FRAMES = 5
KINDS = dict(plain='efficienttam_ti', first='efficienttam_ti_1', second='efficienttam_ti_2')
PROMPTS = dict(
    point=dict(point_coords=np.array([[400., 300.]]), point_labels=np.array([1])),
    box=dict(box=np.array([150., 100., 620., 480.])))
PRESENT = 50            # bias of the logit of being visible: by the deterministic one, many objects are not
OBJECTS = {1: dict(points=[[72., 81.]], labels=[1]), 2: dict(box=[145., 85., 192., 132.])}


def efficienttam(name):
    """A configuration of EfficientTAM, without the compilation that this torch doesn't have."""
    return {**original.config(name, EFFICIENTTAM), 'compile_image_encoder': False}


def resized(settings, size):
    """The settings of a configuration for images of another size."""
    settings['image_size'] = size
    layer = settings['memory_attention']['layer']
    for attention in (layer['self_attention'], layer['cross_attention']):
        attention['q_sizes' if 'q_sizes' in attention else 'feat_sizes'] = [size // 16, size // 16]
    return settings


def build(settings, target=None, **overrides):
    """A model with deterministic weights that attends to memories in float32, as the golden files of SAM 2 have it."""
    model = weights.fill(original.build(settings, target, **overrides))
    attend = model.memory_attention.forward

    def forward(memory, memory_pos, **others):
        return attend(memory=memory.float(), memory_pos=memory_pos.float(), **others)
    model.memory_attention.forward = forward
    return model


def write_keys(out, name, settings):
    """keys_*.txt: every key and shape."""
    with open(f'{out}/keys_{name}.txt', 'w') as file:
        file.writelines(f'{key} {list(value.shape)}\n' for key, value in original.build(settings).state_dict().items())


def image_answers(golden, predictor_class, model, size, prefix=''):
    """Adds what an image encoder and predictor make of a picture."""
    image = pictures.pattern(600, 800)
    predictor = predictor_class(model)
    predictor._bb_feat_sizes = [(size // stride, size // stride) for stride in (4, 8, 16)]
    predictor.set_image(image)
    encoded = model.image_encoder(pictures.preprocessed(image, size))
    for level, value in enumerate(encoded['backbone_fpn']):
        golden.update(goldenfile.probe(value, f'{prefix}backbone_fpn.{level}'))
    for prompt, arguments in PROMPTS.items():
        for answers in ('multi', 'single'):
            _, iou, low_res = predictor.predict(multimask_output=answers == 'multi', return_logits=True, **arguments)
            golden.update(goldenfile.probe(torch.from_numpy(low_res), f'{prefix}{prompt}.{answers}.low_res'))
            golden[f'{prefix}{prompt}.{answers}.iou'] = torch.from_numpy(iou)


def attended(golden, model, prefix, memories, tokens, **arguments):
    """Adds what the memory attention makes of two objects with several memories and four object pointers each."""
    grid = (SIZE // 16) ** 2

    def noise(name, *shape):
        return torch.from_numpy(weights.noise(name, int(np.prod(shape)))).reshape(shape)
    count = memories * tokens + 16
    result = model.memory_attention.forward(
        curr=noise('curr', grid, 2, 256), curr_pos=noise('curr_pos', grid, 2, 256), memory=noise('memory', count, 2, 64),
        memory_pos=noise('memory_pos', count, 2, 64), num_obj_ptr_tokens=16, **arguments)
    golden.update(goldenfile.probe(result, f'{prefix}.{memories}'))


def tracked(golden, model, prefix, *objects):
    """Adds the masks of objects, of a click and of a box, through a few frames; none of them hides."""
    with torch.no_grad():
        model.sam_mask_decoder.pred_obj_score_head.layers[-1].bias.fill_(PRESENT)
    with tempfile.TemporaryDirectory() as folder:
        for time in range(FRAMES):
            # The original looks for .jpg only; what it finds there may be a PNG, which loses nothing.
            Image.fromarray(pictures.scene(180, 240, time)[0]).save(f'{folder}/{time:05d}.jpg', format='PNG')
        state = model.init_state(folder)
    for number in objects:
        model.add_new_points_or_box(state, 0, number, **OBJECTS[number])
    for frame, ids, masks in model.propagate_in_video(state):
        for number, mask in zip(ids, masks):
            golden[f'{prefix}.{frame}.{number}.mask'] = mask[0] > 0
            golden.update(goldenfile.probe(mask, f'{prefix}.{frame}.{number}.logits', 512))


@torch.inference_mode()
def write_efficienttam(out):
    """keys_efficienttam_*.txt and family_efficienttam.pt.gz."""
    from efficient_track_anything.efficienttam_image_predictor import EfficientTAMImagePredictor
    golden = {}
    for name in ('efficienttam_ti', 'efficienttam_s'):
        write_keys(out, name, efficienttam(name))
    for name in ('efficienttam_ti', 'efficienttam_s_512x512'):
        settings = efficienttam(name)
        image_answers(golden, EfficientTAMImagePredictor, build(settings, **STABILITY), settings['image_size'], f'{name}.')
    target = 'efficient_track_anything.efficienttam_video_predictor.EfficientTAMVideoPredictor'
    for kind, name in KINDS.items():
        model = build(resized(efficienttam(name), SIZE), target, **STABILITY, binarize_mask_from_pts_for_mem_enc=True)
        for memories in (1, 3):
            attended(golden, model, f'{kind}.memory_attention', memories, (SIZE // 16) ** 2)
        tracked(golden, model, kind, 1, 2)
    goldenfile.save(f'{out}/family_efficienttam.pt.gz', golden)


@torch.inference_mode()
def write_edgetam(out):
    """keys_edgetam.txt and family_edgetam.pt.gz."""
    from sam2.sam2_image_predictor import SAM2ImagePredictor
    settings = original.config('edgetam')
    write_keys(out, 'edgetam', settings)
    golden = {}
    model = build(settings, **STABILITY)
    image_answers(golden, SAM2ImagePredictor, model, 1024)
    features = torch.from_numpy(weights.noise('memories', 64 * 64 * 64)).reshape(1, 64, 64, 64)
    tokens, positions = model.spatial_perceiver(features, features)
    golden.update(goldenfile.probe(tokens, 'perceiver.tokens'))
    golden['perceiver.positions'] = positions[0]
    model = build(resized(settings, SIZE), 'sam2.sam2_video_predictor.SAM2VideoPredictor', **STABILITY, binarize_mask_from_pts_for_mem_enc=True)
    for memories in (1, 3):
        attended(golden, model, 'memory_attention', memories, 512, num_spatial_mem=memories)
    # Its perceiver takes one object at a time.
    for number in OBJECTS:
        tracked(golden, model, 'tracked', number)
    goldenfile.save(f'{out}/family_edgetam.pt.gz', golden)


def use_timm():
    """Lets timm be imported without the packages by which it downloads weights, and makes its models without downloading any."""
    for name in ('huggingface_hub', 'safetensors', 'safetensors.torch'):
        sys.modules[name] = types.ModuleType(name)
    sys.modules['safetensors.torch'].load_file = None
    import timm.models
    create = timm.models.create_model
    timm.models.create_model = lambda name, pretrained, **options: create(name, pretrained=False, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True, metavar='FOLDER', help='where to write; created if it is missing')
    parser.add_argument('--efficienttam', metavar='FOLDER', help='a checkout of yformer/EfficientTAM')
    parser.add_argument('--edgetam', metavar='FOLDER', help='a checkout of facebookresearch/EdgeTAM')
    parser.add_argument('--timm', metavar='FOLDER', help='a checkout of huggingface/pytorch-image-models, which EdgeTAM needs')
    arguments = parser.parse_args()
    torch.manual_seed(0)
    os.makedirs(arguments.out, exist_ok=True)
    if arguments.efficienttam:
        original.use_relative(arguments.efficienttam)
        write_efficienttam(arguments.out)
    if arguments.edgetam:
        original.use_relative(arguments.edgetam, arguments.timm)
        use_timm()
        write_edgetam(arguments.out)


if __name__ == '__main__':
    main()
