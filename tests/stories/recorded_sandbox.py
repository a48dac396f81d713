"""The sandbox, with every consent that is sent to it written down before anything is done with it, even when a fault
or a kill leaves the sender without an answer."""

import io
import json
import os
from pathlib import Path

from iys_sandbox import create_sandbox_from_environment


def create():
    """The sandbox as the environment describes it, writing to SENT_FILE."""
    app = create_sandbox_from_environment()
    app.wsgi_app = _Recording(app.wsgi_app, Path(os.environ["SENT_FILE"]))
    return app


def sent(file: Path) -> list[tuple[str, bytes]]:
    """(path, body) of every consent that was sent, in order."""
    return [(path, body.encode()) for path, body in map(json.loads, file.read_text().splitlines())]


class _Recording:
    def __init__(self, app, file: Path):
        self._app = app
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)  # Appending a line is one act.

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] == "POST" and path.endswith(("/consents", "/consents/request")):
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            is_whole = len(body) == int(environ["CONTENT_LENGTH"])  # Of a killed sender İYS does not understand half.
            found = _consents_in(body.decode()) if is_whole else []
            lines = [json.dumps([path, each]).encode() + b"\n" for each in found]
            os.write(self._file, b"".join(lines))
        return self._app(environ, start_response)


def _consents_in(body: str) -> list[str]:
    """The consents of a request, one by one, spelled as they were sent in a list."""
    if not body.startswith("["):
        return [body]
    consents = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in json.loads(body)]
    assert "[" + ",".join(consents) + "]" == body, "the list is spelled in another way"
    return consents
