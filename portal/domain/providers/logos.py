"""A brand's logo: whatever picture was uploaded becomes a small PNG that we made, with nothing hidden in it."""

import hashlib
from dataclasses import dataclass

from portal.core import images
from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_

LARGEST_UPLOAD = 2 * 1024 * 1024
MOST_PIXELS = 12_000_000
MOST_ELONGATED = 12
LIGHTEST = 8 * 1024  # Bytes: recipients open pages on a train.
BOX = (320, 112)  # Shown half as large, so that it is sharp on dense screens.
# From the best to the smallest: (part of the box, colours). Flat logos are light at once, photographs lose colours.
WAYS = ((1, 256), (1, 64), (0.75, 64), (0.75, 32), (0.5, 32), (0.5, 16), (0.35, 16))


class LogoProblem(ExplainedProblem):
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


def convert_logo(upload: bytes) -> Logo:
    """Make a logo of an upload. Raises BadLogo."""
    try:
        picture = images.decode_image(
            upload, largest=LARGEST_UPLOAD, most_pixels=MOST_PIXELS, most_elongated=MOST_ELONGATED, box=BOX
        )
    except images.BadImage as bad:
        raise BadLogo(LogoProblem(bad.problem.value)) from None
    png = images.encode_png(picture, box=BOX, ways=WAYS, most=LIGHTEST)
    return Logo(png, hashlib.sha256(png).hexdigest()[:16])
