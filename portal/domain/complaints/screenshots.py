"""A picture of the message: what a person uploads becomes a PNG that we made, readable and light."""

from portal.core import images

LARGEST = 15 * 1024 * 1024  # Bytes: a telephone's photograph of another screen.
LIMITS = {"largest": LARGEST, "most_pixels": 24_000_000, "most_elongated": 40}
BOX = (1080, 8000)  # A long conversation stays readable.
WAYS = ((1, 256), (1, 32), (0.6, 32))
LIGHT = 1024 * 1024  # Bytes.


def convert_screenshot(upload: bytes) -> bytes:
    """Make a screenshot of an upload. Raises pictures.BadPicture."""
    return images.encode_png(images.decode_image(upload, box=BOX, **LIMITS), box=BOX, ways=WAYS, most=LIGHT)
