"""Row ids made here, ordered in time, so that bulk inserts need no RETURNING and no two processes meet.

63 bits: 41 of milliseconds since 2026, 13 of a node number that each process claims from the database before it first
writes, and 9 of a counter. A process that makes many ids runs its own clock a little ahead.
"""

import os
import threading

from sqlalchemy import Connection, Engine, event, text

from portal.core import clock

NODE_BITS = 13
COUNTER_BITS = 9
NEXT_NODE = "UPDATE node_counter SET next = next + 1 WHERE name = 'node' RETURNING next"
EPOCH = 1_767_225_600_000  # 2026-01-01T00:00:00Z in milliseconds.

_lock = threading.Lock()
_claim_lock = threading.Lock()
_thread = threading.local()
_nodes: dict[int, int] = {}  # By process id: a forked child claims a node of its own.
_last = 0
_writer: Engine | None = None


def claim_nodes_from(writer: Engine) -> None:
    """Let this process claim its node through that engine, before its first writing transaction."""
    global _writer
    _writer = writer
    event.listen(writer, "begin", _claim_node)


def new_id() -> int:
    """A fresh id, larger than every earlier one of this process."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[int]:
    """That many fresh ids, ascending."""
    global _last
    if os.getpid() not in _nodes:
        _claim_node()
    node = _nodes[os.getpid()]
    with _lock:
        first = max(_last + 1, (int(clock.now().timestamp() * 1000) - EPOCH) << COUNTER_BITS)
        _last = first + count - 1
    low = (1 << COUNTER_BITS) - 1  # As _laid_out says it, without a call for each: a file takes millions.
    return [
        ((tick >> COUNTER_BITS) << NODE_BITS | node) << COUNTER_BITS | tick & low
        for tick in range(first, first + count)
    ]


def _claim_node(_beginning: Connection | None = None) -> None:
    """Take a node number for this process, in a short transaction of its own: never inside the one that begins."""
    process = os.getpid()
    if process in _nodes or getattr(_thread, "claiming", False):
        return
    with _claim_lock:
        _thread.claiming = True
        try:
            if process not in _nodes:
                with _writer.begin() as claim:
                    taken = claim.scalar(text(NEXT_NODE))
                _nodes[process] = taken % (1 << NODE_BITS)
        finally:
            _thread.claiming = False


def _compose_id(tick: int, node: int) -> int:
    millisecond, count = divmod(tick, 1 << COUNTER_BITS)
    return (millisecond << NODE_BITS | node) << COUNTER_BITS | count
