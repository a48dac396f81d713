"""Time-ordered row ids, generated in the process (like Snowflake ids), so that bulk inserts need no RETURNING.

63 bits: 41 of milliseconds since 2026, 13 of a node number that each process leases from the database before it first
writes, and 9 of a counter. A process that makes many ids runs its own clock a little ahead.
"""

import os
import socket
import threading
import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, DateTime, Engine, bindparam, event, text
from sqlalchemy.exc import SQLAlchemyError

from portal.core import clock, programs

NODE_BITS = 13
COUNTER_BITS = 9
LEASE = timedelta(hours=4)  # Of a node number, over all machines; longer than clocks differ or a transaction lasts.
RENEW_AFTER = 3600.0  # Seconds; then a thread of its own renews it, and no transaction waits.
AGAIN_AFTER = 60.0  # Seconds, where it could not be renewed.
OVER_AFTER = LEASE.total_seconds() / 2  # Then the next transaction waits for a new lease before it begins.
NEXT_NODE = "UPDATE node_counter SET next = next + 1 WHERE name = 'node' RETURNING next"
TIMES = [bindparam(name, type_=DateTime()) for name in ("at", "until")]
LEASE_NODE = text(
    "INSERT INTO process (node, role, host, pid, leased_until, seen_at) VALUES (:node, :role, :host, :pid, :until, :at)"
    " ON CONFLICT (node) DO UPDATE SET role = excluded.role, host = excluded.host, pid = excluded.pid,"
    " leased_until = excluded.leased_until, seen_at = excluded.seen_at, generations = NULL"
    " WHERE process.leased_until < :at RETURNING node"
).bindparams(*TIMES)
RENEW_NODE = text(
    "UPDATE process SET leased_until = :until WHERE node = :node AND host = :host AND pid = :pid"
    " AND leased_until >= :at RETURNING node"
).bindparams(*TIMES)
EPOCH = 1_767_225_600_000  # 2026-01-01T00:00:00Z in milliseconds.
LARGEST_ID = 2**63 - 1  # That a BIGINT can hold.

_lock = threading.Lock()
_claim_lock = threading.Lock()
_nodes: dict[int, int] = {}  # By process id: a forked child leases a node of its own.
_renew_at = _over_at = 0.0
_last = 0
_claimer: Engine | None = None

log = structlog.get_logger()


def claim_nodes(writer: Engine, claimer: Engine) -> None:
    """Lease this process's node number before the first transaction of `writer`, through `claimer`: it has no pool, as
    all connections of a pool may be held by threads that wait for the number."""
    global _claimer
    _claimer = claimer
    event.listen(writer, "begin", _ensure_node)


def new_id() -> int:
    """Return a new id, larger than every earlier one of this process."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[int]:
    """Return `count` new ids, ascending."""
    global _last
    node = own_node()
    with _lock:
        first = max(_last + 1, (int(clock.now().timestamp() * 1000) - EPOCH) << COUNTER_BITS)
        _last = first + count - 1
    low = (1 << COUNTER_BITS) - 1
    return [
        ((tick >> COUNTER_BITS) << NODE_BITS | node) << COUNTER_BITS | tick & low
        for tick in range(first, first + count)
    ]


def first_id(at: datetime) -> int:
    """The lowest id that could be made at that moment: rows from then on have higher ones."""
    return max(0, int(at.timestamp() * 1000) - EPOCH) << (NODE_BITS + COUNTER_BITS)


def parse_id(text: str) -> int | None:
    """The id that a text of digits is; None for whatever no row could have, which would break a database's question."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_ID))
    return int(text) if is_number and int(text) <= LARGEST_ID else None


def own_node() -> int:
    """The node number of this process. It is not renewed here, since a transaction may be open."""
    if os.getpid() not in _nodes:
        _claim_node()
    return _nodes[os.getpid()]


def _ensure_node(_connection: Connection) -> None:
    global _renew_at
    if not _is_claimed():
        _claim_node()
    elif _seconds() >= _renew_at:
        _renew_at = _seconds() + AGAIN_AFTER
        threading.Thread(target=_renew, name="node", daemon=True).start()


def _claim_node() -> None:
    with _claim_lock:
        if not _is_claimed():
            _lease()


def _renew() -> None:
    try:
        with _claim_lock:
            _lease()
    except (SQLAlchemyError, TimeoutError):
        log.warning("node.not_renewed", exc_info=True)


def _lease() -> None:
    """In a short transaction of its own: never inside the one that begins."""
    assert _claimer is not None, "call claim_nodes first"
    with _claimer.begin() as connection:
        _lease_node(connection)


def _seconds() -> float:
    return time.clock_gettime(time.CLOCK_MONOTONIC)  # Never the one of a test that travels through time.


def _is_claimed() -> bool:
    return os.getpid() in _nodes and _seconds() < _over_at


def _lease_node(connection: Connection) -> None:
    """Renew the lease, or take the next number that no living process has; where a lease was lost (the machine slept
    for hours), another number."""
    global _renew_at, _over_at
    at, process = clock.now().replace(tzinfo=None), os.getpid()
    mine = {"host": socket.gethostname()[:60], "pid": process, "at": at, "until": at + LEASE}
    leased = connection.execute(RENEW_NODE, mine | {"node": _nodes[process]}).scalar() if process in _nodes else None
    for _ in range(1 << NODE_BITS):
        if leased is not None:
            break
        number = connection.execute(text(NEXT_NODE)).scalar_one() % (1 << NODE_BITS)
        leased = connection.execute(LEASE_NODE, mine | {"node": number, "role": programs.own_role()}).scalar()
    if leased is None:
        raise RuntimeError(f"All {1 << NODE_BITS} node numbers are taken: as many processes have begun within {LEASE}.")
    _nodes[process], _renew_at, _over_at = leased, _seconds() + RENEW_AFTER, _seconds() + OVER_AFTER
