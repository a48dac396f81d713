"""The signed token of a point's forms: what was shown, and what was chosen so far. So nothing is asked twice, and no
cookie is needed."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from portal.core.iys_protocol import Channel, Status

LIFE = timedelta(hours=24)  # A page left open overnight goes on; an older one has its choices looked at again.
SALT = "point-form"


@dataclass(frozen=True)
class Selection:
    """What a person chose on a point's page, and which text it showed, in which language, when."""

    text_id: int
    language: str
    served_at: datetime
    choices: dict[Channel, Status] = field(default_factory=dict)
    name: str = ""
    receipts: tuple[str, ...] = ()  # The codes of what was decided for another address before.

    @property
    def facts(self) -> dict:
        """As it is kept, sealed, beside the code that was sent."""
        return {
            "text": self.text_id,
            "language": self.language,
            "served": int(self.served_at.timestamp() * 1000),
            "choices": {channel.value: status.value for channel, status in self.choices.items()},
            "name": self.name,
            "receipts": list(self.receipts),
        }

    def is_fresh(self, at: datetime) -> bool:
        """Whether what was shown is recent enough to be decided by."""
        return timedelta(0) <= at - self.served_at <= LIFE


def from_facts(facts: dict) -> Selection:
    """What was kept."""
    return Selection(
        text_id=facts["text"],
        language=facts["language"],
        served_at=datetime.fromtimestamp(facts["served"] / 1000, UTC),
        choices={Channel(channel): Status(status) for channel, status in facts["choices"].items()},
        name=facts["name"],
        receipts=tuple(facts["receipts"]),
    )


def sign(point_id: int, chosen: Selection) -> str:
    """A token for a form of this point; two servings never have the same."""
    return _signer().dumps([point_id, secrets.randbits(32), chosen.facts])


def read(token: str, point_id: int) -> Selection | None:
    """What a posted token says, however old; None where it is damaged, of another point, or none at all."""
    try:
        signed_point, _, facts = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return from_facts(facts) if signed_point == point_id else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=SALT)
