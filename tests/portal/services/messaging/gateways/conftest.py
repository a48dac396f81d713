"""A vendor that answers what a test wants and keeps what it was asked."""

import json
from urllib.parse import parse_qsl

import pytest

from tests import servers


class StubVendor:
    """`answers` are (status, body) in their order, the last again and again; a function is called with the request."""

    def __init__(self):
        self.answers = [(200, "{}")]
        self.requests = []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": dict(parse_qsl(environ["QUERY_STRING"])),
            "body": body,
            "json": json.loads(body) if environ.get("CONTENT_TYPE") == "application/json" else None,
            "login": environ.get("HTTP_AUTHORIZATION"),
        }
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, text, *headers = answer(request) if callable(answer) else answer
        text = text if isinstance(text, str) else json.dumps(text)
        start_response(f"{status} X", [("Content-Type", "text/plain; charset=utf-8"), *headers])
        return [text.encode()]


@pytest.fixture
def vendor():
    stub = StubVendor()
    with servers.serving(stub) as stub.url:
        yield stub
