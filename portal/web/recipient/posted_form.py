"""What a form of a link's page posts: the signed token of its serving, choices per channel, and the person's name."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature

from portal.core import display_names
from portal.core.iys_protocol import Channel, Status
from portal.domain.campaigns import deception
from portal.domain.consents import ServedForm
from portal.web.shared import form_tokens

LIFE = timedelta(hours=24)  # A page left open overnight still decides; an older one asks again.
SALT = "served-form"
LONGEST_NAME = 120
# Control, zero-width and bidirectional characters: a name would not read as it was written.
CONTROL_CHARACTERS = re.compile(
    rf"[\x00-\x1f\x7f-\x9f\u200b-\u200e\u2060-\u2065\ufeff{''.join(sorted(display_names.TURNING))}]"
)


@dataclass(frozen=True)
class Posted:
    """The token of a posted form; empty where it is damaged, too old, or of another link."""

    form: ServedForm | None = None
    asked: bool = False  # The form offered grants.


def sign_token(link_id: int, text_id: int | None, language: str, at: datetime, *, asks: bool = True) -> str:
    """A token for one serving of the page, unique."""
    values = (link_id, text_id or 0, language, int(at.timestamp() * 1000), secrets.randbits(32), int(asks))
    return form_tokens.text_signer(SALT).sign(".".join(map(str, values))).decode()


def read_token(token: str, link_id: int, at: datetime) -> Posted:
    try:
        signed = form_tokens.text_signer(SALT).unsign(token).decode()
        signed_link, text_id, language, served_ms, _, asked = signed.split(".")
    except (BadSignature, ValueError):
        return Posted()
    served_at = datetime.fromtimestamp(int(served_ms) / 1000, UTC)
    if int(signed_link) != link_id or not timedelta(0) <= at - served_at <= LIFE:
        return Posted()
    digest = hashlib.sha256(token.encode()).digest()
    return Posted(ServedForm(int(text_id) or None, language, served_at, digest), asked == "1")


def read_choices(
    posted: Mapping[str, str], offered: tuple[Channel, ...], all_channels: tuple[Channel, ...]
) -> dict[Channel, Status]:
    """Choices among the offered channels; anything else in the form is ignored. "all" refuses every channel of the
    address, asked for or not."""
    if posted.get("all") == Status.REFUSED:
        return dict.fromkeys(all_channels, Status.REFUSED)
    statuses = {status.value: status for status in Status}
    chosen = {channel: statuses.get(posted.get(channel.value, "")) for channel in offered}
    return {channel: status for channel, status in chosen.items() if status is not None}


def read_name(posted: Mapping[str, str]) -> str:
    """The person's name on one line, or an empty string: so if another site posts words of its own into our page."""
    if form_tokens.is_cross_site_post():
        return ""
    return " ".join(CONTROL_CHARACTERS.sub(" ", posted.get("name", "")).split())


def name_problem(name: str, *, is_required: bool) -> str | None:
    """What is wrong with the name beside a grant: "name" (missing), "long_name", "odd_name" (bait for whoever is
    sent the page with it) or None."""
    if not name:
        return "name" if is_required else None
    if len(name) > LONGEST_NAME:
        return "long_name"
    return None if deception.is_persons_name(name) else "odd_name"
