"""An İYS that answers at once, or after some time, and only counts. `python -m bench.iys_stub PORT [MS]`.

It takes every consent and every list, and says of each address it is asked about that it holds ONAY. Firms may be in
trouble: POST /trouble with {iysCode: one of TROUBLES} says which are from then on, and no others.
"""

import asyncio
import json
import re
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

HERE = "127.0.0.1"
TOKEN = {"access_token": "a", "expires_in": 3600, "refresh_token": "r", "refresh_expires_in": 7200}
HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
TRANSACTION = "8b8ecde4d5f945a0be3f6bbc5b4f3b1d"
TURKEY = timedelta(hours=3)
HANG = 30.0  # Seconds: longer than anybody waits.
TROUBLES = {  # The answer to all calls about a firm, or to its consents only.
    "500": (500, "H470"), "hang": (500, "H470"), "H121": (422, "H121"), "H353": (403, "H353"), "H355": (404, "H355"),
    "password": (401, "H351"), "H525": (422, "H525"),
}  # fmt: skip
OF_CONSENTS = ("H121", "H355", "H525")


@dataclass
class Tally:
    """How many adds came since it was last read to the end, and when the first and the last did; and every arrival:
    [seconds, what, how many consents]."""

    adds: int = 0
    first: float = 0.0
    last: float = 0.0
    arrivals: list = field(default_factory=list)
    lists: list = field(default_factory=list)  # How many items each list holds.
    polls: dict = field(default_factory=lambda: defaultdict(list))  # Seconds, by path.
    trouble: dict = field(default_factory=dict)  # By the firm's code, which is its account's name, too.

    def count(self) -> None:
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self.adds += 1


tally = Tally()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pause: float) -> None:
    """Answer the requests of one connection until it is closed."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        arrived = time.perf_counter()  # Before the body: a list takes a while to arrive.
        body = await reader.readexactly(_length(head))
        path = head.split(b" ", 2)[1]
        if path.startswith((b"/oauth2", b"/v2", b"/sps")):
            trouble = _trouble_of(path, body)
            status, said = _answer(path, body, arrived)
            if trouble:
                status, code = TROUBLES[trouble]
                said = {"errors": [{"code": code}]}
            lasts = HANG if trouble == "hang" else pause
            await asyncio.sleep(max(0.0, arrived + lasts - time.perf_counter()))
        else:
            status, said = 200, _read_tally(path, body)
        answer = json.dumps(said).encode()
        writer.write(HEAD % (status, len(answer)) + answer)
        await writer.drain()
    writer.close()


def _trouble_of(path: bytes, body: bytes) -> str | None:
    named = re.search(rb"/sps/(\d+)/", path) or re.search(rb'"username": "(\d+)"', body)
    trouble = tally.trouble.get(named[1].decode()) if named else None
    is_consent = b"/consents" in path and b'"status"' in body
    if trouble in OF_CONSENTS and (not is_consent or (trouble == "H525" and b'"ONAY"' not in body)):
        return None
    return trouble


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(path: bytes, body: bytes, arrived: float) -> tuple[int, object]:
    if path == b"/oauth2/token":
        tally.arrivals.append((arrived, "token", 0))
        return 200, TOKEN
    if path.endswith(b"/consents/request"):
        return 202, _accept_list(json.loads(body), arrived)
    if b"/consents/request/" in path:
        tally.arrivals.append((arrived, "bulk_result", 0))
        return 200, _list_result(int(path.rsplit(b"-", 1)[1]))
    if b"/status/" in path:
        tally.arrivals.append((arrived, "multi_status", 0))
        return 200, {"requestId": "0", "list": json.loads(body)["recipients"]}
    if b"/changes" in path:
        tally.arrivals.append((arrived, "changes", 0))
        tally.polls[path.decode()].append(arrived)
        return 204, {}
    tally.count()
    tally.arrivals.append((arrived, "add", 1))
    return 200, _stored()


def _stored() -> dict:
    return {"transactionId": TRANSACTION, "creationDate": f"{datetime.now(UTC) + TURKEY:%Y-%m-%d %H:%M:%S}"}


def _accept_list(items: list, arrived: float) -> dict:
    number = len(tally.lists)
    tally.lists.append(len(items))
    tally.arrivals.append((arrived, "bulk_add", len(items)))
    named = [item | {"subRequestId": f"{number}-{place}"} for place, item in enumerate(items)]
    return {"requestId": f"list-{number}", "subRequests": named}


def _list_result(number: int) -> list[dict]:
    return [
        {"index": place, "status": "success", "subRequestId": f"{number}-{place}", **_stored()}
        for place in range(tally.lists[number])
    ]


def _read_tally(path: bytes, body: bytes) -> dict:
    if path == b"/reset":
        vars(tally).update(vars(Tally()))
    if path == b"/trouble":
        tally.trouble = json.loads(body)
    told = vars(tally)
    return told if path == b"/arrivals" else {name: told[name] for name in ("adds", "first", "last")}


async def main(port: int, pause: float) -> None:
    server = await asyncio.start_server(partial(serve, pause=pause), HERE, port, limit=2**20)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0))
