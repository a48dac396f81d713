"""Receivers of webhooks in one process: each path is one. `/hang` never answers; the others answer at once, and note
how long after its event each request came. GET answers with {path: {webhook-id: milliseconds of its first request}}.

`python -m bench.webhook_stub PORT` runs it.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections import defaultdict
from datetime import datetime

HANGING = "/hang"
ARRIVED: dict[str, dict[str, float]] = defaultdict(dict)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            if method == "POST" and path == HANGING:
                await asyncio.sleep(3600)
            answer = json.dumps(ARRIVED).encode() if method == "GET" else b""
            if method == "POST":
                happened = datetime.fromisoformat(json.loads(body)["timestamp"].replace("Z", "+00:00"))
                ARRIVED[path].setdefault(headers["webhook-id"], (time.time() - happened.timestamp()) * 1000)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
            await writer.drain()
    writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=2**20, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
