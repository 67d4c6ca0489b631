"""checkpoint_*.pt: small files as torch.save writes them, for tests of the reader."""
import collections

import torch

import weights


def write(out):
    """Both serialisations, with every element type, and a state dict without anything around it."""
    base, big = weights.tensor('a', (3, 4)), weights.tensor('b', (4, 6))
    checkpoint = {
        'model': {
            'f32': base, 'f16': base.half(), 'bf16': base.bfloat16(), 'f64': base.double(), 'i64': torch.arange(5),
            'bool': torch.tensor([True, False, True]), 'u8': torch.arange(7, dtype=torch.uint8), 'view': big[1:3, 2:5],
            'transposed': big.t(), 'scalar': torch.tensor(2.5), 'empty': torch.zeros(0, 3), 'param': torch.nn.Parameter(base.clone())},
        'epoch': 3, 'lr': 1e-4, 'note': 'plain values', 'list': [1, 2.5, None, True, 'x'], 'tuple': (1, (2, 3))}
    torch.save(checkpoint, f'{out}/checkpoint_zip.pt')
    torch.save(checkpoint, f'{out}/checkpoint_legacy.pt', _use_new_zipfile_serialization=False)
    torch.save(collections.OrderedDict(a=base, b=big), f'{out}/checkpoint_bare_state_dict.pt')
