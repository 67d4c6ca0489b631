"""Golden files: torch.save archives of {name: tensor}, compressed with gzip. Nothing that is done for their size loses a bit."""
import gzip
import io

import numpy as np
import torch

import weights


def save(path, tensors):
    """Writes `path`. A boolean mask `m` of two or more dimensions becomes `m.bits` (uint8, eight pixels to a byte, row by row, the
    first in the highest bit) and `m.shape`; of tensors that are equal the elements are stored once."""
    stored = {}
    for name, value in tensors.items():
        value = value.detach().clone().contiguous()
        if value.dtype == torch.bool and value.ndim >= 2:
            stored[name + '.bits'] = torch.from_numpy(np.packbits(value.numpy().reshape(-1)))
            stored[name + '.shape'] = torch.tensor(value.shape)
        else:
            stored[name] = value
    save_stored(path, stored)


def save_stored(path, stored):
    """Writes tensors under the names that the file is to have."""
    known = {}
    shared = {}
    for name, value in stored.items():
        key = (value.dtype, value.numpy().tobytes())
        shared[name] = known.setdefault(key, value.reshape(-1)).view(value.shape)
    archive = io.BytesIO()
    torch.save(shared, archive)
    # Without a name and a time, equal numbers give equal files.
    with open(path, 'wb') as file, gzip.GzipFile('', 'wb', 9, file, mtime=0) as compressed:
        compressed.write(archive.getvalue())


def load(path):
    """The tensors of a golden file by the names that the file has; also of a checkpoint, which isn't compressed."""
    with open(path, 'rb') as file:
        content = file.read()
    if content.startswith(b'\x1f\x8b'):
        content = gzip.decompress(content)
    loaded = torch.load(io.BytesIO(content))
    return loaded.get('model', loaded)


def probe(tensor, name, count=2048):
    """Of a tensor that is too large to store: its shape, mean and deviation, and values at positions that depend on the name only."""
    flat = tensor.detach().float().contiguous().flatten()
    index = torch.from_numpy(((weights.noise(name, count).astype(np.float64) + 1) / 2 * flat.numel()).astype(np.int64))
    return {
        name + '.shape': torch.tensor(tensor.shape),
        name + '.index': index,
        name + '.value': flat[index],
        name + '.mean_std': torch.stack([flat.double().mean(), flat.double().std()]),
    }
