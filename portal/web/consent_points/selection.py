"""What a person chose so far on a point's pages, kept in a signed token: nothing is asked twice, without a cookie."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature

from portal.core.iys_protocol import Channel, Status
from portal.web.shared import form_tokens

LIFE = timedelta(hours=24)  # A page left open overnight goes on; the choices of an older one must be confirmed again.
SALT = "point-form"


@dataclass(frozen=True)
class Selection:
    """A person's choices on a point's page, and which text it showed, in which language, when."""

    text_id: int
    language: str
    served_at: datetime
    choices: dict[Channel, Status] = field(default_factory=dict)
    name: str = ""
    chosen_at: datetime | None = None  # None before.

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "Selection":
        return cls(
            text_id=facts["text"],
            language=facts["language"],
            served_at=_moment(facts["served"]),
            choices={Channel(channel): Status(status) for channel, status in facts["choices"].items()},
            name=facts["name"],
            chosen_at=_moment(facts.get("chosen") or facts["served"]) if facts["choices"] else None,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """As stored, sealed, in the address proof."""
        return {
            "text": self.text_id,
            "language": self.language,
            "served": _milliseconds(self.served_at),
            "chosen": _milliseconds(self.chosen_at) if self.chosen_at else None,
            "choices": {channel.value: status.value for channel, status in self.choices.items()},
            "name": self.name,
            "receipts": [],  # The release before reads it.
        }

    def is_fresh(self, at: datetime) -> bool:
        return timedelta(0) <= at - self.served_at <= LIFE


def sign_token(point_id: int, chosen: Selection) -> str:
    """A token for a form of this point, unique."""
    return form_tokens.signer(SALT).dumps([point_id, secrets.randbits(32), chosen.facts])


def read_token(token: str, point_id: int) -> Selection | None:
    """The content of a posted token, however old; None where it is damaged, missing, or of another point."""
    try:
        signed_point, _, facts = form_tokens.signer(SALT).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return Selection.from_facts(facts) if signed_point == point_id else None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
