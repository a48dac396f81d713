"""What the doors of the sandbox share: its file, its faults, its limits and its clock."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from iys_sandbox.clock import Clock
from iys_sandbox.faults import Faults
from iys_sandbox.limits import Pace
from iys_sandbox.store import Store


@dataclass(frozen=True)
class Box:
    """One İYS in a box. `expiry_status`: İYS documents H467 both as 422 and as 400."""

    store: Store
    faults: Faults
    pace: Pace
    clock: Clock
    expiry_status: int
    token_calls_per_hour: int
    may_push_in_clear: bool

    def second(self) -> int:
        """The present second of the sandbox's clock, as its file counts time."""
        return int(self.clock().timestamp())


def box() -> Box:
    """The box of the running app."""
    return current_app.extensions["sandbox"]


def now() -> datetime:
    """The present moment of the running app's box."""
    return box().clock()
