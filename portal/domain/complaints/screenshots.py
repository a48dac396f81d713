"""Screenshots of messages: uploads are re-encoded as small, readable PNGs."""

from portal.core import images

LARGEST = 15 * 1024 * 1024  # Bytes: a telephone's photograph of another screen.
LIMITS = {"largest": LARGEST, "most_pixels": 24_000_000, "most_elongated": 40}
BOX = (1080, 8000)  # A long conversation stays readable.
ENCODINGS = ((1, 256), (1, 32), (0.6, 32))
LARGEST_RESULT = 1024 * 1024  # Bytes.


def convert_screenshot(upload: bytes) -> bytes:
    """Re-encode an upload as a screenshot. Raises images.BadImage."""
    return images.encode_png(
        images.decode_image(upload, box=BOX, **LIMITS), box=BOX, ways=ENCODINGS, most=LARGEST_RESULT
    )
