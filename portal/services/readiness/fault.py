"""What a check finds."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """What is wrong and what to do, as msgids with the facts that they name."""

    finding: str
    cure: str
    facts: dict[str, Any] = field(default_factory=dict)
    check: str = ""
    stops: bool = False  # What asks the database was not checked after it.
