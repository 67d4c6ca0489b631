"""Golden/evaluation, from the drawn data set that lies there, and amg_small_regions.json. The pictures, the truth, and the
predictions with errors in them are given; what the original makes of them is computed here."""
import json
import os
import tempfile

import numpy as np
import torch
from PIL import Image

import goldenfile
from modules import STABILITY, nano


def write_scores(evaluation, out):
    """scores.json: J and F of three folders of predictions, from the original's SA-V evaluator."""
    from utils.sav_benchmark import benchmark
    scores = {}
    for predictions, truth in dict(
            Predictions='Annotations', Predictions_per_object='Annotations_per_object', Tracked='Annotations').items():
        scores[predictions] = {}
        for name, skip in dict(skip_first_and_last=True, all_frames=False).items():
            # The evaluator writes its table beside the masks, so it gets a folder of links to them.
            with tempfile.TemporaryDirectory() as folder:
                for video in os.listdir(f'{evaluation}/{predictions}'):
                    os.symlink(os.path.abspath(f'{evaluation}/{predictions}/{video}'), f'{folder}/{video}')
                jf, j, f, objects = benchmark(
                    [f'{evaluation}/{truth}'], [folder], strict=True, num_processes=1, verbose=False, skip_first_and_last=skip)
            scores[predictions][name] = {
                'objects': {video: {str(key): [iou[key], boundary[key]] for key in iou} for video, (iou, boundary) in sorted(objects[0].items())},
                'J': j[0], 'F': f[0], 'JF': jf[0]}
    os.makedirs(f'{out}/evaluation', exist_ok=True)
    with open(f'{out}/evaluation/scores.json', 'w') as file:
        json.dump(scores, file, indent=1)


@torch.inference_mode()
def write_tracked(evaluation, out, checkpoint):
    """Tracked/: the video predictor's masks, from those of the first frame on; where objects overlap the lower id is on top."""
    model = nano(checkpoint, 'sam2.sam2_video_predictor.SAM2VideoPredictor', **STABILITY, binarize_mask_from_pts_for_mem_enc=True)
    for video in sorted(os.listdir(f'{evaluation}/JPEGImages')):
        names = sorted(os.listdir(f'{evaluation}/JPEGImages/{video}'))
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                # The original looks for .jpg only; what it finds there may be a PNG.
                os.symlink(os.path.abspath(f'{evaluation}/JPEGImages/{video}/{name}'), f'{folder}/{name[:-4]}.jpg')
            state = model.init_state(folder)
        truth = Image.open(f'{evaluation}/Annotations/{video}/{names[0]}')
        labels = np.array(truth)
        for object_id in np.unique(labels[labels > 0]):
            model.add_new_mask(state, 0, int(object_id), labels == object_id)
        os.makedirs(f'{out}/evaluation/Tracked/{video}', exist_ok=True)
        for frame, ids, masks in model.propagate_in_video(state):
            result = np.zeros_like(labels)
            for object_id, mask in sorted(zip(ids, masks), key=lambda pair: -pair[0]):
                result[mask[0].numpy() > 0] = object_id
            image = Image.fromarray(result, 'P')
            image.putpalette(truth.getpalette())
            image.save(f'{out}/evaluation/Tracked/{video}/{names[frame]}')


def write_small_regions(amg, out):
    """amg_small_regions.json: small regions removed from the finished masks of the setting `regions` of amg_trained.pt.gz."""
    from sam2.automatic_mask_generator import SAM2AutomaticMaskGenerator
    from sam2.utils.amg import MaskData, area_from_rle, mask_to_rle_pytorch
    golden = goldenfile.load(amg)
    size = golden['regions.masks.shape'].tolist()
    masks = np.unpackbits(golden['regions.masks.bits'].numpy())[:np.prod(size)].reshape(size).astype(bool)
    boxes = golden['regions.bbox'].float()
    boxes[:, 2:] += boxes[:, :2]
    data = MaskData(rles=mask_to_rle_pytorch(torch.from_numpy(masks)), boxes=boxes.int(), index=list(range(size[0])))
    data = SAM2AutomaticMaskGenerator.postprocess_small_regions(data, 30, 0.95)
    result = dict(setting='regions', min_mask_region_area=30, nms_thresh=0.95, size=size[1:], masks=[
        dict(index=index, area=int(area_from_rle(rle)), box=[int(value) for value in box], counts=[int(count) for count in rle['counts']])
        for index, rle, box in zip(data['index'], data['rles'], data['boxes'])])
    with open(f'{out}/amg_small_regions.json', 'w') as file:
        json.dump(result, file, separators=(',', ':'))
