"""Pytest plugin of mutation.py: sees which functions each test reaches, then tries each change in a fork.

A change meets the tests that reach its function until one fails. The forks share what was imported, collected and
migrated once.
"""

import json
import os
import signal
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name

FIRST_TESTS = 20  # For one change: as different as can be, since most changes are noticed by one of them.
CPU_SECONDS, SECONDS = 60, 600  # For one change; then it runs in circles, or waits for ever.
PROCESSES = len(os.sched_getaffinity(0))

Tests = dict[str, list[pytest.Item]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise session.Interrupted("Not all tests could be collected.")
    tests = _tests_by_function(session.items)
    changes = json.loads(Path("changes.json").read_text())
    Path("verdicts.json").write_text(json.dumps(_try_all(changes, tests, session.items[-1])))
    return True


def _tests_by_function(items: list[pytest.Item]) -> Tests:
    """Run each test once, unchanged; the tests that reach each function, in the order in which they are tried."""
    set_mutant_under_test("stats")
    reached: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
    for place, item in enumerate(items):
        state()._stats.clear()
        began = time.process_time()
        following = items[(place + 1) % len(items)]  # After the last too, since fixtures of the session shall stay.
        if not _passes(item, following):
            pytest.exit(f"{item.nodeid} fails without any change.", 1)
        for function in state()._stats:
            reached[function].append((len(state()._stats), time.process_time() - began, place))
    set_mutant_under_test("")
    return {function: [items[place] for *_, place in _spread(sorted(tests))] for function, tests in reached.items()}


def _spread(tests: list[tuple[int, float, int]]) -> list[tuple[int, float, int]]:
    """First some tests out of the whole range, from those that reach few functions to those that reach many."""
    step = max(1, len(tests) // FIRST_TESTS)
    return [test for first in range(step) for test in tests[first::step]]


def _passes(item: pytest.Item, following: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, nextitem=following, log=False))


def _try_all(changes: list[str], tests: Tests, last: pytest.Item) -> dict[str, str]:
    verdicts: dict[str, str] = {}
    running: dict[int, str] = {}
    for change in changes:
        if len(running) == PROCESSES:
            _wait(running, verdicts)
        chosen = tests.get(mangled_name_from_mutant_name(change), [])
        if not chosen:
            verdicts[change] = "untested"
        elif child := os.fork():
            running[child] = change
        else:
            _try(change, [*chosen, last])
    while running:
        _wait(running, verdicts)
    print(Counter(verdicts.values()))
    return verdicts


def _try(change: str, tests: list[pytest.Item]) -> None:
    """Run tests until one fails, and end this process with 1 if one does."""
    for number, timer, seconds in (
        (signal.SIGPROF, signal.ITIMER_PROF, CPU_SECONDS), (signal.SIGALRM, signal.ITIMER_REAL, SECONDS),
    ):  # fmt: skip
        signal.signal(number, signal.SIG_DFL)
        signal.setitimer(timer, seconds)
    failed = True
    try:
        set_mutant_under_test(change)
        failed = not all(_passes(item, following) for item, following in pairwise(tests))
    finally:
        os._exit(failed)


def _wait(running: dict[int, str], verdicts: dict[str, str]) -> None:
    child, status = os.wait()
    verdict = {0: "unnoticed", 1: "noticed"}
    verdicts[running.pop(child)] = verdict[os.WEXITSTATUS(status)] if os.WIFEXITED(status) else "too late"
