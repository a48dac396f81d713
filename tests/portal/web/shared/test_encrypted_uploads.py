"""Uploads on their way: nothing of them lies on disk in clear."""

import io
import os

import pytest
from flask import Flask, request

from portal.web.shared import encrypted_uploads

LIST = b"".join(b"Ay\xc5\x9fe;0532 123 %04d;ayse%d@example.com\n" % (n % 10_000, n) for n in range(100_000))

FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + LIST + b"\r\n--x--\r\n"


@pytest.fixture
def bare():
    app = Flask(__name__)
    app.request_class, app.testing = encrypted_uploads.EncryptingRequest, True
    return app


def test_an_upload_arrives_whole_and_lies_on_disk_enciphered(bare):
    on_disk = []

    @bare.post("/")
    def upload():
        stream = request.files["file"].stream
        file = stream.fileno()
        on_disk.append(os.pread(file, os.fstat(file).st_size, 0))
        return stream.read()

    answer = bare.test_client().post("/", data=FORM, content_type="multipart/form-data; boundary=x")

    assert answer.data == LIST
    assert len(on_disk[0]) > len(LIST) - encrypted_uploads.IN_MEMORY
    assert b"@example.com" not in on_disk[0] and b"0532" not in on_disk[0]


def test_each_upload_has_a_key_of_its_own():
    texts = []
    for _ in range(2):
        with encrypted_uploads.EncryptedFile() as sealed:
            sealed.write(b"0" * 64)
            texts.append(os.pread(sealed.fileno(), 64, 0))

    assert texts[0] != texts[1]
    assert len({text[start : start + 16] for text in texts for start in range(0, 64, 16)}) == 8


def test_it_can_be_read_from_anywhere():
    with io.BufferedRandom(encrypted_uploads.EncryptedFile(), 1000) as file:
        for start in range(0, len(LIST), 77_777):
            file.write(LIST[start : start + 77_777])

        for position in (0, 1, 15, 16, 17, 999, 1_000_003):
            file.seek(position)
            assert file.read(100) == LIST[position : position + 100]
        assert file.seek(0, os.SEEK_END) == len(LIST)
        file.seek(0)
        assert list(file) == LIST.splitlines(keepends=True)


def test_the_portal_spools_so(app):
    assert app.request_class is encrypted_uploads.EncryptingRequest
