"""Makes the original implementation importable, and builds its models.

Written for Debian's python3-torch 1.13, on which the original doesn't run as it is: what it misses there is added before it is
imported. Packages that it needs only for its own command lines get empty stand-ins.
"""
import copy
import importlib
import math
import sys
import types

import torch
import torch.nn.functional as F
import torchvision.transforms
import yaml

_folder = None


def use(folder):
    """Imports the original from `folder`, a checkout of facebookresearch/sam2, from now on."""
    global _folder
    _folder = folder
    sys.path[:0] = [folder, f'{folder}/sav_dataset']
    _add_what_this_torch_lacks()
    _add_stand_ins()


def use_relative(*folders):
    """Imports a relative of the original from `folders`, checkouts of it and of what it needs, from now on."""
    global _folder
    _folder = folders[0]
    sys.path[:0] = folders
    _add_what_this_torch_lacks()
    _add_stand_ins()


def path(name):
    """A file of the original's repository."""
    return f'{_folder}/{name}'


def config(name, folder='sam2/configs'):
    """The model part of one of the original's configurations, for example `sam2.1/sam2.1_hiera_t`."""
    with open(path(f'{folder}/{name}.yaml')) as file:
        return _numbers(yaml.safe_load(file))['model']


def build(settings, target=None, **overrides):
    """The model that a configuration describes, in evaluation mode. `target` is another class for it, by its full name."""
    settings = {**settings, **overrides}
    if target:
        settings['_target_'] = target
    return _instantiate(settings).eval()


def nano():
    """The small architecture of the golden files: SAM 2.1 tiny, narrower, with fewer blocks, for pictures of 128 pixels."""
    settings = copy.deepcopy(config('sam2.1/sam2.1_hiera_t'))
    settings['image_size'] = 128

    trunk = settings['image_encoder']['trunk']
    trunk.update(embed_dim=32, num_heads=1, stages=[1, 2, 3, 1], global_att_blocks=[4, 5], window_pos_embed_bkg_spatial_size=[4, 4])
    trunk['window_spec'] = [8, 4, 8, 4]
    neck = settings['image_encoder']['neck']
    neck.update(d_model=64, backbone_channel_list=[256, 128, 64, 32])
    neck['position_encoding']['num_pos_feats'] = 64

    attention = settings['memory_attention']
    attention.update(d_model=64, num_layers=2)
    attention['layer'].update(d_model=64, dim_feedforward=256)
    for name in ('self_attention', 'cross_attention'):
        attention['layer'][name].update(embedding_dim=64, feat_sizes=[8, 8])
    attention['layer']['cross_attention']['kv_in_dim'] = 16

    memory = settings['memory_encoder']
    memory.update(out_dim=16, in_dim=64)
    memory['position_encoding']['num_pos_feats'] = 16
    memory['mask_downsampler']['embed_dim'] = 64
    memory['fuser']['layer']['dim'] = 64
    return settings


def _instantiate(settings):
    if isinstance(settings, list):
        return [_instantiate(value) for value in settings]
    if not isinstance(settings, dict):
        return settings
    arguments = {key: _instantiate(value) for key, value in settings.items() if key != '_target_'}
    if '_target_' not in settings:
        return arguments
    module, name = settings['_target_'].rsplit('.', 1)
    return getattr(importlib.import_module(module), name)(**arguments)


def _numbers(value):
    """PyYAML takes numbers such as 1e-6, which have no dot, for text."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _add_what_this_torch_lacks():
    if not hasattr(F, 'scaled_dot_product_attention'):
        def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False):
            weights = torch.softmax(q * (1 / math.sqrt(q.shape[-1])) @ k.transpose(-2, -1), -1)
            return (torch.dropout(weights, dropout_p, True) if dropout_p > 0 else weights) @ v
        F.scaled_dot_product_attention = attention
    if not hasattr(torch, 'mps'):
        torch.mps = types.SimpleNamespace(is_available=lambda: False)
    if not hasattr(torch, 'compiler'):
        torch.compiler = types.SimpleNamespace(cudagraph_mark_step_begin=lambda: None, disable=lambda *args, **options: lambda function: function)

    # From torchvision 0.17 on, which the original expects, tensors are resized with antialiasing unless told otherwise.
    class Resize(torchvision.transforms.Resize):
        def __init__(self, size):
            super().__init__(size, antialias=True)
    torchvision.transforms.Resize = Resize


def _add_stand_ins():
    def module(name, **members):
        result = types.ModuleType(name)
        vars(result).update(members)
        sys.modules[name] = result

    hydra = types.SimpleNamespace(is_initialized=lambda: True, clear=lambda: None)
    module('hydra', compose=None, initialize_config_module=lambda *args, **options: None)
    module('hydra.core')
    module('hydra.core.global_hydra', GlobalHydra=types.SimpleNamespace(instance=lambda: hydra))
    module('hydra.utils', instantiate=_instantiate)
    module('iopath')
    module('iopath.common')
    module('iopath.common.file_io', g_pathmgr=types.SimpleNamespace(open=open))
    module('tqdm', tqdm=lambda items, **options: items)
    module('tensordict', tensorclass=lambda described: described)
    module('training.trainer', CORE_LOSS_KEY='core_loss')     # the losses need this name of it and nothing else
