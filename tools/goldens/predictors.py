"""Golden files of the predictors: image_*.pt.gz, amg_trained.pt.gz and video_*.pt.gz."""
import tempfile

import numpy as np
import torch
from PIL import Image

import goldenfile
import pictures
from modules import STABILITY, nano

LEVEL_SIZES = [(32, 32), (16, 16), (8, 8)]      # the image predictor has these of 1,024 pixels; here they are those of 128


@torch.inference_mode()
def write_image(path, image, checkpoint=None):
    """The image predictor's answers to seven prompts on a picture, uint8 [300, 420, 3]."""
    from sam2.sam2_image_predictor import SAM2ImagePredictor
    predictor = SAM2ImagePredictor(nano(checkpoint, **STABILITY))
    predictor._bb_feat_sizes = LEVEL_SIZES
    predictor.set_image(image)
    golden = dict(image=torch.from_numpy(image), input=predictor._transforms(image))
    two_boxes = np.array([[60., 70., 190., 200.], [195., 60., 270., 150.]])
    prompts = dict(
        point=dict(point_coords=np.array([[126., 135.]]), point_labels=np.array([1])),
        points=dict(point_coords=np.array([[126., 135.], [290., 180.], [110., 120.]]), point_labels=np.array([1, 0, 1])),
        box=dict(box=two_boxes[1]),
        box_point=dict(box=two_boxes[0], point_coords=np.array([[126., 135.]]), point_labels=np.array([1])),
        batch_points=dict(point_coords=np.array([[[126., 135.]], [[294., 180.]], [[220., 100.]]]), point_labels=np.array([[1], [1], [1]])),
        batch_boxes=dict(box=two_boxes),
        refine=dict(point_coords=np.array([[126., 135.], [60., 60.]]), point_labels=np.array([1, 0])))
    for name, prompt in prompts.items():
        for answers in ('multi', 'single'):
            masks, iou, low_res = predictor.predict(multimask_output=answers == 'multi', return_logits=False, **prompt)
            golden[f'{name}.{answers}.masks'] = torch.from_numpy(masks.astype(bool))
            golden[f'{name}.{answers}.iou'] = torch.from_numpy(iou)
            golden[f'{name}.{answers}.low_res'] = torch.from_numpy(low_res)
            if (name, answers) == ('point', 'multi'):
                prompts['refine']['mask_input'] = low_res[np.argmax(iou)][None]
    goldenfile.save(path, golden)


@torch.inference_mode()
def write_mask_generator(path, checkpoint):
    """The automatic mask generator with six settings."""
    from sam2.automatic_mask_generator import SAM2AutomaticMaskGenerator
    model = nano(checkpoint, **STABILITY)
    image, _ = pictures.scene(240, 320, 3)
    golden = dict(image=torch.from_numpy(image))
    lenient = dict(points_per_side=8, pred_iou_thresh=.3, stability_score_thresh=.1, box_nms_thresh=.95)
    more_lenient = dict(points_per_side=16, pred_iou_thresh=.2, stability_score_thresh=.05, box_nms_thresh=.95)
    settings = dict(
        default={**lenient, 'points_per_side': 16},
        crops=dict(lenient, crop_n_layers=1, crop_nms_thresh=.9, crop_n_points_downscale_factor=2),
        m2m={**more_lenient, 'points_per_side': 8, 'use_m2m': True},
        regions=dict(lenient, min_mask_region_area=30),
        single=dict(more_lenient, multimask_output=False),
        strict=dict(points_per_side=16, pred_iou_thresh=.6, stability_score_thresh=.2))
    for name, options in settings.items():
        generator = SAM2AutomaticMaskGenerator(model, **options)
        generator.predictor._bb_feat_sizes = LEVEL_SIZES
        found = generator.generate(image)
        golden[f'{name}.masks'] = torch.from_numpy(np.stack([mask['segmentation'] for mask in found]))
        for field in ('area', 'predicted_iou', 'stability_score', 'bbox', 'point_coords', 'crop_box'):
            golden[f'{name}.{field}'] = torch.tensor([mask[field] for mask in found], dtype=torch.float64)
    goldenfile.save(path, golden)


@torch.inference_mode()
def write_videos(out, tag, checkpoint=None):
    """Three sessions of the video predictor on 14 frames of 180 x 240."""
    frames = [pictures.scene(180, 240, time) for time in range(14)]

    def write(name, steps, golden, **overrides):
        model = nano(checkpoint, 'sam2.sam2_video_predictor.SAM2VideoPredictor', **STABILITY, binarize_mask_from_pts_for_mem_enc=True, **overrides)
        with tempfile.TemporaryDirectory() as folder:
            for time, (image, _) in enumerate(frames):
                # The original looks for .jpg only; what it finds there may be a PNG, which loses nothing.
                Image.fromarray(image).save(f'{folder}/{time:05d}.jpg', format='PNG')
            state = model.init_state(folder)
        golden['input0'] = state['images'][0]
        steps(model, state, golden)
        goldenfile.save(f'{out}/video_{name}_{tag}.pt.gz', golden)

    mask = frames[2][1] == 3
    write('click', _click, dict(frames=torch.from_numpy(np.stack([image for image, _ in frames]))))
    for name, overrides in dict(
            multi={},
            multi_allcond=dict(add_all_frames_to_correct_as_cond=True, non_overlap_masks=True, non_overlap_masks_for_mem_enc=True)).items():
        write(name, lambda *arguments: _several(*arguments, mask), dict(mask9=torch.from_numpy(mask)), **overrides)


def _click(model, state, golden):
    _, _, masks = model.add_new_points_or_box(state, 0, 1, points=[[72., 81.]], labels=[1])
    golden['click.mask'] = masks[:, 0]
    _propagate(model, state, golden, 'forward')


def _several(model, state, golden, mask):
    model.add_new_points_or_box(state, 0, 1, points=[[72., 81.], [20., 20.]], labels=[1, 0])
    model.add_new_points_or_box(state, 0, 7, box=[145., 85., 192., 132.])
    model.add_new_mask(state, 2, 9, mask)
    _propagate(model, state, golden, 'pass1')
    _, _, masks = model.add_new_points_or_box(state, 6, 1, points=[[114., 93.], [60., 60.]], labels=[1, 0])
    golden['refine.mask'] = masks[:, 0]
    model.add_new_points_or_box(state, 5, 12, box=[150., 80., 190., 125.])
    _propagate(model, state, golden, 'pass2')
    model.remove_object(state, 7)
    _propagate(model, state, golden, 'pass3')
    _propagate(model, state, golden, 'reverse', start_frame_idx=6, reverse=True)


def _propagate(model, state, golden, tag, **options):
    for frame, ids, masks in model.propagate_in_video(state, **options):
        golden[f'{tag}.{frame}.ids'] = torch.tensor(list(ids))
        golden[f'{tag}.{frame}.masks'] = masks[:, 0] > 0
        for index, object_id in enumerate(ids):
            outputs = state['output_dict_per_obj'][index]
            output = outputs['cond_frame_outputs'].get(frame) or outputs['non_cond_frame_outputs'].get(frame)
            if output is not None:
                golden[f'{tag}.{frame}.low_res.{object_id}'] = output['pred_masks'][0, 0]
                golden[f'{tag}.{frame}.score.{object_id}'] = output['object_score_logits'].reshape(-1)
