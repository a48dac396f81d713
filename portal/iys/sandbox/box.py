"""What the doors of the sandbox share: its file, its faults, its limits and its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from .faults import Faults
from .limits import Pace
from .store import Store


@dataclass(frozen=True)
class Box:
    """One İYS in a box. `expiry_status`: İYS documents H467 both as 422 and as 400."""

    store: Store
    faults: Faults
    pace: Pace
    clock: Callable[[], datetime]
    expiry_status: int
    token_calls_per_hour: int


def box() -> Box:
    """The box of the running app."""
    return current_app.extensions["sandbox"]
