"""bin/bench chaos: two machines, every fault there is while people decide, and the proof."""

import argparse
import base64
import contextlib
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.chaos import machines, postgres, proof, timetable
from bench.chaos.machines import OURS, Namespace
from bench.chaos.people import Crowd
from bench.chaos.timetable import World
from bench.environments import phone_list, portal
from tests import make
from tests.processes import Program, free_ports
from tests.servers import RunningSandbox
from tests.stories.crowd import WAYS
from tests.stories.machines import MAIN, SHORT, Database, nginx

A_PERSON = 2 * sum(map(len, WAYS)) / len(WAYS)  # Decisions: of two channels each time.
A_FAULT = 35.0  # Seconds of decisions for each fault at least.


def main(words: list[str]) -> None:
    """Exit with 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="bin/bench chaos", description=__doc__.partition(": ")[2])
    parser.add_argument("decisions", nargs="?", type=int, help="100,000 without this")
    parser.add_argument("--quick", action="store_true", help="3,000 decisions")
    parser.add_argument("--only", default="", metavar="PATTERN", help="faults whose name holds this")
    chosen = parser.parse_args(words)
    decisions = chosen.decisions or (3000 if chosen.quick else 100_000)
    machines.require()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that nothing is left behind.
    begun, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="izchaos-") as folder, _world(Path(folder)) as (world, settings):
        with portal(settings) as app:
            links = make.codes(app, phone_list(round(decisions / A_PERSON)))
        planned = timetable.plan(world, chosen.only)
        crowd = Crowd(list(links.values()), A_FAULT * (len(planned) + 2), world.proxy, Path(folder) / "both.pem")
        well = timetable.run(planned, world, crowd, decisions)
        crowd.join()
        took = time.monotonic() - begun
        with portal(settings | {"VAULT_KEYS": world.first.environ["VAULT_KEYS"]}) as app:
            drained = proof.wait_until_drained(app)
            promises = list(proof.promises(app, world, crowd))
    _print_faults(crowd, well)
    print(f"\n{crowd.decided:,} decisions in {took:.0f} s; {drained:.0f} s later nothing waited for İYS.")
    print(f"Load average {load:.0f} at the start, {os.getloadavg()[0]:.0f} at the end.\n")
    for text, wrong in promises:
        print("\n        ".join([f"{'BROKEN' if wrong else 'kept'}: {text}", *(str(each)[:600] for each in wrong[:5])]))
    sys.exit(any(wrong for _, wrong in promises))


def _print_faults(crowd: Crowd, well: dict[str, float]) -> None:
    print("| while | answers | longest wait for a receipt, s | well again after, s |\n| --- | --- | --- | --- |")
    for name in ["nothing", *well]:
        answers = ", ".join(f"{count:,} × {said}" for said, count in sorted(crowd.answers[name].items()))
        print(f"| {name} | {answers} | {crowd.longest[name]:.1f} | {well.get(name, 0):.1f} |")


@contextlib.contextmanager
def _world(folder: Path) -> Iterator[tuple[World, dict[str, str]]]:
    """Everything, running; and the settings by which this process looks at it."""
    iys, (tls, redirect) = f"http://{OURS}:8001", free_ports(2)
    kept = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "LINK_SALT": secrets.token_urlsafe(32),
        "VAULT_KEYS": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "HOSTS": MAIN, "SHORT_HOSTS": SHORT, "LINK_BASE": f"https://{SHORT}", "PROXY_HOPS": "1", "UNDO_SECONDS": "5",
        "IYS_BASE_URL": iys, "IYS_REQUESTS_PER_SECOND": "0", "DEVELOPMENT": "1",  # İYS without TLS.
    }  # fmt: skip
    environ = os.environ | kept | {
        "DATABASE_URL": f"postgresql://izinlink@{OURS}/izinlink", "DATABASE_POOL_SIZE": "5",
        "DATABASE_POOL_OVERFLOW": "0", "RATELIMIT_STORAGE_URI": f"redis://{OURS}:6379/0",
        "PYTHONUNBUFFERED": "1", "SANDBOX_FILE": str(folder / "sandbox.db"), "SANDBOX_REQUESTS_PER_SECOND": "0",
        "SANDBOX_ACCOUNT": f"{make.USERNAME}:{make.PASSWORD}:{make.IYS_CODE}:{make.BRAND_CODE}",
    }  # fmt: skip
    counting = ["valkey-server", "--bind", OURS, "--protected-mode", "no", "--save", "", "--dir", str(folder)]
    serving = [sys.executable, "-m", "gunicorn", "--bind", iys.removeprefix("http://"), "--no-control-socket"]
    serving += ["--threads=8", "iys_sandbox:create_sandbox_from_environment()"]
    valkey, sandbox = Program(counting, environ, folder / "valkey"), Program(serving, environ, folder / "sandbox")
    with contextlib.ExitStack() as ending:
        ending.enter_context(machines.two_machines(folder))
        primary, replica = ending.enter_context(postgres.primary_and_replica(kept))
        clocks = dict[str, str](), machines.own_clock(folder / "clock")
        environs = [environ | clock for clock in clocks]
        first, second = map(Namespace, machines.NAMES, machines.MACHINES, environs, [folder, folder])
        for each in (valkey, sandbox, first, second):
            ending.callback(each.kill)
            each.start()
        for each in (first, second):
            each.wait()
        ending.enter_context(nginx([first.web_address, second.web_address], tls, redirect, folder))
        socket = Database(str(primary.folder)).url("izinlink")
        world = World(first=first, second=second, primary=primary, replica=replica, valkey=valkey, sandbox=sandbox)
        vars(world).update(iys=RunningSandbox(iys, None), clock=folder / "clock", folder=folder, proxy=tls)
        yield world, kept | {"DATABASE_URL": socket, "INSTANCE": str(folder)}


if __name__ == "__main__":
    main(sys.argv[1:])
