"""Uploaded images: decode safely, drop everything but the pixels (EXIF, payloads), and encode as PNG."""

import io
import struct
import warnings
from collections.abc import Iterable
from enum import StrEnum

from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.Image import Transpose

FORMATS = ("PNG", "JPEG", "WEBP")
# By the value of EXIF's orientation tag.
EXIF_ORIENTATIONS = {
    2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
}  # fmt: skip
MARKUP = (b"<svg", b"<html", b"<!doctype", b"<?xml", b"<script")


class ImageProblem(StrEnum):
    """Why an upload is refused."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    MARKUP = "markup"  # SVG and HTML may hold scripts.
    UNKNOWN = "unknown"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"
    SHAPE = "shape"  # Too elongated.


class BadImage(ValueError):
    """An upload that is refused; `problem` says why."""

    def __init__(self, problem: ImageProblem):
        super().__init__(problem.value)
        self.problem = problem


def decode_image(
    upload: bytes, *, largest: int, most_pixels: int, most_elongated: int, box: tuple[int, int] | None = None
) -> Image.Image:  # fmt: skip
    """Decode an upload, on white and rotated as its EXIF says. With a `box`, at least twice its size; else in full.

    On another ground a transparent picture may show another text: white is what everybody sees.

    `largest` is in bytes. A small file can decompress to gigabytes, so its size is checked before decoding.
    Raises BadImage.
    """
    if not upload:
        raise BadImage(ImageProblem.EMPTY)
    if len(upload) > largest:
        raise BadImage(ImageProblem.TOO_LARGE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # We check sizes ourselves; odd EXIF does not matter.
            image = Image.open(io.BytesIO(upload), formats=FORMATS)
            _check_size(*image.size, most_pixels, most_elongated)
            if box is not None:
                image.draft("RGB", (box[0] * 2, box[1] * 2))
            image.load()
            drawn = _apply_orientation(image).convert("RGBA")
            on_white = Image.new("RGB", drawn.size, "white")
            on_white.paste(drawn, mask=drawn)
            return on_white
    except Image.DecompressionBombError:
        raise BadImage(ImageProblem.TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        is_markup = any(mark in upload[:1024].lower() for mark in MARKUP)
        raise BadImage(ImageProblem.MARKUP if is_markup else ImageProblem.UNKNOWN) from None
    except BadImage:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):  # What Pillow raises for broken files.
        raise BadImage(ImageProblem.DAMAGED) from None


def encode_png(image: Image.Image, *, box: tuple[int, int], ways: Iterable[tuple[float, int]], most: int) -> bytes:
    """Encode as the first PNG of at most `most` bytes, else as the last; each way is (share of the box, colours).

    Shrinks the image itself to the box, to save memory.
    """
    image.thumbnail(box)
    for share, colours in ways:
        small = image.copy()
        small.thumbnail((round(box[0] * share), round(box[1] * share)))
        file = io.BytesIO()
        small.quantize(colours, method=Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
        if file.tell() <= most:
            break
    return file.getvalue()


def _check_size(width: int, height: int, most_pixels: int, most_elongated: int) -> None:
    if width * height > most_pixels:
        raise BadImage(ImageProblem.TOO_MANY_PIXELS)
    if max(width, height) > most_elongated * min(width, height):
        raise BadImage(ImageProblem.SHAPE)


def _apply_orientation(image: Image.Image) -> Image.Image:
    """Pillow's own exif_transpose rewrites the rest of EXIF, and fails over odd values."""
    transpose = EXIF_ORIENTATIONS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if transpose is None else image.transpose(transpose)
