# Makes the TorchScript files of this folder, which ScriptModuleTests loads: python3 make.py
import os
import shutil
import zipfile
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn


class Results(nn.Module):
    """Results of every type that comes back from TorchScript."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2

    @torch.jit.export
    def triple(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        return x, x + 1, x + 2

    @torch.jit.export
    def pair(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        return x, x + 1

    @torch.jit.export
    def four(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
        return x, x + 1, x + 2, x + 3

    @torch.jit.export
    def five(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        return x, x + 1, x + 2, x + 3, x + 4

    @torch.jit.export
    def six(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        return x, x + 1, x + 2, x + 3, x + 4, x + 5

    @torch.jit.export
    def listed(self, x: Tensor, count: int) -> List[Tensor]:
        return [x + i for i in range(count)]

    @torch.jit.export
    def numbers(self, count: int) -> List[int]:
        return [i * i for i in range(count)]

    @torch.jit.export
    def scalars(self, a: int, b: float, c: bool) -> Tuple[int, float, bool]:
        return a + 1, b * 2, not c

    @torch.jit.export
    def mixed(self, x: Tensor) -> Tuple[Tensor, int]:
        return x, 7

    @torch.jit.export
    def nested(self, x: Tensor) -> Tuple[Tensor, List[Tensor], Tuple[int, Optional[Tensor]]]:
        return x, [x, x + 1], (3, None)

    @torch.jit.export
    def maybe(self, x: Optional[Tensor]) -> Optional[Tensor]:
        return None if x is None else x + 1

    @torch.jit.export
    def joined(self, xs: List[Tensor]) -> Tensor:
        return torch.cat(xs)

    @torch.jit.export
    def table(self, x: Tensor) -> Tuple[Tensor, Dict[str, Tensor]]:
        return x, {"x": x}

    @torch.jit.export
    def fails(self, x: Tensor) -> Tensor:
        raise ValueError("no such luck")


class Layer(nn.Module):
    """Parameters, buffers, submodules and a training mode."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)
        with torch.no_grad():
            self.linear.weight.copy_(torch.arange(6.0).reshape(2, 3))
            self.linear.bias.copy_(torch.tensor([0.5, -0.5]))
        self.linear.bias.requires_grad_(False)
        self.drop = nn.Dropout(1.0)
        self.register_buffer("scale", torch.tensor([2.0, 3.0]))

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.linear(x)) * self.scale


class Two(nn.Module):
    def forward(self, x: Tensor, times: int) -> Tuple[Tensor, Tensor]:
        return x * times, x + times


def save(script, name, **options):
    """Saves without the debug records, which name the folder that this ran in."""
    script.save("made.tmp/" + name, **options)
    with zipfile.ZipFile("made.tmp/" + name) as made, zipfile.ZipFile(name, "w") as kept:
        for entry in made.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                kept.writestr(zipfile.ZipInfo(entry.filename), made.read(entry))


os.makedirs("made.tmp", exist_ok=True)
for name, module in ("results", Results()), ("layer", Layer()), ("two", Two()):
    save(torch.jit.script(module), f"{name}.pt")
shutil.rmtree("made.tmp")
