"""Papers that come back: a PDF as it is, or a picture that is made anew. What a file says it is does not count."""

from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from PIL import Image

from portal.core import images

LARGEST = 10 * 1024 * 1024  # Bytes.
MOST_PIXELS = 50_000_000  # A scan of A4 at 600 dpi has 35 million.
END = 2048  # Bytes: a PDF's last words stand there.
PDF, JPEG = "application/pdf", "image/jpeg"
# What runs or unpacks when such a file is opened.
ACTIVE = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia")


class Problem(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    OTHER_KIND = "other_kind"
    DAMAGED = "damaged"
    ACTIVE = "active"


class BadPaper(ValueError):
    """A file that is not taken as a paper."""

    def __init__(self, problem: Problem):
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True)
class Checked:
    """A paper that may be kept."""

    media_type: str
    content: bytes


def check(content: bytes) -> Checked:
    """Look at a file's content: PDF, JPEG or PNG. A picture is encoded anew, without what it said of camera and place.
    Raises BadPaper."""
    if not content:
        raise BadPaper(Problem.EMPTY)
    if len(content) > LARGEST:
        raise BadPaper(Problem.TOO_LARGE)
    if content.startswith(b"%PDF-"):
        return _pdf(content)
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return _picture(content)
    raise BadPaper(Problem.OTHER_KIND)


def _pdf(content: bytes) -> Checked:
    if b"%%EOF" not in content[-END:]:
        raise BadPaper(Problem.DAMAGED)
    if any(word in content for word in ACTIVE):
        raise BadPaper(Problem.ACTIVE)
    return Checked(PDF, content)


def _picture(content: bytes) -> Checked:
    try:
        # A strip of any shape may be a scan.
        picture = images.decode_image(content, largest=LARGEST, most_pixels=MOST_PIXELS, most_elongated=MOST_PIXELS)
    except images.BadImage as bad:
        is_large = bad.problem == images.ImageProblem.TOO_MANY_PIXELS
        raise BadPaper(Problem.TOO_LARGE if is_large else Problem.DAMAGED) from bad
    on_white = Image.new("RGB", picture.size, "white")  # JPEG knows no holes: they would be black.
    on_white.paste(picture, mask=picture)
    file = BytesIO()
    on_white.save(file, "JPEG", quality=85)
    return Checked(JPEG, file.getvalue())
