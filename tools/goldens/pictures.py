"""The pictures of the golden files: drawn ones in integer arithmetic, so that every language draws the same, and a photo."""
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image


def pattern(height, width):
    """Stripes and squares of all colours, uint8 [H, W, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    red = (x * 7 + y * 13 + ((x >> 4) ^ (y >> 4)) * 29) & 255
    green = (x * x // (width + 1) + y * 3 + ((x // 17 + y // 11) & 1) * 90) & 255
    blue = ((x - y) * 5 + ((x >> 5) + (y >> 5)) * 41) & 255
    return np.stack([red, green, blue], -1).astype(np.uint8)


def scene(height, width, time):
    """Two chequered discs and a box that move over a soft background: uint8 [H, W, 3], and labels [H, W] (0 is background)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    image = np.stack([60 + x * 60 // width, 80 + y * 50 // height, 90 + (x + y) * 40 // (width + height)], -1)
    labels = np.zeros((height, width), np.int64)
    side = min(height, width)
    discs = [(width * 30 // 100, height * 45 // 100, side * 16 // 100, (220, 60, 50), 7, 2),
             (width * 70 // 100, height * 60 // 100, side * 13 // 100, (50, 90, 225), -6, -1)]
    for label, (centre_x, centre_y, radius, colour, speed_x, speed_y) in enumerate(discs, 1):
        inside = (x - centre_x - speed_x * time) ** 2 + (y - centre_y - speed_y * time) ** 2 <= radius * radius
        image[inside] = np.array(colour) + (((x // 6 + y // 6) & 1) * 24)[inside][:, None]
        labels[inside] = label
    left, top = width * 48 // 100, height * 25 // 100 + 3 * time
    inside = (x >= left) & (x < left + side * 20 // 100) & (y >= top) & (y < top + side * 22 // 100)
    image[inside] = (240, 210, 70)
    labels[inside] = 3
    return image.clip(0, 255).astype(np.uint8), labels


def photo(path, height, width):
    """A photo at this size, uint8 [H, W, 3]."""
    return np.array(Image.open(path).convert('RGB').resize((width, height), Image.BILINEAR))


def preprocessed(image, size):
    """What a model sees of a picture, float32 [1, 3, size, size]."""
    x = torch.from_numpy(image).permute(2, 0, 1).float().div(255)[None]
    x = F.interpolate(x, (size, size), mode='bilinear', antialias=True, align_corners=False)
    return (x - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
