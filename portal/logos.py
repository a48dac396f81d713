"""A brand's logo: whatever picture was uploaded becomes a small PNG that we made, with nothing hidden in it."""

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.addresses.problems import Explained
from portal.texts import N_

LARGEST_UPLOAD = 2 * 1024 * 1024
MOST_PIXELS = 12_000_000  # A small file can unfold into gigabytes: its size is read before its pixels.
MOST_ELONGATED = 12
LIGHTEST = 8 * 1024  # Bytes: recipients open pages on a train.
TAKEN = ("PNG", "JPEG", "WEBP")
BOX = (320, 112)  # Shown half as large, so that it is sharp on dense screens.
# From the best to the smallest: (part of the box, colours).
WAYS = ((1, 256), (1, 64), (0.75, 64), (0.75, 32), (0.5, 32), (0.5, 16), (0.35, 16))
MARKUP = (b"<svg", b"<html", b"<!doctype", b"<?xml", b"<script")


class LogoProblem(Explained):
    """Why an upload is no logo."""

    EMPTY = "empty", N_("Bir dosya seçmediniz."), N_("Logonuzun PNG, JPEG ya da WebP dosyasını seçin.")
    TOO_LARGE = "too_large", N_("Dosya 2 MB'tan büyük."), N_("Logoyu en çok 1000 piksel genişlikte kaydedip yükleyin.")
    MARKUP = (
        "markup",
        N_("SVG ve HTML dosyaları içinde program taşıyabilir; bu yüzden almıyoruz."),
        N_("Aynı logoyu PNG olarak dışa aktarıp yükleyin."),
    )
    UNKNOWN = "unknown", N_("Bu dosya PNG, JPEG ya da WebP değil."), N_("Logoyu PNG olarak kaydedip yükleyin.")
    DAMAGED = "damaged", N_("Resim dosyası bozuk."), N_("Dosyayı bir resim programında açıp yeniden kaydedin.")
    TOO_MANY_PIXELS = (
        "too_many_pixels",
        N_("Resim çok büyük: 12 milyon pikselden fazla."),
        N_("Logoyu en çok 1000 piksel genişlikte kaydedip yükleyin."),
    )
    SHAPE = (
        "shape",
        N_("Resim çok ince uzun."),
        N_("Uzun kenarı kısa kenarının en çok on iki katı olan bir resim yükleyin."),
    )


class BadLogo(ValueError):
    """An upload that is no logo; `problem` has the sentence and its cure."""

    def __init__(self, problem: LogoProblem):
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True)
class Logo:
    """A PNG that we made, and the name of what is in it."""

    png: bytes
    digest: str


def read(upload: bytes) -> Logo:
    """Make a logo of an upload. Raises BadLogo."""
    if not upload:
        raise BadLogo(LogoProblem.EMPTY)
    if len(upload) > LARGEST_UPLOAD:
        raise BadLogo(LogoProblem.TOO_LARGE)
    png = _smallest(_picture(upload))
    return Logo(png, hashlib.sha256(png).hexdigest()[:16])


def _picture(upload: bytes) -> Image.Image:
    """The pixels alone, turned as the camera meant them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # We count ourselves, below.
            image = Image.open(io.BytesIO(upload), formats=TAKEN)
            _judge_size(*image.size)
            image.draft("RGB", (BOX[0] * 2, BOX[1] * 2))
            image.load()
            return ImageOps.exif_transpose(image).convert("RGBA")
    except Image.DecompressionBombError:
        raise BadLogo(LogoProblem.TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        is_markup = any(mark in upload[:1024].lower() for mark in MARKUP)
        raise BadLogo(LogoProblem.MARKUP if is_markup else LogoProblem.UNKNOWN) from None
    except BadLogo:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):  # Whatever Pillow says of broken files.
        raise BadLogo(LogoProblem.DAMAGED) from None


def _judge_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise BadLogo(LogoProblem.TOO_MANY_PIXELS)
    if max(width, height) > MOST_ELONGATED * min(width, height):
        raise BadLogo(LogoProblem.SHAPE)


def _smallest(picture: Image.Image) -> bytes:
    """The best way of keeping it that is light enough; flat logos are so at once, photographs lose colours first."""
    for part, colours in WAYS:
        small = picture.copy()
        small.thumbnail((round(BOX[0] * part), round(BOX[1] * part)))
        png = _png(small.quantize(colours, method=Image.Quantize.FASTOCTREE))
        if len(png) <= LIGHTEST:
            break
    return png


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
