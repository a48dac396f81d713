"""A pytest plugin: `-p tests.forks --forks 3` runs the tests in three processes that are forked once all tests are
collected, since importing and collecting takes each process as long as some hundred tests."""

import gc
import itertools
import multiprocessing
import random
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait

import pytest

FORK = multiprocessing.get_context("fork")
LONGEST_FIRST = ("lengthy", "long", "browser", "slow")
READS_CODE = "product"  # The module tests.architecture.product.
gc.disable()  # Until tests run: what is imported and collected stays, and searching it takes a third longer.


def pytest_addoption(parser):
    parser.addoption("--forks", type=int, default=0, help="number of processes that run the tests")


def pytest_runtestloop(session):
    gc.enable()
    if session.config.option.forks and not session.config.option.collectonly and not session.testsfailed:
        return _Forks(session).run()
    return None  # pytest's own loop runs them, or says what could not be collected.


class _Forks:
    """Hands out the tests, the longest first and then whole files, to whichever process is free."""

    def __init__(self, session: pytest.Session):
        self._session = session
        self._config = session.config
        self._portions = _portions(session.items)
        self._next = FORK.Value("l", 0)
        self._readers: list[Connection] = []
        self._running: dict[Connection, str] = {}  # What a process is at.
        self._left = len(session.items)

    def run(self) -> bool:
        processes = [self._start() for _ in range(self._config.option.forks)]
        try:
            while self._readers:
                for reader in wait(self._readers):
                    self._take_in(reader)
        finally:
            self._next.value = len(self._portions)
            for reader in self._readers:  # Left by an error of this process: nobody reads them any more.
                reader.close()
            for process in processes:
                process.join(5)
                process.terminate()
        if self._left and not self._session.shouldfail:
            self._session.shouldfail = f"{self._left} tests were not run"
        if self._session.shouldfail:
            raise self._session.Failed(self._session.shouldfail)
        return True

    def _start(self) -> multiprocessing.Process:
        reader, writer = FORK.Pipe(duplex=False)
        self._readers.append(reader)
        process = FORK.Process(target=self._work, args=(writer,))
        process.start()
        writer.close()  # Else this process' own end would keep it open.
        return process

    def _take_in(self, reader: Connection) -> None:
        """Take in what a process says: the name of its next test, a report, or nothing more."""
        try:
            told = reader.recv()
        except EOFError:
            self._readers.remove(reader)
            if self._running.get(reader):
                self._session.shouldfail = f"a process of tests died in {self._running[reader]}"
            return
        if isinstance(told, str):
            self._running[reader] = told
            return
        report = self._config.hook.pytest_report_from_serializable(config=self._config, data=told)
        self._config.hook.pytest_runtest_logreport(report=report)
        self._left -= report.when == "teardown"
        if self._session.shouldfail:
            self._next.value = len(self._portions)

    def _work(self, writer: Connection) -> None:
        """In a process of its own: run what is handed out until nothing is left."""
        random.seed()  # Else all would draw the same ports.
        for reader in self._readers:
            reader.close()  # Else no process would notice that the one which reads is gone.
        self._config.workerinput = {}  # By this, plugins know that reports and caches are another's.
        self._config.pluginmanager.unregister(name="terminalreporter")
        capture = self._config.pluginmanager.getplugin("capturemanager")
        capture.stop_global_capturing()  # Its files are those of the process that was forked.
        capture.start_global_capturing()
        self._config.pluginmanager.register(_Sender(self._config, writer))
        try:
            for item, following in itertools.pairwise(itertools.chain(self._handed_out(), [None])):
                writer.send(item.nodeid)
                self._config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except KeyboardInterrupt:
            pass  # The process that was forked has it, too, and says so.
        finally:
            exit_code = pytest.ExitCode.TESTS_FAILED if self._session.testsfailed else pytest.ExitCode.OK
            self._config.hook.pytest_sessionfinish(session=self._session, exitstatus=exit_code)
            capture.stop_global_capturing()  # An error of pytest's own is seen.
        writer.send("")

    def _handed_out(self) -> Iterator[pytest.Item]:
        while not self._session.shouldfail:
            with self._next.get_lock():
                number = self._next.value
                self._next.value += 1
            if number >= len(self._portions):
                return
            yield from self._portions[number]


class _Sender:
    """Sends each report to the process that was forked."""

    def __init__(self, config: pytest.Config, writer: Connection):
        self._config = config
        self._writer = writer

    def pytest_runtest_logreport(self, report):
        self._writer.send(self._config.hook.pytest_report_to_serializable(config=self._config, report=report))


def _portions(items: list[pytest.Item]) -> list[list[pytest.Item]]:
    """What is handed out at a time: the longest first, so that no process is left with one; others by their file, but
    those that read the product's code together, since each process would have to parse it."""
    parts: dict[tuple[int, str], list[pytest.Item]] = {}
    for item in items:
        marks = [item.get_closest_marker(name) for name in LONGEST_FIRST]
        rank = next((rank for rank, mark in enumerate(marks) if mark), len(marks))
        is_alone = rank < LONGEST_FIRST.index("slow")
        if hasattr(item.module, READS_CODE) and not is_alone:
            rank, together = LONGEST_FIRST.index("slow"), READS_CODE
        else:
            together = item.nodeid if is_alone else str(item.path)
        parts.setdefault((rank, together), []).append(item)
    return [parts[key] for key in sorted(parts, key=lambda key: key[0])]
