"""A stranger's picture: opened with care, and kept as pixels of our own."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from portal.core import images
from portal.core.images import BadImage, ImageProblem

BOX = (400, 800)
LIMITS = {"largest": 100_000, "most_pixels": 1_000_000, "most_elongated": 20, "box": BOX}


def picture(kind: str = "PNG", size=(60, 40), mode="RGB", **options) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, "white").save(file, kind, **options)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says that it is huge."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b""), b"IEND"]
    spelled = [struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(spelled)


def noted() -> bytes:
    """A PNG that says in words where it was made."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "Kadikoy, 40.99 29.02")
    return picture(pnginfo=words)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_three_kinds_are_opened(kind, mode):
    assert images.decode_image(picture(kind, mode=mode), **LIMITS).size == (60, 40)


BAD = {
    "nothing": (b"", ImageProblem.EMPTY),
    "too many bytes": (bytes(100_001), ImageProblem.TOO_LARGE),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ImageProblem.MARKUP),
    "HTML": (b" <!DOCTYPE html><script>alert(1)</script>", ImageProblem.MARKUP),
    "a program": (b"MZ" + bytes(100), ImageProblem.UNKNOWN),
    "GIF": (picture("GIF"), ImageProblem.UNKNOWN),
    "half a picture": (picture("PNG", (300, 300))[:80], ImageProblem.DAMAGED),
    "a bomb": (bomb(60_000, 60_000), ImageProblem.TOO_MANY_PIXELS),
    "a larger bomb": (bomb(2**31 - 1, 2**31 - 1), ImageProblem.TOO_MANY_PIXELS),
    "a thread": (bomb(2, 5000), ImageProblem.SHAPE),
}


@pytest.mark.parametrize("what", BAD)
def test_an_invalid_upload_is_refused_with_its_problem(what):
    upload, problem = BAD[what]

    with pytest.raises(BadImage) as bad:
        images.decode_image(upload, **LIMITS)

    assert bad.value.problem == problem


def test_exif_is_removed():
    kept = images.encode_png(images.decode_image(noted(), **LIMITS), box=BOX, ways=[(1, 256)], most=100_000)

    assert b"Kadikoy" in noted() and b"Kadikoy" not in kept


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "A telephone", 6  # Make; turned by 90 degrees.

    picture_kept = images.decode_image(picture("JPEG", exif=exif), **LIMITS)

    assert picture_kept.size == (40, 60)
    assert b"A telephone" not in images.encode_png(picture_kept, box=BOX, ways=[(1, 256)], most=100_000)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_odd_exif_breaks_nothing(kind):
    turned, odd = struct.pack("<HHII", 0x0112, 3, 1, 6), struct.pack("<HHII", 0x011A, 2, 3, 8)  # A number of letters.
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + turned + odd + bytes(4)

    assert images.decode_image(picture(kind, exif=exif), **LIMITS).size == (40, 60)


def test_the_first_small_enough_encoding_is_used_otherwise_the_last():
    noise = Image.frombytes("RGB", (200, 200), random.Random(1).randbytes(200 * 200 * 3)).convert("RGBA")

    light = images.encode_png(noise, box=BOX, ways=[(1, 256), (1, 4)], most=20_000)
    last = images.encode_png(noise, box=BOX, ways=[(1, 256), (0.1, 256)], most=1)

    assert Image.open(io.BytesIO(light)).size == (200, 200) and len(light) <= 20_000
    assert Image.open(io.BytesIO(last)).size == (40, 40)
