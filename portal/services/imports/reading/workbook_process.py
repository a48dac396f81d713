"""A workbook, cut by a process of its own: bytes go in over a pipe, frames come back, and it may die without harm."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGABRT, SIGKILL, SIGXCPU

from portal.services.imports.reading.file_problems import FileProblem, Unreadable
from portal.services.imports.reading.workbook_chunker.frames import HEAD, LARGEST, Kind

PATIENCE = 180.0  # Seconds for one frame; the chunker's own share of CPU ends before.
HERE = Path(__file__).parent
PROBLEMS = {each.encode(): each for each in FileProblem}
KINDS = {each.encode(): each for each in Kind}
OUT_OF_ITS_SHARE = (-SIGABRT, -SIGKILL, -SIGXCPU)


def frames(chunks: Iterable[bytes], patience: float = PATIENCE) -> Iterator[tuple[Kind, bytes]]:
    """What the chunker says of a workbook. Raises Unreadable where it says why not, dies or falls silent."""
    with _chunker_process() as chunker:
        with suppress(BrokenPipeError):  # Why it listens no longer it says itself, or its death does.
            for chunk in chunks:
                chunker.stdin.write(chunk)
            chunker.stdin.close()
        while True:
            kind, body = _frame(chunker, patience)
            if kind == Kind.PROBLEM:
                raise Unreadable(PROBLEMS.get(body, FileProblem.DAMAGED))
            if kind == Kind.END:
                return
            yield kind, body


@contextmanager
def _chunker_process() -> Iterator[subprocess.Popen]:
    """The process, alive; it inherits neither settings nor secrets. At the end of the block it is gone."""
    chunker = subprocess.Popen(
        [sys.executable, "-P", "-m", "workbook_chunker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # It might quote what it reads.
        env={"PYTHONPATH": str(HERE), "MALLOC_ARENA_MAX": "1"},
        cwd="/",
    )
    try:
        yield chunker
    finally:
        chunker.kill()
        chunker.wait()
        chunker.stdout.close()
        with suppress(BrokenPipeError):
            chunker.stdin.close()


def _frame(chunker: subprocess.Popen, patience: float) -> tuple[Kind, bytes]:
    until = time.monotonic() + patience
    kind, length = HEAD.unpack(_exactly(chunker, HEAD.size, until))
    if kind not in KINDS or length > LARGEST:
        raise Unreadable(FileProblem.DAMAGED)
    return KINDS[kind], _exactly(chunker, length, until)


def _exactly(chunker: subprocess.Popen, length: int, until: float) -> bytes:
    got = bytearray()
    while len(got) < length:
        ready, _, _ = select.select([chunker.stdout], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise Unreadable(FileProblem.WORKBOOK_TOO_LARGE)
        part = os.read(chunker.stdout.fileno(), length - len(got))
        if not part:
            is_out = chunker.wait() in OUT_OF_ITS_SHARE
            raise Unreadable(FileProblem.WORKBOOK_TOO_LARGE if is_out else FileProblem.DAMAGED)
        got += part
    return bytes(got)
