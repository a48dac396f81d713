"""The instance folder with this installation's secrets, which bin/dev makes on its first run and never changes.

As a program it executes Python with the instance's settings, and makes none: instance.py ARGUMENT…
"""

import base64
import contextlib
import fcntl
import os
import secrets
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """The folder (INSTANCE, or instance/ of the checkout); created with mode 700 when it is missing."""
    path = Path(os.environ.get("INSTANCE") or ROOT / "instance").absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def environment(*, makes_secrets: bool = False) -> dict[str, str]:
    """The environment for the portal: what is exported wins, then a running bin/dev's settings, then the secrets."""
    instance = folder()
    settings: dict[str, str] = {}
    if makes_secrets and not (instance / "env").exists():
        _make_secrets(instance / "env")
    for name in ("env", "dev.env"):
        with contextlib.suppress(FileNotFoundError):
            settings |= _read(instance / name)
    return settings | os.environ | {"INSTANCE": str(instance)}


def write(path: Path, text: str) -> None:
    """Write a private file atomically."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def shell_lines(settings: dict[str, str]) -> str:
    """Settings as lines that a shell can source."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())


@contextlib.contextmanager
def locked(instance: Path) -> Iterator[None]:
    """Lock the folder for one bin/dev. Raises BlockingIOError where another one has it."""
    held = os.open(instance, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(held)


def _make_secrets(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    made = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "LINK_SALT": secrets.token_urlsafe(32),
        "VAULT_KEYS": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    draft.touch(mode=0o600)
    draft.write_text(shell_lines(made))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # Unlike a rename, this never replaces secrets that another run made meanwhile.
    draft.unlink()


def _read(path: Path) -> dict[str, str]:
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


if __name__ == "__main__":
    os.execve(sys.executable, [sys.executable, *sys.argv[1:]], environment())
