"""A receiver of webhooks over real HTTPS, with a certificate of its own, that answers as a test tells it."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import mail_server, servers


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def sequence(self) -> int:
        return self.json["data"]["sequence"]

    @property
    def number(self) -> int:
        """Which event of the test it is, from 1."""
        return self.json["data"]["number"]


@dataclass
class Receiver:
    """`answers` are taken one after the other, each a status and headers or a function that returns them; then 200."""

    url: str = ""
    ca_file: str = ""
    requests: list[Request] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]] | Callable[[], tuple[int, dict[str, str]]]] = field(default_factory=list)
    usual: int = 200
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.requests]

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {key[5:].replace("_", "-").lower(): text for key, text in environ.items() if key.startswith("HTTP_")}
        with self._lock:
            self.requests.append(Request(headers, body))
            answer = self.answers.pop(0) if self.answers else (self.usual, {})
        status, more = answer() if callable(answer) else answer
        start_response(f"{status} Answer", list(more.items()))
        return [b"an answer that nobody keeps"]


@contextlib.contextmanager
def receiving(folder: Path, host: str = "127.0.0.1", name: str = "127.0.0.1") -> Iterator[Receiver]:
    """Run a receiver at a loopback address, with a certificate for a name."""
    receiver, place = Receiver(), folder / f"{name}-{host}"
    place.mkdir()
    with servers.serving(receiver, host=host, tls=mail_server.certificate(place, name)) as url:
        receiver.url, receiver.ca_file = url.replace(host, name), str(place / "both.pem")
        yield receiver
