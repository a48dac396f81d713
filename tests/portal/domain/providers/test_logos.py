"""Whatever is uploaded as a logo, what we keep is a small PNG that we made ourselves."""

import hashlib
import io
import random
import struct
import zlib

import pytest
from PIL import Image, ImageDraw

from portal.domain.providers import logos
from portal.domain.providers.logos import BadLogo, LogoProblem


def picture(kind: str = "PNG", size=(600, 200), mode="RGB", **options) -> bytes:
    image = Image.new(mode, size, "white")
    ImageDraw.Draw(image).ellipse((20, 20, size[0] // 2, size[1] - 20), fill="#0b5e6b")
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(width: int, height: int) -> bytes:
    image = Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def problem_of(upload: bytes) -> LogoProblem:
    with pytest.raises(BadLogo) as refused:
        logos.convert_logo(upload)
    return refused.value.problem


def opened(logo: logos.Logo) -> Image.Image:
    return Image.open(io.BytesIO(logo.png))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_kinds_of_pictures_become_a_png(kind):
    made = opened(logos.convert_logo(picture(kind)))

    assert made.format == "PNG"
    assert made.width <= 320 and made.height <= 112


def test_the_same_picture_has_the_same_name_and_another_has_another():
    assert logos.convert_logo(picture()).digest == logos.convert_logo(picture()).digest
    assert logos.convert_logo(picture()).digest != logos.convert_logo(picture(size=(500, 200))).digest


def test_a_transparent_picture_lies_on_white():
    """On the reviewer's dark ground it could say something else than on white."""
    image = Image.new("RGBA", (200, 100), (15, 23, 26, 0))
    ImageDraw.Draw(image).rectangle((50, 20, 150, 80), fill=(200, 0, 0, 255))
    file = io.BytesIO()
    image.save(file, "PNG")

    logo = logos.convert_logo(file.getvalue())

    made = opened(logo).convert("RGBA")
    assert made.getchannel("A").getextrema() == (255, 255) and made.getpixel((2, 2)) == (255, 255, 255, 255)
    assert logo.digest == hashlib.sha256(logo.png).hexdigest()


def test_what_hid_in_the_file_is_gone():
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"

    made = logos.convert_logo(picture("JPEG", exif=exif) + b"<script>alert(2)</script>")

    assert b"script" not in made.png and b"Exif" not in made.png


def test_a_busy_photograph_gets_light_enough():
    assert len(logos.convert_logo(noise(700, 300)).png) <= logos.LARGEST_LOGO


@pytest.mark.parametrize(
    "upload",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<?xml version='1.0'?>\n<svg/>",
        b"<!DOCTYPE html><html></html>",
    ],
)
def test_markup_is_refused_with_words(upload):
    assert problem_of(upload) == LogoProblem.MARKUP


@pytest.mark.parametrize("upload", [b"hello", b"%PDF-1.7", b"GIF89a" + b"\0" * 40, b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_refused_with_words(upload):
    assert problem_of(upload) in (LogoProblem.UNKNOWN, LogoProblem.DAMAGED)


def test_no_file_and_a_far_too_large_one_are_told_apart():
    assert problem_of(b"") == LogoProblem.EMPTY
    assert problem_of(b"\0" * (logos.LARGEST_UPLOAD + 1)) == LogoProblem.TOO_LARGE


@pytest.mark.parametrize("cut", [60, 200, 900])
def test_a_file_cut_short_is_damaged(cut):
    assert problem_of(picture("JPEG")[:cut]) in (LogoProblem.DAMAGED, LogoProblem.UNKNOWN)


@pytest.mark.slow
def test_a_bomb_is_refused_before_it_unfolds():
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))

    assert problem_of(bomb + b"\0\0\0\0IDAT") == LogoProblem.TOO_MANY_PIXELS
    assert problem_of(picture(size=(4000, 3001))) == LogoProblem.TOO_MANY_PIXELS


def test_a_thread_is_no_picture():
    assert problem_of(picture(size=(1300, 100))) == LogoProblem.SHAPE


def test_each_problem_has_a_sentence_and_a_cure():
    assert all(problem.sentence and problem.cure for problem in LogoProblem)
