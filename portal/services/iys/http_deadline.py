"""A deadline for a whole HTTP answer: each wait for bytes, of its head too, lasts no longer than what is left of it.

The timeout of requests counts anew with every byte, so a server that drips would hold a call for ever.
"""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Iterator

import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_here = threading.local()


@contextlib.contextmanager
def answer_within(seconds: float) -> Iterator[None]:
    """Let every answer read by this thread end within so many seconds, through an Adapter of ours."""
    _here.ends = time.monotonic() + seconds
    try:
        yield
    finally:
        _here.ends = None


class Adapter(requests.adapters.HTTPAdapter):
    """The transport of a session whose answers keep their deadline."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options) -> None:
        """Make the pools with our connections."""
        self.poolmanager = urllib3.PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class _Bounded(io.RawIOBase):
    """A socket's bytes; a wait for them ends where the deadline does."""

    def __init__(self, of: socket.socket):
        self._socket = of
        self._raw = of.makefile("rb", buffering=0)
        self._patience = of.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        ends = getattr(_here, "ends", None)
        if ends is not None:
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer did not come to its end in time")
            self._socket.settimeout(left if self._patience is None else min(left, self._patience))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._socket.settimeout(self._patience)  # The next request of this connection has a time of its own.

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(urllib3.connection.HTTPConnection.response_class):
    def __init__(self, sock: socket.socket, *arguments, **options):
        super().__init__(sock, *arguments, **options)
        bounded = io.BufferedReader(_Bounded(sock))
        self.fp.close()
        self.fp = bounded


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
