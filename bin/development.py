"""bin/dev: start the whole portal, print its addresses, and stop every process at the end."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, cast

import instance
import programs
import supervision
from programs import HERE, Program

USES = {0: "the portal", 1: "the İYS sandbox", 2: "the message viewer"}  # Port, port + 1, port + 2.
OTHERS = ("manager", "agent", "developer", "auditor", "operator", "support", "newcomer")  # In dev.json, too.
STARTUP_TIMEOUT = 90  # Seconds until everything must answer.
MOST_RESTARTS = 3
POLL_PAUSE = 0.2  # Seconds.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # A proxy could not reach this machine's ports.


def main() -> None:
    """Run until stopped by Ctrl-C or SIGTERM, then exit with 0."""
    cast(TextIOWrapper, sys.stdout).reconfigure(line_buffering=True)
    port = _parse_port()
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.default_int_handler)
    folder = instance.folder()
    try:
        with instance.locked(folder):
            _run(port, folder)
    except BlockingIOError:
        sys.exit(f"bin/dev already runs on {folder}. Stop it first, or give this one a folder: INSTANCE=… bin/dev")
    except KeyboardInterrupt:
        print("\nDurduruldu · stopped.")


def _run(port: int, folder: Path) -> None:
    written = [folder / "dev.json", folder / "dev.env"]
    _remove(written)
    given = instance.environment(makes_secrets=True)
    _require_free_ports(port, given)
    settings = programs.settings(given, folder, port)
    environment = given | settings | {"PYTHONUNBUFFERED": "1"}
    chosen = programs.programs(given, port)
    try:
        instance.write(folder / "dev.env", instance.shell_lines(settings))
        _run_flask(environment, "db", "upgrade")
        facts = json.loads(_run_flask(environment, "demo", "seed").splitlines()[-1])
        with supervision.running(chosen, folder, environment) as supervisor:
            _wait_until_healthy(supervisor, chosen)
            addresses = _addresses(facts, chosen)
            instance.write(folder / "dev.json", json.dumps(addresses, ensure_ascii=False, indent=2) + "\n")
            print(_welcome_text(addresses, settings))
            _follow_output(supervisor)
    finally:
        _remove(written)


def _parse_port() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/dev",
        description="Run the whole portal for development: web, worker, forwarder, İYS sandbox and message viewer.",
        epilog="Settings come from the environment; IYS_BASE_URL, for one, replaces the sandbox by another İYS.",
    )
    help_text = "the portal's port; the next two are the sandbox's and the message viewer's (default: $PORT, or 8000)"
    parser.add_argument("--port", type=int, default=os.environ.get("PORT") or 8000, help=help_text)
    port: int = parser.parse_args().port
    if not 1 <= port <= 65533:
        parser.error(f"{port} is not a port from 1 to 65533.")
    return port


def _require_free_ports(port: int, given: Mapping[str, str]) -> None:
    for step, use in USES.items():
        if step == 1 and given.get("IYS_BASE_URL"):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HERE, port + step))
            except OSError as refusal:
                sys.exit(
                    f"Port {port + step} (for {use}) cannot be used: {refusal.strerror}. "
                    f"Choose another, for example bin/dev --port {port + 1000 if port < 64000 else 8000}."
                )


def _run_flask(environment: Mapping[str, str], *words: str) -> str:
    """Run a command of the portal and return what it printed; show all of it where it failed."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    step = subprocess.Popen(
        command,
        cwd=instance.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        printed, complaints = step.communicate()
    except BaseException:
        step.kill()
        step.wait()
        raise
    if step.returncode:
        sys.exit(f"{printed}{complaints}flask {' '.join(words)} failed (exit code {step.returncode}).")
    return printed


def _wait_until_healthy(supervisor: supervision.Supervisor, chosen: list[Program]) -> None:
    give_up_at = time.monotonic() + STARTUP_TIMEOUT
    silent = [program for program in chosen if program.port]
    while silent or not supervisor.all_started():
        supervisor.show_output()
        for name, deaths in supervisor.deaths().items():
            if deaths >= MOST_RESTARTS:
                sys.exit(f"\n{name} ended {deaths} times. The last it said:\n{supervisor.last_lines(name)}")
        if not supervisor.is_running():
            sys.exit("supervisord ended by itself; what it said stands above.")
        if time.monotonic() > give_up_at:
            late = ", ".join(f"{program.name} ({program.url})" for program in silent) or "a program"
            sys.exit(f"After {STARTUP_TIMEOUT} s this is still not up: {late}.")
        silent = [program for program in silent if not _is_healthy(program)]
        time.sleep(POLL_PAUSE)


def _is_healthy(program: Program) -> bool:
    try:
        with DIRECT.open(f"{program.url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _addresses(facts: Mapping[str, str], chosen: list[Program]) -> dict[str, Any]:
    """Content of dev.json: addresses and the people of every role. The sandbox is None where IYS_BASE_URL is given."""
    urls = {program.name: f"{program.url}/" for program in chosen if program.port}
    return {
        "dashboard": f"{urls['web']}dashboard/",
        "console": f"{urls['web']}operator/",
        **facts,
        "sandbox": urls.get("sandbox"),
        "messages": urls["messages"],
    }


def _welcome_text(addresses: Mapping[str, Any], settings: Mapping[str, str]) -> str:
    elsewhere = f"{settings['IYS_BASE_URL']} (sandbox başlatılmadı · no sandbox started)"
    others = "\n".join(f"  {word:<29}{addresses[word]['email']}  {addresses[word]['password']}" for word in OTHERS)
    return f"""
  İzinlink hazır · is ready                   (durdurmak için · to stop: Ctrl-C)

  Panel · dashboard            {addresses["dashboard"]}
  Giriş · sign in              {addresses["email"]}  {addresses["password"]}
  Kod · code                   bin/flask demo code [--email …]
{others}
  Cem'in İYS kodu · Cem's code {addresses.get("iys_code", "–")}
  Kişisel link · personal link {addresses["link"]}
  İzin noktası · consent point {addresses["point"]}
  İYS                          {addresses["sandbox"] or elsewhere}
  İletiler · messages          {addresses["messages"]}
"""


def _follow_output(supervisor: supervision.Supervisor) -> None:
    while supervisor.is_running():
        supervisor.show_output()
        time.sleep(POLL_PAUSE)
    sys.exit("supervisord ended by itself.")


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()


if __name__ == "__main__":
    main()
