"""bin/test: lint, type check, then the tests on SQLite and on PostgreSQL; exit code 0 only if all passed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import postgres, statements  # noqa: E402  (found by the path above)

# The first has no windows to draw: each page takes it half the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DATABASES = ("TEST_DATABASE_URL", "DATABASE_URL")
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"  # With it each process would rewrite hundreds of test files.
MEMORY = Path("/dev/shm")  # nosec B108: Linux keeps this folder in memory.
PRODUCT = ("portal", "shortlinks", "iys_sandbox", "bin", "config.py", "wsgi.py")
# Checks with their titles.
WHILE_ALL_IS_COLLECTED = (("ruff", "ruff", "check"), ("ruff format", "ruff", "format", "--check"), ("mypy", "mypy"))
WHILE_A_SERVER_STARTS = ("bandit", "bandit", "-q", "-c", "pyproject.toml", "-r", *PRODUCT)
# One more than there are cores, since some test always waits for a page, a program or the server.
CORES = len(os.sched_getaffinity(0))
WORKERS = ("-p", "tests.forks", f"--forks={CORES + 1}")
ON_SQLITE = "not long and not document"
ON_SERVER = f"{ON_SQLITE} and not browser and not alike"
# Long walks, most of them in English, took place on SQLite.
LONG_ON_SERVER = "not document and not (long and browser)"
NO_DOCUMENT = 3  # The exit code where there was nothing to compare with.
WAITS_FOR_NO_DISK = ("fsync = off", "full_page_writes = off")
MEMORY_NEEDED = 1024**3  # Bytes; a container may have less.


def main() -> None:
    """Run one of the suites: fast, long, contract, or (by default) everything but the long tests."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    suite, chosen = _suite_and_arguments(sys.argv[1:])
    if suite == "contract":
        os.environ["IYS_OPENAPI"] = str(_openapi_document())
    os.chdir(ROOT)
    if suite not in ("fast", "contract"):
        os.environ["CHROMIUM"] = _chromium()
    failed = [name for name, went_well in _steps(suite, chosen) if not went_well]
    if failed:
        sys.exit(f"\nFailed: {', '.join(failed)}.")


def _suite_and_arguments(words: list[str]) -> tuple[str, list[str]]:
    suite = words.pop(0) if words and words[0] != "--" else ""
    return suite, words[1:]


def _steps(suite: str, chosen: list[str]) -> Iterator[tuple[str, bool]]:
    folder = _memory_folder()
    if suite == "fast":
        quick = "not long and not document and not slow and not browser"
        yield "SQLite", _pytest(*WORKERS, "-m", quick, *chosen, folder=folder)
        return
    if suite == "contract":
        yield "contract", _pytest("tests/contract", *chosen, folder=folder)
        return
    if suite == "long":
        _install("promtool, which checks alert rules", "promtool")
        yield "pip-audit", _run_pip_audit()
        os.environ["ALL_EXAMPLES"] = "1"
        yield "SQLite", _pytest(*WORKERS, "-m", "long or generated", *chosen, folder=folder)
        with _postgresql() as url:
            yield "PostgreSQL", _pytest(*WORKERS, "-m", LONG_ON_SERVER, *chosen, database=url, folder=folder)
        return
    with tempfile.TemporaryDirectory() as place:
        os.environ["TEST_STATEMENTS"] = place
        with _running_checks(*WHILE_ALL_IS_COLLECTED) as checks:
            yield "SQLite", _pytest(*WORKERS, "-m", ON_SQLITE, *chosen, folder=folder)
            yield from _results(checks)
        # Without other files there is less to collect.
        files = sorted({name.partition("::")[0] for name in statements.chosen(Path(place))})
        with _running_checks(WHILE_A_SERVER_STARTS) as checks, _postgresql() as url:
            yield "PostgreSQL", _pytest(*WORKERS, "-m", ON_SERVER, *files, *chosen, database=url, folder=folder)
            yield from _results(checks)


class Check:
    """A program that reads the code while the tests run. What it finds is printed once they have ended."""

    def __init__(self, title: str, *command: str):
        self.title = title
        self._program = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0,
        )  # fmt: skip

    def went_well(self) -> bool:
        """Wait for its end, print its findings, and return whether there are none."""
        findings, _ = self._program.communicate()
        is_well = self._program.returncode == 0
        print(f"\n— {self.title}\n{'Nothing found.' if is_well else findings}", flush=True)
        return is_well

    def stop(self) -> None:
        if self._program.poll() is None:
            os.killpg(self._program.pid, signal.SIGINT)
            self._program.communicate()


