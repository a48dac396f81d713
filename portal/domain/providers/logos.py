"""A brand's logo: an uploaded picture is re-encoded as a small PNG, so that nothing is hidden in it."""

import hashlib
from dataclasses import dataclass

from portal.core import images
from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_

LARGEST_UPLOAD = 2 * 1024 * 1024
MOST_PIXELS = 12_000_000
MOST_ELONGATED = 12
LARGEST_LOGO = 8 * 1024  # Bytes, for slow mobile connections.
BOX = (320, 112)  # Shown half as large, so that it is sharp on dense screens.
# From the best to the smallest: (part of the box, colours).
ENCODINGS = ((1, 256), (1, 64), (0.75, 64), (0.75, 32), (0.5, 32), (0.5, 16), (0.35, 16))


class LogoProblem(ExplainedProblem):
    """Why an upload cannot become a logo."""

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
    """The upload cannot become a logo; `problem` has the sentence and its cure."""

    def __init__(self, problem: LogoProblem):
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True)
class Logo:
    """A PNG and the digest of its content."""

    png: bytes
    digest: str


def convert_logo(upload: bytes) -> Logo:
    """Re-encode an upload as a logo. Raises BadLogo."""
    try:
        picture = images.decode_image(
            upload, largest=LARGEST_UPLOAD, most_pixels=MOST_PIXELS, most_elongated=MOST_ELONGATED, box=BOX
        )
    except images.BadImage as bad:
        raise BadLogo(LogoProblem(bad.problem.value)) from None
    png = images.encode_png(picture, box=BOX, ways=ENCODINGS, most=LARGEST_LOGO)
    return Logo(png, hashlib.sha256(png).hexdigest())
