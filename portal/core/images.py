"""Pictures that strangers upload: opened with care, and turned into pixels of our own, with nothing hidden in them."""

import io
import struct
import warnings
from collections.abc import Iterable
from enum import StrEnum

from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.Image import Transpose

FORMATS = ("PNG", "JPEG", "WEBP")
# By what EXIF says of how the camera was held.
EXIF_ORIENTATIONS = {
    2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
}  # fmt: skip
MARKUP = (b"<svg", b"<html", b"<!doctype", b"<?xml", b"<script")


class ImageProblem(StrEnum):
    """Why an upload is no picture that we take."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    MARKUP = "markup"  # SVG and HTML may bring programs.
    UNKNOWN = "unknown"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"
    SHAPE = "shape"  # Far longer than wide, or wider than long.


class BadImage(ValueError):
    """An upload that is no picture that we take."""

    def __init__(self, problem: ImageProblem):
        super().__init__(problem.value)
        self.problem = problem


def decode_image(
    upload: bytes, *, largest: int, most_pixels: int, most_elongated: int, box: tuple[int, int] | None = None
) -> Image.Image:  # fmt: skip
    """The pixels alone, turned as the camera meant them: in RGBA, of twice the box or more; without a box, all of them.
    `largest` is in bytes.

    A small file can unfold into gigabytes: its size is read before its pixels. Raises BadPicture.
    """
    if not upload:
        raise BadImage(ImageProblem.EMPTY)
    if len(upload) > largest:
        raise BadImage(ImageProblem.TOO_LARGE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # We count pixels ourselves, and look away from odd EXIF.
            image = Image.open(io.BytesIO(upload), formats=FORMATS)
            _check_size(*image.size, most_pixels, most_elongated)
            if box is not None:
                image.draft("RGB", (box[0] * 2, box[1] * 2))
            image.load()
            return _apply_orientation(image).convert("RGBA")
    except Image.DecompressionBombError:
        raise BadImage(ImageProblem.TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        is_markup = any(mark in upload[:1024].lower() for mark in MARKUP)
        raise BadImage(ImageProblem.MARKUP if is_markup else ImageProblem.UNKNOWN) from None
    except BadImage:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):  # Whatever Pillow says of broken files.
        raise BadImage(ImageProblem.DAMAGED) from None


def encode_png(picture: Image.Image, *, box: tuple[int, int], ways: Iterable[tuple[float, int]], most: int) -> bytes:
    """The best way of keeping it that is light enough, as a PNG; else the last. Ways are (part of the box, colours).
    The picture itself is made as small as the box: copies of it would be large."""
    picture.thumbnail(box)
    for part, colours in ways:
        small = picture.copy()
        small.thumbnail((round(box[0] * part), round(box[1] * part)))
        png = _png(small.quantize(colours, method=Image.Quantize.FASTOCTREE))
        if len(png) <= most:
            break
    return png


def _check_size(width: int, height: int, most_pixels: int, most_elongated: int) -> None:
    if width * height > most_pixels:
        raise BadImage(ImageProblem.TOO_MANY_PIXELS)
    if max(width, height) > most_elongated * min(width, height):
        raise BadImage(ImageProblem.SHAPE)


def _apply_orientation(image: Image.Image) -> Image.Image:
    """As the camera meant it. Pillow's own way would write the rest of EXIF anew, and break down over odd ones."""
    origin = EXIF_ORIENTATIONS.get(image.getexif().get(ExifTags.Base.Orientation))
    return image if origin is None else image.transpose(origin)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
