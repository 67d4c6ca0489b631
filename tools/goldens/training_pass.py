"""train_nano.pt.gz: the training forward pass, its losses and its gradients."""
import types

import numpy as np
import torch

import goldenfile
import pictures
from modules import nano

FULL_GRADIENTS = (
    'image_encoder.trunk.patch_embed.proj.weight',
    'memory_attention.layers.0.cross_attn_image.k_proj.weight',
    'sam_mask_decoder.output_hypernetworks_mlps.1.layers.2.weight',
    'maskmem_tpos_enc')


def write(path):
    """Four frames with three objects, prompted in three ways. The model is in evaluation mode: no dropout, clicks at the centres of
    errors, nothing random."""
    import training.model.sam2 as reference
    from training.loss_fns import MultiStepMultiMasksAndIous
    sample_box = reference.sample_box_points
    reference.sample_box_points = lambda masks: sample_box(masks, noise=0.0)        # what would be random in evaluation mode, too

    frames = [pictures.scene(128, 128, 2 * time) for time in range(4)]
    images = torch.cat([pictures.preprocessed(image, 128) for image, _ in frames])
    masks = torch.from_numpy(np.stack([np.stack([labels == label for label in (1, 2, 3)]) for _, labels in frames]))
    batch = types.SimpleNamespace(
        num_frames=4, masks=masks, flat_obj_to_img_idx=torch.arange(4)[:, None].expand(4, 3), flat_img_batch=images)
    loss = MultiStepMultiMasksAndIous(
        weight_dict=dict(loss_mask=20, loss_dice=1, loss_iou=1, loss_class=1), supervise_all_iou=True, iou_use_l1_loss=True,
        pred_obj_scores=True, focal_gamma_obj_score=0.0, focal_alpha_obj_score=-1.0)

    golden = dict(images=images, masks=masks)
    modes = dict(
        mask=dict(prob_to_use_pt_input_for_eval=0.0, num_correction_pt_per_frame=0),
        click=dict(prob_to_use_pt_input_for_eval=1.0, num_correction_pt_per_frame=2),
        box=dict(prob_to_use_pt_input_for_eval=1.0, prob_to_use_box_input_for_eval=1.0, num_frames_to_correct_for_eval=1,
                 num_init_cond_frames_for_eval=1, num_correction_pt_per_frame=1))
    for name, options in modes.items():
        model = nano(target='training.model.sam2.SAM2Train', forward_backbone_per_frame_for_eval=False, **options)
        outputs = model(batch)
        losses = loss(outputs, masks)
        losses['core_loss'].backward()
        golden.update({f'{name}.{key}': value.reshape(-1) for key, value in losses.items()})
        clicks = outputs[0]['multistep_point_inputs'][-1]
        if clicks is not None:
            golden.update({f'{name}.{key}': clicks[key] for key in ('point_coords', 'point_labels')})
        gradients = {key: parameter.grad for key, parameter in model.named_parameters() if parameter.grad is not None}
        golden.update({f'{name}.grad_norm.{key}': gradient.double().norm().reshape(1) for key, gradient in gradients.items()})
        golden.update({f'{name}.grad.{key}': gradients[key] for key in FULL_GRADIENTS if key in gradients})
    goldenfile.save(path, golden)
