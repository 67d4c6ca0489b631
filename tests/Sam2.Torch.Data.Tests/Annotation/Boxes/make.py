# Makes the TorchScript files of this folder, which DetectorTests, InstanceSegmenterTests and tests of commands load: python3 make.py
import json
import os
import shutil
import zipfile
from typing import Tuple

import torch
from torch import Tensor, nn


class Detector(nn.Module):
    """
    Finds what is red (class 0) and what is blue (class 1), and answers like a YOLO export: [1, 4 + classes, anchors] with
    centre, width and height in pixels of the input. Beside each true box it says a slightly shifted one that is less sure,
    and one that it hardly believes in.
    """

    def forward(self, x: Tensor) -> Tensor:
        r, g, b = x[0, 0], x[0, 1], x[0, 2]
        red = (r > 0.6) & (g < 0.4) & (b < 0.4)
        blue = (b > 0.6) & (g < 0.4) & (r < 0.4)
        out = torch.zeros([1, 6, 6])
        for label, found in enumerate([red, blue]):
            ys, xs = torch.where(found)
            if len(ys) > 0:
                x0, x1 = xs.min().float(), xs.max().float() + 1
                y0, y1 = ys.min().float(), ys.max().float() + 1
                for i, (shift, score) in enumerate([(3.0, 0.6), (0.0, 0.9), (40.0, 0.1)]):
                    anchor = 3 * label + i
                    out[0, 0, anchor] = (x0 + x1) / 2 + shift
                    out[0, 1, anchor] = (y0 + y1) / 2
                    out[0, 2, anchor] = x1 - x0
                    out[0, 3, anchor] = y1 - y0
                    out[0, 4 + label, anchor] = score
        return out


class NoDetector(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=[2, 3])


class WithNms(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros([1, 300, 6])


class Segmenter(nn.Module):
    """
    Finds what is red (class 0) and what is blue (class 1), and answers like a YOLO-seg export: [1, 4 + classes + 32, anchors] and prototypes
    [1, 32, h / 4, w / 4]. The first prototype shows both colours, so that only their boxes tell the masks apart; the second the red alone.
    """

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.full([3], 10.0))

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        r, g, b = x[0, 0], x[0, 1], x[0, 2]
        red = (r > 0.6) & (g < 0.4) & (b < 0.4)
        blue = (b > 0.6) & (g < 0.4) & (r < 0.4)
        out = torch.zeros([1, 38, 40])
        for label, found in enumerate([red, blue]):
            ys, xs = torch.where(found)
            if len(ys) > 0:
                x0, x1 = xs.min().float(), xs.max().float() + 1
                y0, y1 = ys.min().float(), ys.max().float() + 1
                # The same box twice, the second time less sure and with a mask of nothing.
                for anchor, score, weight in [(2 * label, 0.9, 1.0), (2 * label + 1, 0.6, -1.0)]:
                    out[0, 0, anchor] = (x0 + x1) / 2
                    out[0, 1, anchor] = (y0 + y1) / 2
                    out[0, 2, anchor] = x1 - x0
                    out[0, 3, anchor] = y1 - y0
                    out[0, 4 + label, anchor] = score
                    out[0, 6, anchor] = weight
        small = nn.functional.interpolate(torch.stack([red | blue, red]).float()[None], scale_factor=0.25, mode="area")
        prototypes = torch.zeros([1, 32, small.size(2), small.size(3)])
        prototypes[:, :2] = (small - 0.5) * self.scale[0]
        return out, prototypes


def save(script, name, **options):
    """Saves without the debug records, which name the folder that this ran in."""
    script.save("made.tmp/" + name, **options)
    with zipfile.ZipFile("made.tmp/" + name) as made, zipfile.ZipFile(name, "w") as kept:
        for entry in made.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                kept.writestr(zipfile.ZipInfo(entry.filename), made.read(entry))


os.makedirs("made.tmp", exist_ok=True)
script = torch.jit.script(Detector())
save(script, "detector.pt")
save(script, "named.pt", _extra_files={"config.txt": json.dumps({"names": {0: "red thing", 1: "blue thing"}, "imgsz": [160, 160], "stride": 32})})
save(torch.jit.script(NoDetector()), "classifier.pt")
save(torch.jit.script(WithNms()), "nms.pt")
save(torch.jit.script(Segmenter()), "segmenter.pt")
shutil.rmtree("made.tmp")
