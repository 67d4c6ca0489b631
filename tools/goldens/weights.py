"""Weights that are a function of key and shape alone: the same numbers in any language, and no file to ship.

h   = FNV-1a-64 of the UTF-8 key
x_i = output of SplitMix64 for the state h + i          i: row-major index from 0; all modulo 2^64
v_i = 2 * ((x_i >> 40) * 2^-24) - 1                     in [-1, 1), exact in float32
value = offset + scale * v_i                            in float32: one multiplication, one addition
"""
import numpy as np
import torch


def noise(key, count):
    """v_0 to v_{count-1} of a key, float32."""
    with np.errstate(over='ignore'):
        z = np.uint64(_fnv1a(key)) + np.arange(count, dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return np.float32(2) * ((z >> np.uint64(40)).astype(np.float32) * np.float32(2.0 ** -24)) - np.float32(1)


def tensor(key, shape):
    """The parameter or buffer of this key and shape."""
    offset, scale = _offset_and_scale(key, shape)
    values = np.float32(offset) + np.float32(scale) * noise(key, int(np.prod(shape)))
    return torch.from_numpy(values.reshape(tuple(shape)))


def fill(model):
    """Gives a model these weights."""
    state = model.state_dict()
    model.load_state_dict({key: tensor(key, value.shape).to(value.dtype) for key, value in state.items()})
    return model


def _fnv1a(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001b3) & 0xFFFFFFFFFFFFFFFF
    return value


def _offset_and_scale(key, shape):
    if key.endswith('positional_encoding_gaussian_matrix'):
        return 0.0, 1.5
    if key.endswith('.gamma'):
        return 0.5, 0.25
    if key.endswith('pred_obj_score_head.layers.2.bias'):
        return 0.6, 0.1                             # objects are present more often than not
    if key.endswith('.running_var'):
        return 1.0, 0.5                             # of batch normalisation, and so above 0
    if key.startswith('image_encoder.trunk.') and key.endswith('.bn.weight'):
        return 0.3, 0.1                             # statistics that aren't those of the data don't normalise: residuals would grow without limit
    if len(shape) <= 1:
        return (1.0, 0.1) if key.endswith('.weight') else (0.0, 0.1)
    if key == 'maskmem_tpos_enc':
        return 0.0, 1.0
    memory = 'cross_attn_image' in key or key.startswith(('obj_ptr_proj', 'memory_encoder.out_proj'))
    gain = np.float32(2 if memory else 1)           # what is remembered must matter
    return 0.0, float(gain * np.sqrt(np.float32(3) / np.float32(np.prod(shape[1:]))))
