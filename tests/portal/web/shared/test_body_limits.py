"""How much is taken of a post: more of people we know, and never so many files that a process has none left to open."""

import io

import pytest

pytestmark = pytest.mark.alike

MULTIPART = "multipart/form-data; boundary=x"


class Unread(io.RawIOBase):
    """What a stranger sends: nobody may begin with it."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer) -> int:
        raise AssertionError("It was read.")


@pytest.mark.parametrize("path", ["/dashboard/imports/new", "/operator/providers/1/imports", "/dashboard/start/papers"])
def test_a_strangers_large_file_is_not_even_read(app, browser, monkeypatch, path):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)

    sent = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(100 * 1024 * 1024), "CONTENT_TYPE": MULTIPART}
    answer = browser.post(path, environ_overrides=sent)

    assert answer.status_code in (302, 303)
    assert "/sign-in" in answer.location


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up"])
def test_a_form_of_very_many_files_is_refused(browser, path):
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1\r\n'

    assert browser.post(path, data=part * 51 + b"--x--", content_type=MULTIPART).status_code == 413
