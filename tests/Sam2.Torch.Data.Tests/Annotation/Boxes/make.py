# Makes the TorchScript files of this folder, which DetectorTests and AnnotateCommandTests load: python3 make.py
import json
import os
import shutil
import zipfile

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
shutil.rmtree("made.tmp")
