"""Compares two folders of golden files, name by name.

usage: compare.py FOLDER OTHER_FOLDER

Per file of both folders: whether all tensors are identical, else the largest difference in units of the tensor's standard deviation
(of its value, where it has one only) and in which tensor, and how many of all mask pixels differ. Tensors that are a millionth of the
file's largest are measured as if they were larger: some gradients are zero but for rounding. Ends with 1 if names, shapes or element
types differ, or a file that isn't of tensors.
"""
import os
import sys

import numpy as np

import goldenfile


def compare(first, second):
    """What differs between two dictionaries of tensors, in words; and whether they have the same names, types and shapes."""
    if list(first) != list(second):
        return f'names differ: {sorted(set(first) ^ set(second))[:5]}', False
    scales = {name: _scale(value) for name, value in first.items()}
    smallest = 1e-6 * max(scales.values())
    largest, where, identical, pixels, differing = 0.0, '', 0, 0, 0
    for name, a in first.items():
        b = second[name]
        if a.dtype != b.dtype or a.shape != b.shape:
            return f'{name} is {a.dtype} {list(a.shape)} in one, {b.dtype} {list(b.shape)} in the other', False
        if name.endswith('.bits'):
            pixels += 8 * a.numel()
            differing += int(np.unpackbits(a.numpy() ^ b.numpy()).sum())
        if a.equal(b):
            identical += 1
        elif not name.endswith('.bits'):
            difference = (a.double() - b.double()).abs().max().item() / max(scales[name], smallest)
            if difference > largest:
                largest, where = difference, name
    if identical == len(first):
        return f'all {identical} tensors identical', True
    return f'{identical} of {len(first)} tensors identical; largest difference {largest:.1e} ({where}); {differing} of {pixels} mask pixels differ', True


def _scale(tensor):
    tensor = tensor.detach().double()
    return (tensor.std() if tensor.numel() > 1 else tensor.abs().sum()).item()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    names = sorted(set(os.listdir(sys.argv[1])) & set(os.listdir(sys.argv[2])))
    same = True
    for name in names:
        paths = [os.path.join(folder, name) for folder in sys.argv[1:]]
        if name.endswith(('.pt.gz', '.pt')):
            text, comparable = compare(*map(goldenfile.load, paths))
        elif name.endswith(('.txt', '.json')):
            comparable = len({open(path, 'rb').read() for path in paths}) == 1
            text = 'identical' if comparable else 'DIFFERENT'
        else:
            continue
        same &= comparable
        print(f'{name:36} {text}')
    sys.exit(0 if same else 1)


if __name__ == '__main__':
    main()
