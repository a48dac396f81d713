"""What the views of the sandbox share: its file, faults, limits and clock."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from iys_sandbox.clock import Clock
from iys_sandbox.faults import Faults
from iys_sandbox.limits import RateLimit
from iys_sandbox.store import Store


@dataclass(frozen=True)
class Sandbox:
    """State and settings of one sandbox. `expiry_status`: İYS documents H467 both as 422 and as 400."""

    store: Store
    faults: Faults
    rate_limit: RateLimit
    clock: Clock
    expiry_status: int
    token_calls_per_hour: int
    may_push_in_clear: bool

    def second(self) -> int:
        """The current second of the sandbox's clock, as its file counts time."""
        return int(self.clock().timestamp())


def sandbox() -> Sandbox:
    """The sandbox of the current app."""
    return cast(Sandbox, current_app.extensions["sandbox"])


def now() -> datetime:
    """The current time of the sandbox."""
    return sandbox().clock()
