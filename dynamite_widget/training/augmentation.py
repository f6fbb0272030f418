"""Changes of a photograph and its labels that leave it a plausible photograph."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dynamite_widget.training.photographs import IGNORE

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int32]

PADDING_GREY = 128
"""Of what lies beside the photograph in a crop."""


def jitter_scale(
    image: Pixels,
    labels: Labels,
    crop: int,
    scale: float,
    focus: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Pixels, Labels]:
    """Large-scale jitter (Ghiasi et al., CVPR 2021): resize, then crop or pad to a square.

    Args:
        image: (H, W, 3).
        labels: (H, W).
        crop: side of the square.
        scale: factor from original to crop pixels.
        focus: (H, W) an object of which the crop must show something.
        rng: source of chance.

    Returns:
        (crop, crop, 3) and (crop, crop); padding is grey and ignored.
    """
    height, width = labels.shape
    h, w = max(8, round(height * scale)), max(8, round(width * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    ys, xs = np.nonzero(focus)
    pick = int(rng.integers(len(ys)))
    top = _offset(h, crop, ys[pick] * h / height, rng)
    left = _offset(w, crop, xs[pick] * w / width, rng)
    shrunk = cv2.resize(image, (w, h), interpolation=how)[top : top + crop, left : left + crop]
    # cv2 resizes no int32 with nearest neighbours; float32 holds every label.
    small = cv2.resize(labels.astype(np.float32), (w, h), interpolation=cv2.INTER_NEAREST)
    small = small[top : top + crop, left : left + crop]
    out = np.full((crop, crop, 3), PADDING_GREY, np.uint8)
    out_labels = np.full((crop, crop), IGNORE, np.int32)
    out[: small.shape[0], : small.shape[1]] = shrunk
    out_labels[: small.shape[0], : small.shape[1]] = small
    return out, out_labels


def _offset(length: int, crop: int, focus: float, rng: np.random.Generator) -> int:
    """Start of a crop that shows `focus`, anywhere in its middle part."""
    if length <= crop:
        return 0
    start = focus - rng.uniform(0.15, 0.85) * crop
    return int(np.clip(start, 0, length - crop))


def jitter_colour(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Brightness, contrast, saturation, now and then darkness, grey, blur, sensor or JPEG noise."""
    changed: cv2.typing.MatLike = image
    if rng.random() < 0.7:
        ramp = np.arange(256, dtype=np.float32)
        gain, shift = rng.uniform(0.7, 1.3), rng.uniform(-25, 25)
        gamma = rng.uniform(0.8, 1.25)
        table = 255 * (np.clip((ramp - 128) * gain + 128 + shift, 0, 255) / 255) ** gamma
        changed = cv2.LUT(changed, np.clip(table, 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        grey = cv2.cvtColor(cv2.cvtColor(changed, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        keep = 0.0 if rng.random() < 0.1 else float(rng.uniform(0.5, 1.4))
        changed = cv2.addWeighted(changed, keep, grey, 1 - keep, 0)
    if rng.random() < 0.1:
        changed = cv2.GaussianBlur(changed, (0, 0), float(rng.uniform(0.4, 1.5)))
    if rng.random() < 0.07:
        changed = cv2.convertScaleAbs(changed, alpha=float(rng.uniform(0.2, 0.7)))
    if rng.random() < 0.2:
        changed = _with_sensor_noise(changed, rng)
    if rng.random() < 0.15:
        changed = _as_jpeg(changed, int(rng.integers(30, 90)))
    return np.asarray(changed, np.uint8)


def _with_sensor_noise(image: cv2.typing.MatLike, rng: np.random.Generator) -> cv2.typing.MatLike:
    """As a small sensor or little light gives it: of one colour or all, fine or of coarse grain."""
    height, width = image.shape[:2]
    noise = rng.standard_normal((height, width, 3 if rng.random() < 0.7 else 1), np.float32)
    if rng.random() < 0.6:
        grain = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.5, 1.5))).reshape(noise.shape)
        noise = np.asarray(grain / grain.std(), np.float32)
    noise *= np.exp(rng.uniform(np.log(2), np.log(16)))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _as_jpeg(image: cv2.typing.MatLike, quality: int) -> cv2.typing.MatLike:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None  # encoded one line above
    return decoded


def paste_object(
    image: Pixels,
    labels: Labels,
    source: Pixels,
    mask: NDArray[np.bool_],
    label: int,
    rng: np.random.Generator,
    near: NDArray[np.bool_] | None = None,
) -> tuple[Pixels, Labels]:
    """Copy an object of another photograph to a random place (simple copy-paste, Ghiasi 2021).

    Args:
        image: (S, S, 3) scene.
        labels: (S, S) of the scene.
        source: (H, W, 3) photograph.
        mask: (H, W) the object in it.
        label: of the object in the scene.
        rng: source of chance.
        near: (S, S) an object of the scene that the new one shall be as large as, and touch or
            hide in part; None for any size and place.
    """
    size = labels.shape[0]
    ys, xs = np.nonzero(mask)
    box = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    shown, inside = source[box], mask[box].astype(np.float32)
    if near is None:
        factor = size * float(rng.uniform(0.2, 0.7)) / max(inside.shape)
    else:
        alike = np.sqrt(near.sum() / mask.sum())
        factor = float(min(alike * np.exp(rng.uniform(-0.4, 0.4)), 0.9 * size / max(inside.shape)))
    h, w = (max(4, round(n * factor)) for n in inside.shape)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    piece = cv2.resize(shown, (w, h), interpolation=how)
    alpha = cv2.resize(inside, (w, h), interpolation=how)
    if rng.random() < 0.5:
        piece, alpha = piece[:, ::-1], alpha[:, ::-1]
    # Up to a third of the object may lie outside.
    highest, leftmost = -(h // 3), -(w // 3)
    lowest, rightmost = max(size - 2 * h // 3, highest + 1), max(size - 2 * w // 3, leftmost + 1)
    if near is None:
        top, left = int(rng.integers(highest, lowest)), int(rng.integers(leftmost, rightmost))
    else:
        y, x = _beside(near, h, w, rng)
        top, left = int(np.clip(y, highest, lowest)), int(np.clip(x, leftmost, rightmost))
    y0, x0, y1, x1 = max(top, 0), max(left, 0), min(top + h, size), min(left + w, size)
    inner = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    place = np.s_[y0:y1, x0:x1]
    alpha, piece = alpha[inner], piece[inner]
    image, labels = image.copy(), labels.copy()
    blended = image[place] * (1 - alpha[..., None]) + piece * alpha[..., None]
    image[place] = blended.astype(np.uint8)
    labels[place][alpha >= 0.5] = label
    return image, labels


def _beside(
    near: NDArray[np.bool_], height: int, width: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Top left corner of a box whose middle is some way from that of an object, to any side."""
    ys, xs = np.nonzero(near)
    away, angle = rng.uniform(0.5, 1.1), rng.uniform(0, 2 * np.pi)
    reach_y, reach_x = (np.ptp(ys) + height) / 2, (np.ptp(xs) + width) / 2
    y = (ys.min() + ys.max()) / 2 + away * reach_y * np.sin(angle)
    x = (xs.min() + xs.max()) / 2 + away * reach_x * np.cos(angle)
    return y - height / 2, x - width / 2
