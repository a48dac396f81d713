"""An İYS that answers at once: tokens and adds, with nothing behind them but a tally. `python -m bench.stub PORT`."""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass

HERE = "127.0.0.1"
TOKEN = {"access_token": "a", "expires_in": 3600, "refresh_token": "r", "refresh_expires_in": 7200}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
ADDED = {"transactionId": "8b8ecde4d5f945a0be3f6bbc5b4f3b1d", "creationDate": "2026-11-25 10:00:00"}


@dataclass
class Tally:
    """How many adds came since it was last read to the end, and when the first and the last did."""

    adds: int = 0
    first: float = 0.0
    last: float = 0.0

    def count(self) -> None:
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.adds += 1


tally = Tally()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until it is closed."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        await reader.readexactly(_length(head))
        body = json.dumps(_answer(head.split(b" ", 2)[1])).encode()
        writer.write(HEAD % len(body) + body)
        await writer.drain()
    writer.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(path: bytes) -> dict:
    if path == b"/oauth2/token":
        return TOKEN
    if path.endswith(b"/consents"):
        tally.count()
        return ADDED
    if path == b"/reset":
        tally.__init__()
    return asdict(tally)


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, HERE, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
