"""Prepare .venv (its Python, the locked packages, compiled translations), then execute its Python.

Usage: prepare.py REQUIREMENTS ARGUMENT…  Standard library only: on the first run there is nothing else.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"  # Exists during an installation: pip would take what it left half done for done.
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # The Python below .venv, also when we run in .venv.


def main(requirements: str, *arguments: str) -> None:
    """Prepare everything, one run at a time, then execute .venv's Python with these arguments."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell script's `&` would have it ignored.
    with locked():
        if not is_usable():
            make_venv()
        if not is_installed(ROOT / requirements):
            install(ROOT / requirements)
        compile_translations()
    os.execv(PYTHON, [str(PYTHON), *arguments])


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Lock the checkout's folder, so that two runs that start together do not install over each other."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another run is making .venv ready; waiting for it.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def is_usable() -> bool:
    """Whether .venv is complete, runs, and has the Python that was asked for."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    if Path(sys.prefix) == VENV:
        return True
    shown = subprocess.run([PYTHON, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
    if "PYTHON" in os.environ:
        return shown.stdout.split() == [str(part) for part in sys.version_info[:2]]
    return shown.returncode == 0


def make_venv() -> None:
    """Create .venv anew with the Python that runs this."""
    ensure_venv_support()
    say(f"Making .venv with Python {sys.version_info.major}.{sys.version_info.minor}.")
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    UNFINISHED.touch()
    run([BASE_PYTHON, "-m", "venv", VENV])


def ensure_venv_support() -> None:
    """Install Debian's package for venv as root where it is missing, otherwise say what to install."""
    try:
        import ensurepip

        ensurepip.version()
        return
    except (ImportError, AttributeError):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"This Python cannot make a virtual environment. On Debian or Ubuntu: sudo apt install {package}")
    say(f"Installing {package} with apt, because this Python cannot make a virtual environment without it.")
    run(["apt-get", "-qq", "update"])
    run(["apt-get", "-qq", "install", "-y", package], env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def is_installed(requirements: Path) -> bool:
    """Whether exactly this lock file was installed completely."""
    stamp = stamp_of(requirements)
    return stamp.exists() and stamp.read_text() == digest_of(requirements) and not UNFINISHED.exists()


def install(requirements: Path) -> None:
    """Install a lock file; each package must have the hash that it names."""
    say(f"Installing the packages of {requirements.name} into .venv; the first time this takes up to a minute.")
    UNFINISHED.touch()
    digest = digest_of(requirements)
    pip: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run([*pip, "install", "--quiet", "--require-hashes", "--requirement", requirements])
    stamp_of(requirements).write_text(digest)
    UNFINISHED.unlink()


def stamp_of(requirements: Path) -> Path:
    return VENV / f"{requirements.name}.sha256"


def digest_of(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def compile_translations() -> None:
    """Compile the catalogues when one is newer than its compiled file."""
    catalogues = list((ROOT / "translations").glob("*/LC_MESSAGES/*.po"))
    if any(is_stale(catalogue) for catalogue in catalogues):
        compile_all: list[str | Path] = [PYTHON, "-m", "babel.messages.frontend", "--quiet", "compile"]
        run([*compile_all, "--directory", ROOT / "translations"])


def is_stale(catalogue: Path) -> bool:
    compiled = catalogue.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < catalogue.stat().st_mtime


def run(command: Sequence[str | Path], **options: Any) -> None:
    """Run a command. A failure ends this run; an interruption ends the command too."""
    step = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, **options)
    try:
        status = step.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(step.pid, signal.SIGTERM)
        step.wait()
        raise
    if status:
        sys.exit(f"This step failed (exit code {status}): {' '.join(map(str, command))}")


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
