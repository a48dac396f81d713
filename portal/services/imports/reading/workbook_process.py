"""Run the workbook chunker as a process of its own, which may crash without harm; its pipes carry bytes and frames."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGABRT, SIGKILL, SIGXCPU
from typing import IO

from portal.services.imports.reading.file_problems import FileProblem, Unreadable
from portal.services.imports.reading.workbook_chunker.chunks import HEAD, LARGEST_FRAME, FrameKind

TIMEOUT = 180.0  # Seconds for one frame; the chunker's own limit of CPU ends before.
HERE = Path(__file__).parent
PROBLEMS = {each.encode(): each for each in FileProblem}
KINDS = {each.encode(): each for each in FrameKind}
OVER_LIMIT = (-SIGABRT, -SIGKILL, -SIGXCPU)

Chunker = tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]  # The process, its stdin, its stdout.


def frames(parts: Iterable[bytes], timeout: float = TIMEOUT) -> Iterator[tuple[FrameKind, bytes]]:
    """Send a workbook to the chunker and yield its frames. Raises Unreadable for its problem, crash or silence."""
    with _chunker_process() as chunker:
        _, stdin, _ = chunker
        with suppress(BrokenPipeError):  # A problem frame or the exit code says why it stopped reading.
            for part in parts:
                stdin.write(part)
            stdin.close()
        while True:
            kind, body = _read_frame(chunker, timeout)
            if kind == FrameKind.PROBLEM:
                raise Unreadable(PROBLEMS.get(body, FileProblem.DAMAGED))
            if kind == FrameKind.END:
                return
            yield kind, body


@contextmanager
def _chunker_process() -> Iterator[Chunker]:
    """The process, without our settings and secrets in its environment; killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "workbook_chunker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # It might quote what it reads.
        env={"PYTHONPATH": str(HERE), "MALLOC_ARENA_MAX": "1"},
        cwd="/",
    )
    assert process.stdin and process.stdout  # Both are pipes.
    try:
        yield process, process.stdin, process.stdout
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        with suppress(BrokenPipeError):
            process.stdin.close()


def _read_frame(chunker: Chunker, timeout: float) -> tuple[FrameKind, bytes]:
    until = time.monotonic() + timeout
    kind, length = HEAD.unpack(_read_exactly(chunker, HEAD.size, until))
    if kind not in KINDS or length > LARGEST_FRAME:
        raise Unreadable(FileProblem.DAMAGED)
    return KINDS[kind], _read_exactly(chunker, length, until)


def _read_exactly(chunker: Chunker, length: int, until: float) -> bytes:
    process, _, stdout = chunker
    got = bytearray()
    while len(got) < length:
        ready, _, _ = select.select([stdout], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise Unreadable(FileProblem.WORKBOOK_TOO_LARGE)
        part = os.read(stdout.fileno(), length - len(got))
        if not part:
            is_over_limit = process.wait() in OVER_LIMIT
            raise Unreadable(FileProblem.WORKBOOK_TOO_LARGE if is_over_limit else FileProblem.DAMAGED)
        got += part
    return bytes(got)
