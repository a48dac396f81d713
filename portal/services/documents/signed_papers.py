"""Check uploaded papers: a PDF is kept as it is, a picture is re-encoded. The declared type does not count."""

from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from portal.core import images
from portal.services.documents import pdf_scan

LARGEST = 10 * 1024 * 1024  # Bytes.
MOST_PIXELS = 50_000_000  # A scan of A4 at 600 dpi has 35 million.
TAIL = 2048  # Bytes at the end of a PDF that must hold its end mark.


class PaperProblem(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    OTHER_KIND = "other_kind"
    DAMAGED = "damaged"
    ACTIVE = "active"
    CLOSED = "closed"  # Encrypted, or its objects cannot be read.


class BadPaper(ValueError):
    def __init__(self, problem: PaperProblem):
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True)
class CheckedPaper:
    media_type: str
    content: bytes


def check_paper(content: bytes) -> CheckedPaper:
    """Accept PDF, JPEG or PNG by content. A picture is re-encoded, which drops its metadata. Raises BadPaper."""
    if not content:
        raise BadPaper(PaperProblem.EMPTY)
    if len(content) > LARGEST:
        raise BadPaper(PaperProblem.TOO_LARGE)
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return CheckedPaper("image/jpeg", _reencode_picture(content))
    if not content.startswith(b"%PDF-"):
        raise BadPaper(PaperProblem.OTHER_KIND)
    if b"%%EOF" not in content[-TAIL:]:
        raise BadPaper(PaperProblem.DAMAGED)
    if finding := pdf_scan.scan(content):
        raise BadPaper(PaperProblem(finding.value))
    return CheckedPaper("application/pdf", content)


def _reencode_picture(content: bytes) -> bytes:
    try:
        # A strip of any shape may be a scan.
        picture = images.decode_image(content, largest=LARGEST, most_pixels=MOST_PIXELS, most_elongated=MOST_PIXELS)
    except images.BadImage as bad:
        is_large = bad.problem == images.ImageProblem.TOO_MANY_PIXELS
        raise BadPaper(PaperProblem.TOO_LARGE if is_large else PaperProblem.DAMAGED) from bad
    file = BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()
