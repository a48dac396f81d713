"""A deadline for a whole HTTP answer, headers included: no read lasts longer than what is left of it.

The timeout of requests restarts with every byte, so a slow server could hold a call for ever.
"""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any, ClassVar

import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_here = threading.local()


@contextlib.contextmanager
def answer_within(seconds: float) -> Iterator[None]:
    """End every answer that this thread reads through an Adapter within so many seconds."""
    _here.ends = time.monotonic() + seconds
    try:
        yield
    finally:
        _here.ends = None


class _Bounded(io.RawIOBase):
    """A socket's bytes, read within the deadline."""

    def __init__(self, of: socket.socket):
        self._socket = of
        self._raw = of.makefile("rb", buffering=0)
        self._patience = of.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        ends = getattr(_here, "ends", None)
        if ends is not None:
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer did not come to its end in time")
            self._socket.settimeout(left if self._patience is None else min(left, self._patience))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._socket.settimeout(self._patience)  # The next request of this connection has its own.

    def close(self) -> None:
        self._raw.close()
        super().close()


class Response(HTTPResponse):
    """An answer that is read within the deadline."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any):
        super().__init__(sock, *arguments, **options)
        bounded = io.BufferedReader(_Bounded(sock))
        self.fp.close()
        self.fp = bounded  # type: ignore[assignment]  # A reader of another raw stream.


class Connection(HTTPConnection):
    """A connection whose answers have a deadline."""

    response_class = Response


class SecureConnection(HTTPSConnection):
    """The same over TLS."""

    response_class = Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = SecureConnection


class Adapter(requests.adapters.HTTPAdapter):
    """The transport of a session whose answers have a deadline."""

    def __init__(self, source_ip: str | None = None):
        self._source = {"source_address": (source_ip, 0)} if source_ip else {}
        super().__init__()

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"http": _Pool, "https": _SecurePool}

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """Use our connections."""
        options |= {"num_pools": connections, "maxsize": maxsize, "block": block, **self._source}
        self.poolmanager = urllib3.PoolManager(**options)
        self.poolmanager.pool_classes_by_scheme = self.pools
