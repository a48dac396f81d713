"""What one check of the health page found."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import format_datetime

GOOD, AMBER_TONE, BAD = "good", "amber", "bad"


@dataclass(frozen=True)
class HealthCheck:
    name: str
    finding: str
    tone: str = GOOD
    cure: str = ""


def format_time(at: datetime) -> str:
    return format_datetime(at, "d MMMM HH:mm")
