"""From whatever arrived to a clean picture, or a refusal.

What a picture is, its content decides and never its name. Pixels are decoded and written anew,
so places, devices, comments and anything hidden behind the end of the picture stay behind; the
orientation is applied first. Sizes are read from the head before a pixel is decoded, so a small
file cannot unfold into gigabytes.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from credit_core.errors import Refusal

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 64_000_000
_HEADS = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n"}
_MIMES = {"JPEG": "image/jpeg", "PNG": "image/png"}
_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    mime: str
    width: int
    height: int


def clean(original: bytes) -> Picture:
    """:raises Refusal: ``evidence.too_large``, ``evidence.not_an_image``,
    ``evidence.damaged``."""
    if len(original) > MOST_BYTES:
        raise _too_large()
    kind = next((kind for kind, head in _HEADS.items() if original.startswith(head)), None)
    if kind is None:
        raise Refusal("evidence.not_an_image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(original), formats=(kind,)) as opened:
                return _written_anew(opened, kind)
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise _too_large() from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, TypeError):
        # Pillow has no one error for bad input; all of these come from broken bytes.
        raise Refusal("evidence.damaged") from None


def _written_anew(opened: Image.Image, kind: str) -> Picture:
    if opened.width * opened.height > MOST_PIXELS:
        raise _too_large()
    opened.load()
    upright = ImageOps.exif_transpose(opened)
    if kind == "JPEG":
        bare = upright.convert("L" if upright.mode == "L" else "RGB")
    else:
        transparent = "A" in upright.getbands() or "transparency" in upright.info
        bare = upright.convert("RGBA" if transparent else "RGB")
    bare.info.clear()
    out = io.BytesIO()
    if kind == "JPEG":
        bare.save(out, "JPEG", quality=_QUALITY)
    else:
        bare.save(out, "PNG", optimize=False)
    return Picture(out.getvalue(), _MIMES[kind], bare.width, bare.height)


def _too_large() -> Refusal:
    return Refusal("evidence.too_large", most=MOST_BYTES // (1024 * 1024))
