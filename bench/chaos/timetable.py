"""What goes wrong, one after the other, while people decide."""

import base64
import math
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import SimpleNamespace

from bench.chaos import machines
from bench.chaos.machines import killed
from bench.chaos.people import Crowd
from tests.processes import ROOT
from tests.servers import RunningSandbox
from tests.stories.test_previous_release import unpack_previous_release

HELD = 15.0  # Seconds that a fault lasts.
SHORT = 3.0
Happens = Callable[[], AbstractContextManager]
Fault = tuple[str, Happens, float]  # The name, what happens, and how long it lasts.
World = SimpleNamespace  # All there is, by name: bench/chaos/__main__.py.


def plan(world: World, only: str) -> list[Fault]:
    """What happens, in its order; of it what is named so."""
    return [fault for fault in (*_faults(world), *_releases(world), *_keys(world)) if re.search(only, fault[0])]


def run(planned: list[Fault], world: World, crowd: Crowd, decisions: int) -> dict[str, float]:
    """Let it happen, evenly over the decisions; seconds until all was well again, by fault."""
    well = {}
    for number, (name, happens, lasts) in enumerate(planned, start=1):
        while crowd.decided < decisions * number / (len(planned) + 2) and crowd.is_there:
            time.sleep(0.2)
        crowd.during, crowd.limit = name, decisions * (number + 1) / (len(planned) + 2)  # Some are left for the others.
        print(f"{crowd.decided:7,} decisions: {name}", file=sys.stderr, flush=True)
        with happens():
            time.sleep(lasts)
        well[name] = world.first.wait() + world.second.wait()
        crowd.during = "nothing"
    crowd.limit = math.inf
    return well


def _faults(world: World) -> Iterator[Fault]:
    first, second = world.first, world.second
    restart = world.primary.restart
    yield "web of machine 1 killed", partial(killed, first.web), HELD
    yield "a worker of web 2 killed", _done(second.web.kill_a_child), HELD
    yield "both web processes killed", partial(killed, first.web, second.web), HELD
    yield "both forwarders killed", partial(killed, first.forwarder, second.forwarder), HELD
    yield "worker of machine 1 killed", partial(killed, first.worker), HELD
    yield "machine 1 without power", partial(killed, first), HELD
    yield "network of machine 2 cut", partial(machines.cut, second.name), HELD
    yield "the same, and PostgreSQL restarted meanwhile", partial(machines.cut, second.name, restart), HELD
    yield "PostgreSQL restarted (fast)", _done(partial(restart, signal.SIGINT)), HELD
    yield "PostgreSQL restarted (immediate)", _done(restart), HELD
    yield "PostgreSQL killed, away", partial(world.primary.away, signal.SIGKILL), HELD
    yield "Valkey killed, away", partial(killed, world.valkey), HELD
    yield "disk of machine 1 full", partial(machines.full, first.folder), HELD
    yield "clock of machine 2 a day ahead", partial(machines.off_by, 1, world.clock), HELD
    yield "clock of machine 2 a day behind", partial(machines.off_by, -1, world.clock), HELD
    yield "İYS half dead", partial(machines.between, partial(_spoil, world.iys), world.iys.mend), 2 * HELD
    yield "İYS killed, away", partial(killed, world.sandbox), HELD
    yield "replica stands still", world.replica.paused, HELD


def _releases(world: World) -> Iterator[Fault]:
    """The release before on this schema, this one, back, and this one again; machine by machine."""
    old = unpack_previous_release(world.folder / "previous")
    for words, code in (("release before", old), ("upgrade", ROOT), ("rollback", old), ("upgrade again", ROOT)):
        for machine in (world.first, world.second):
            yield f"{words}: {machine.name}", _done(partial(machine.restart, code)), SHORT


def _keys(world: World) -> Iterator[Fault]:
    """The vault's key changes as docs/operators.md says."""
    old, new = world.first.environ["VAULT_KEYS"], "2:" + base64.b64encode(secrets.token_bytes(32)).decode()
    rotate = [*machines.inside(world.first.name), sys.executable, "-m", "flask", "--app", "wsgi", "vault", "rotate"]
    for words, keys in (("known", f"{old},{new}"), ("first", f"{new},{old}"), ("alone", new)):
        if keys == new:
            rotates = partial(
                subprocess.run, rotate, cwd=ROOT, env=world.first.environ, check=True, stdout=subprocess.DEVNULL
            )
            yield "vault rotate", _done(rotates), SHORT
        for machine in (world.first, world.second):
            yield f"new key {words}: {machine.name}", _done(partial(machine.restart, VAULT_KEYS=keys)), SHORT


def _spoil(iys: RunningSandbox) -> None:
    """Of ten calls two fail, two are taken and lose their answer, one comes late."""
    for kind, rate in (("500", 0.2), ("reset-after-apply", 0.1), ("500-after-apply", 0.1), ("slow", 0.1)):
        iys.fault("*", kind, rate, seconds=3)


def _done(act: Callable[[], object]) -> Happens:
    return lambda: nullcontext(act())
