"""Golden files of single modules and of the published architectures: keys_*.txt, encoder_*.pt.gz and modules_nano.pt.gz."""
import numpy as np
import torch

import goldenfile
import original
import pictures
import weights

# The decoder chooses among its masks by stability, as the original's image predictor has it choose.
STABILITY = dict(sam_mask_decoder_extra_args=dict(
    dynamic_multimask_via_stability=True, dynamic_multimask_stability_delta=0.05, dynamic_multimask_stability_thresh=0.98))
PUBLISHED = [(f'{version}_hiera_{size}', f'{version}/{version}_hiera_{size}') for version in ('sam2.1', 'sam2') for size in ('t', 's', 'b+', 'l')]


def nano(checkpoint=None, target=None, **overrides):
    """The small model with the weights of a checkpoint, or with deterministic ones."""
    model = original.build(original.nano(), target, **overrides)
    if checkpoint:
        model.load_state_dict(torch.load(checkpoint)['model'])
    else:
        weights.fill(model)
    # Memories are stored in bfloat16, which the original relies on autocast to mix with float32 weights. Here all runs in float32.
    attend = model.memory_attention.forward

    def forward(curr, curr_pos, memory, memory_pos, num_obj_ptr_tokens=0):
        return attend(curr=curr, curr_pos=curr_pos, memory=memory.float(), memory_pos=memory_pos.float(), num_obj_ptr_tokens=num_obj_ptr_tokens)
    model.memory_attention.forward = forward
    return model


def write_keys(out):
    """keys_*.txt: every key and shape of the published models."""
    for name, config in PUBLISHED:
        state = original.build(original.config(config)).state_dict()
        with open(f'{out}/keys_{name}.txt', 'w') as file:
            file.writelines(f'{key} {list(value.shape)}\n' for key, value in state.items())


@torch.inference_mode()
def write_encoders(out):
    """encoder_*.pt.gz: the published architectures with deterministic weights."""
    from sam2.sam2_image_predictor import SAM2ImagePredictor
    image = pictures.pattern(600, 800)
    prompts = dict(
        point=dict(point_coords=np.array([[400., 300.]]), point_labels=np.array([1])),
        points=dict(point_coords=np.array([[400., 300.], [120., 80.], [700., 500.]]), point_labels=np.array([1, 0, 1])),
        box=dict(box=np.array([150., 100., 620., 480.])))
    for name, config in PUBLISHED:
        model = weights.fill(original.build(original.config(config), **STABILITY))
        predictor = SAM2ImagePredictor(model)
        predictor.set_image(image)
        encoded = model.image_encoder(pictures.preprocessed(image, 1024))
        golden = {}
        for part in ('backbone_fpn', 'vision_pos_enc'):
            for level, value in enumerate(encoded[part]):
                golden.update(goldenfile.probe(value, f'{part}.{level}'))
        for prompt, arguments in prompts.items():
            for answers in ('multi', 'single'):
                _, iou, low_res = predictor.predict(multimask_output=answers == 'multi', return_logits=True, **arguments)
                golden.update(goldenfile.probe(torch.from_numpy(low_res), f'{prompt}.{answers}.low_res'))
                golden[f'{prompt}.{answers}.iou'] = torch.from_numpy(iou)
        goldenfile.save(f'{out}/encoder_{name}.pt.gz', golden)


@torch.inference_mode()
def write_modules(out):
    """modules_nano.pt.gz: the small architecture, module by module, with deterministic weights."""
    model = nano(**STABILITY)
    image = pictures.preprocessed(pictures.scene(240, 320, 0)[0], 128)
    golden = dict(image=image)
    trunk = _image_encoder(model, image, golden)
    features = model.forward_image(image)['backbone_fpn']
    _decoder(model, features, _prompt_encoder(model, golden), golden)
    _memory_encoder(model, features[2], golden)
    _memory_attention(model, features[2], trunk['vision_pos_enc'][2], golden)
    goldenfile.save(f'{out}/modules_nano.pt.gz', golden)


def _image_encoder(model, image, golden):
    captured = {}
    names = ['image_encoder.trunk.patch_embed'] + [f'image_encoder.trunk.blocks.{i}' for i in (0, 1, 3, 4)]
    for name, module in model.named_modules():
        if name in names:
            module.register_forward_hook(lambda module, given, result, name=name: captured.setdefault(name, result))
    encoded = model.image_encoder(image)
    golden.update({name + '.out': value for name, value in captured.items()})
    for level, (feature, position) in enumerate(zip(encoded['backbone_fpn'], encoded['vision_pos_enc'])):
        golden[f'image_encoder.backbone_fpn.{level}'] = feature
        golden[f'image_encoder.vision_pos_enc.{level}'] = position
    return encoded


def _prompt_encoder(model, golden):
    encoder = model.sam_prompt_encoder
    points = torch.tensor([[[48., 57.5], [15., 15.]], [[90., 75.], [0., 0.]]])
    labels = torch.tensor([[1, 0], [1, -1]], dtype=torch.int32)
    sparse, dense = encoder(points=(points, labels), boxes=None, masks=None)
    golden.update(points=points, labels=labels, prompt_sparse=sparse, prompt_dense=dense)

    box = torch.tensor([[[30., 35.], [70., 80.]]])
    mask = torch.from_numpy(weights.noise('mask', 32 * 32)).reshape(1, 1, 32, 32) * 8
    box_sparse, mask_dense = encoder(points=(box, torch.tensor([[2, 3]], dtype=torch.int32)), boxes=None, masks=mask)
    golden.update(box=box, mask=mask, prompt_box_sparse=box_sparse, prompt_mask_dense=mask_dense, dense_pe=encoder.get_dense_pe())
    return sparse, dense


def _decoder(model, features, prompt, golden):
    embedding = features[2] + model.no_mem_embed.permute(1, 2, 0)[..., None]
    for answers in ('multi', 'single'):
        results = model.sam_mask_decoder(
            image_embeddings=embedding.repeat(2, 1, 1, 1), image_pe=model.sam_prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=prompt[0], dense_prompt_embeddings=prompt[1], multimask_output=answers == 'multi',
            repeat_image=False, high_res_features=[feature.repeat(2, 1, 1, 1) for feature in features[:2]])
        for name, value in zip(('masks', 'iou', 'tokens', 'object_score'), results):
            golden[f'decoder.{answers}.{name}'] = value


def _memory_encoder(model, feature, golden):
    mask = torch.from_numpy(weights.noise('highres', 128 * 128)).reshape(1, 1, 128, 128) * 12
    for binarize in (True, False):
        model.binarize_mask_from_pts_for_mem_enc = binarize
        for score in (5., -5.):
            memory, position = model._encode_new_memory([feature.flatten(2).permute(2, 0, 1)], [(8, 8)], mask, torch.tensor([[score]]), True)
            golden[f'memory.binarize_{binarize}.score_{score}.features'] = memory
            golden['memory.pos'] = position[0]
    golden['highres_mask'] = mask


def _memory_attention(model, feature, position, golden):
    current = feature.flatten(2).permute(2, 0, 1)
    current_position = position.flatten(2).permute(2, 0, 1)
    memory, memory_position = (
        torch.from_numpy(weights.noise(name, (3 * 64 + 8) * 16)).reshape(-1, 1, 16) * .5 for name in ('memory', 'memory_pos'))
    attended = model.memory_attention(
        curr=[current], curr_pos=[current_position], memory=memory, memory_pos=memory_position, num_obj_ptr_tokens=8)
    golden.update(curr=current, curr_pos=current_position, memory=memory, memory_pos=memory_position, memory_attention=attended)
