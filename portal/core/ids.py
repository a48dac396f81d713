"""Time-ordered row ids, generated in the process (like Snowflake ids), so that bulk inserts need no RETURNING.

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
LARGEST_ID = 2**63 - 1  # That a BIGINT can hold.

_lock = threading.Lock()
_claim_lock = threading.Lock()
_thread = threading.local()
_nodes: dict[int, int] = {}  # By process id: a forked child claims a node of its own.
_last = 0
_writer: Engine | None = None


def claim_nodes_from(writer: Engine) -> None:
    """Claim this process's node number through that engine, before its first writing transaction."""
    global _writer
    _writer = writer
    event.listen(writer, "begin", _claim_node)


def new_id() -> int:
    """Return a new id, larger than every earlier one of this process."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[int]:
    """Return `count` new ids, ascending."""
    global _last
    if os.getpid() not in _nodes:
        _claim_node()
    node = _nodes[os.getpid()]
    with _lock:
        first = max(_last + 1, (int(clock.now().timestamp() * 1000) - EPOCH) << COUNTER_BITS)
        _last = first + count - 1
    low = (1 << COUNTER_BITS) - 1
    return [
        ((tick >> COUNTER_BITS) << NODE_BITS | node) << COUNTER_BITS | tick & low
        for tick in range(first, first + count)
    ]


def parse_id(text: str) -> int | None:
    """The id that a text of digits is; None for whatever no row could have, which would break a database's question."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_ID))
    return int(text) if is_number and int(text) <= LARGEST_ID else None


def _claim_node(_connection: Connection | None = None) -> None:
    """Claim a node number for this process, in a short transaction of its own: never inside the one that begins."""
    process = os.getpid()
    if process in _nodes or getattr(_thread, "claiming", False):
        return
    with _claim_lock:
        _thread.claiming = True
        try:
            if process not in _nodes:
                assert _writer is not None, "call claim_nodes_from first"
                with _writer.begin() as connection:
                    _nodes[process] = connection.execute(text(NEXT_NODE)).scalar_one() % (1 << NODE_BITS)
        finally:
            _thread.claiming = False
