"""The programs of bin/dev: their commands and the settings they share."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "127.0.0.1"
HERE = "localhost"  # In every URL: cookies of one name do not reach the other, and passkeys need a name.
# İYS's code of the demo's newcomer, for whom the partner acts at the sandbox once the code is entered.
PARTNER = "ortak:ortak:9001:731845 Yeni Ticaret Limited Şirketi"
PYTHON = sys.executable


@dataclass(frozen=True)
class Program:
    """One program under the supervisor; with a port when it serves HTTP."""

    name: str
    command: list[str]
    port: int | None = None

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.port}"


def settings(given: Mapping[str, str], instance: Path, port: int) -> dict[str, str]:
    """Settings of a development run, without secrets; exported ones win, except for the port."""
    code = given.get("IYS_CODE") or "700001"
    defaults = {
        "DEVELOPMENT": "1",
        "HOSTS": f"{HERE},{ADDRESS}",
        "SHORT_HOSTS": "kisa.localhost",
        "LINK_BASE": f"http://{HERE}:{port}/k",
        "IYS_BASE_URL": f"http://{HERE}:{port + 1}",
        "SANDBOX_URL": "" if given.get("IYS_BASE_URL") else f"http://{HERE}:{port + 1}",
        "IYS_USERNAME": "demo",
        "IYS_PASSWORD": "demo",
        "IYS_CODE": code,
        "IYS_BRAND_CODE": code,  # The master brand has the provider's own code.
        "MESSAGE_GATEWAY_URL": f"http://{HERE}:{port + 2}",
        "GATEWAY_FILE": str(instance / "messages.db"),
        "SANDBOX_FILE": str(instance / "sandbox.db"),
        "SANDBOX_REQUESTS_PER_SECOND": "10",
        "UNDO_SECONDS": "10",
        "IMPORT_UNDO_SECONDS": "10",  # Nobody wants to wait ten minutes to see what İYS says.
        "SANDBOX_PARTNER": "" if given.get("IYS_BASE_URL") else PARTNER,
        "SANDBOX_PUSH_IN_CLEAR": "1",  # The portal of a development run has no https.
    }
    chosen = {name: given.get(name) or value for name, value in defaults.items()} | {"PORT": str(port)}
    account = ":".join(chosen[name] for name in ("IYS_USERNAME", "IYS_PASSWORD", "IYS_CODE", "IYS_BRAND_CODE"))
    chosen["SANDBOX_ACCOUNT"] = given.get("SANDBOX_ACCOUNT") or account
    if given.get("DATABASE_URL"):
        chosen["DATABASE_URL"] = given["DATABASE_URL"]
    return chosen


def programs(given: Mapping[str, str], port: int) -> list[Program]:
    """The programs of one run. With IYS_BASE_URL given there is no sandbox."""
    postgresql = given.get("DATABASE_URL", "").startswith("postgres")
    web = ["--workers=2", "--worker-class=gthread", "--threads=4"] if postgresql else ["--workers=2"]
    sandbox = _gunicorn(port + 1, "--workers=1", "--threads=8", "iys_sandbox:create_sandbox_from_environment()")
    viewer = _gunicorn(
        port + 2,
        "--workers=1",
        "--threads=16",  # A lost answer keeps one waiting.
        "portal.services.messaging.fake_gateway:create_gateway_from_environment()",
    )
    chosen = [
        Program("web", _gunicorn(port, "--preload", *web, "wsgi:app"), port),
        Program("worker", [PYTHON, "-m", "flask", "--app", "wsgi", "jobs", "work"]),
        Program("sender", [PYTHON, "-m", "flask", "--app", "wsgi", "messages", "send"]),
        Program("webhooks", [PYTHON, "-m", "flask", "--app", "wsgi", "webhooks", "send"]),
        Program("forwarder", [PYTHON, "-m", "flask", "--app", "wsgi", "iys", "forward"]),
        Program("messages", viewer, port + 2),
    ]
    if not given.get("IYS_BASE_URL"):
        chosen.append(Program("sandbox", sandbox, port + 1))
    return chosen


def _gunicorn(port: int, *options: str) -> list[str]:
    # The control socket would stand in HOME; a request that waits for the writer must not outlast its worker.
    quiet = ["--no-control-socket", "--log-level=warning", "--graceful-timeout=2", "--timeout=60"]
    return [PYTHON, "-m", "gunicorn", "--bind", f"{ADDRESS}:{port}", *quiet, *options]