@contextlib.contextmanager
def _running_checks(*commands: tuple[str, ...]) -> Iterator[list[Check]]:
    """Start linters or the type check beside the tests, which leave other cores idle until they are collected."""
    checks = [Check(*command) for command in commands]
    try:
        yield checks
    finally:
        for check in checks:
            check.stop()


def _results(checks: list[Check]) -> Iterator[tuple[str, bool]]:
    for check in checks:
        yield check.title, check.went_well()


def _run_pip_audit() -> bool:
    """Whether no package has a known vulnerability; says so loudly where no service could be asked."""
    print("\n— pip-audit", flush=True)
    command = [sys.executable, "-m", "pip_audit", "-f", "json", "--require-hashes", "--disable-pip"]
    audit = subprocess.run([*command, "-r", "requirements.txt"], capture_output=True, text=True, process_group=0)
    try:
        packages = json.loads(audit.stdout)["dependencies"]
    except ValueError:
        print(f"NOT AUDITED, no service could be asked: {audit.stderr[-500:]}", flush=True)
        return True
    weak = [
        f"{each['name']} {each['version']}: {weakness['id']}" for each in packages for weakness in each.get("vulns", [])
    ]
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    print(f"{len(packages) - len(unknown)} packages audited.", *weak, sep="\n", flush=True)
    if unknown:
        print(f"NOT AUDITED, the service here does not know them: {', '.join(unknown)}.", flush=True)
    return not weak


def _openapi_document() -> Path:
    """Path of İYS's OpenAPI document, which is İYS's own and so not part of this repository."""
    named = os.environ.get("IYS_OPENAPI")
    if named and Path(named).is_file():
        return Path(named).absolute()
    said = f"IYS_OPENAPI names no file: {named}" if named else "IYS_OPENAPI is not set"
    print(f"{said}. Nothing was compared: IYS_OPENAPI=path/to/openapi.json bin/test contract", file=sys.stderr)
    sys.exit(NO_DOCUMENT)


def _postgresql() -> contextlib.AbstractContextManager[str]:
    """The database that the environment names, or a temporary one, whose commits wait for no disk."""
    named = next((os.environ[name] for name in DATABASES if os.environ.get(name)), None)
    return contextlib.nullcontext(named) if named else postgres.running_postgres(*WAITS_FOR_NO_DISK)


def _memory_folder() -> Path | None:
    """A folder in memory, where no commit waits for a disk; None where there is none."""
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED
    return MEMORY if has_room else None


def _pytest(*arguments: str, database: str | None = None, folder: Path | None = None) -> bool:
    environment = {name: value for name, value in os.environ.items() if name not in (*DATABASES, NO_BYTECODE)}
    if database:
        environment["TEST_DATABASE_URL"] = database
    if folder:
        environment["PYTEST_DEBUG_TEMPROOT"] = str(folder)
    title = "tests on PostgreSQL" if database else "tests on SQLite"
    return _step(title, sys.executable, "-m", "pytest", *arguments, environment=environment)


def _step(title: str, *command: str, environment: dict[str, str] | None = None) -> bool:
    """Run a step to its end; when this run is interrupted, wait until the step has cleaned up."""
    print(f"\n— {title}", flush=True)
    step = subprocess.Popen(command, env=environment, process_group=0)
    try:
        return step.wait() == 0
    except KeyboardInterrupt:
        os.killpg(step.pid, signal.SIGINT)
        step.wait()
        raise


def _chromium() -> str:
    """Path of Chromium for the browser tests; installed by apt as root on Debian when it is missing."""
    found = os.environ.get("CHROMIUM") or _installed(*BROWSERS)
    return found or _install("chromium, for the tests that walk through the pages (or set CHROMIUM)", *BROWSERS[:2])


def _install(what: str, *packages: str) -> str:
    """The path of the first of these programs that is there; on Debian apt installs one as root, by the same name."""
    if found := _installed(*packages):
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"The tests need {what}. On Debian: apt install {packages[-1]}")
    print(f"Installing {what} with apt.", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], *(["install", "-y", each] for each in packages)):
        if not _installed(*packages):
            subprocess.run(["apt-get", "-qq", *words], env=quiet, stdin=subprocess.DEVNULL)
    return _installed(*packages) or sys.exit(f"apt could not install {packages[-1]}.")


def _installed(*programs: str) -> str | None:
    return next((path for path in map(shutil.which, programs) if path), None)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
