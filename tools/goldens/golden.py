"""Makes the golden files of tests/Sam2.Torch.Tests/Golden with the original implementation.

usage: golden.py --sam2 FOLDER --out FOLDER [PART ...]

FOLDER of --sam2 is a checkout of github.com/facebookresearch/sam2 (commit 2b90b9f). README.md says what is needed and which files
each part writes. All parts are made when none is named.
"""
import argparse
import os
import sys

import torch

import checkpoints
import evaluation
import modules
import original
import pictures
import predictors
import training_pass

TRACKED = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tests', 'Sam2.Torch.Tests', 'Golden')
NANO = os.path.join(TRACKED, 'sam2.1_hiera_nano.pt')
PARTS = dict(
    keys=modules.write_keys,
    encoders=modules.write_encoders,
    modules=modules.write_modules,
    image=lambda out: write_images(out),
    video=lambda out: (predictors.write_videos(out, 'nano'), predictors.write_videos(out, 'trained', NANO)),
    amg=lambda out: predictors.write_mask_generator(f'{out}/amg_trained.pt.gz', NANO),
    train=lambda out: training_pass.write(f'{out}/train_nano.pt.gz'),
    checkpoints=checkpoints.write,
    regions=lambda out: evaluation.write_small_regions(f'{TRACKED}/amg_trained.pt.gz', out),
    tracked=lambda out: evaluation.write_tracked(f'{TRACKED}/evaluation', out, NANO),
    scores=lambda out: evaluation.write_scores(f'{TRACKED}/evaluation', out))


def write_images(out):
    scene, _ = pictures.scene(300, 420, 0)
    predictors.write_image(f'{out}/image_nano.pt.gz', scene)
    predictors.write_image(f'{out}/image_trained.pt.gz', scene, NANO)
    photo = pictures.photo(original.path('notebooks/images/groceries.jpg'), 300, 420)
    predictors.write_image(f'{out}/image_photo_trained.pt.gz', photo, NANO)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sam2', required=True, metavar='FOLDER', help='a checkout of the original')
    parser.add_argument('--out', required=True, metavar='FOLDER', help='where to write; created if it is missing')
    parser.add_argument('parts', nargs='*', metavar='PART', help=', '.join(PARTS))
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f'there is no part {unknown[0]}; the parts are {", ".join(PARTS)}')
    if not os.path.isfile(f'{arguments.sam2}/sam2/sam2_image_predictor.py'):
        parser.error(f'{arguments.sam2} is no checkout of facebookresearch/sam2: it has no sam2/sam2_image_predictor.py')

    torch.manual_seed(0)
    original.use(arguments.sam2)
    os.makedirs(arguments.out, exist_ok=True)
    for part in arguments.parts or PARTS:
        print(part, file=sys.stderr, flush=True)
        PARTS[part](arguments.out)


if __name__ == '__main__':
    main()
