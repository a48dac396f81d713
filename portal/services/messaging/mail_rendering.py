"""A mail's subject and text, out of its template and its facts."""

import re
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_datetime
from flask import current_app

from portal.core import clock
from portal.core.models import MailKind
from portal.domain.notifications.mails import FACTS

LONGEST_NAME = 120
LONGEST_TEXT = 2000
OF_OURS = frozenset({"link", "device", "network"})
PROSE = frozenset({"note", "reason", "question", "answer"})  # Of people who know whom they write to, over lines.
LOOKS_LIKE_A_LINK = re.compile(r"(?<=\w)\.(?=\w{2})|:?//+|@")


@dataclass(frozen=True)
class Written:
    """What a mail says."""

    subject: str
    text: str


def compose(kind: MailKind, language: str, facts: dict) -> Written:
    """Fill in the template; its first line is the subject."""
    said = {name: _said(name, facts[name], language) for name in FACTS[kind]}
    text = current_app.jinja_env.get_template(f"mails/{kind}/{language}.txt").render(said)
    foot = current_app.jinja_env.get_template(f"mails/foot/{language}.txt").render()
    subject, _, body = text.partition("\n")
    return Written(subject, f"{body.strip()}\n{foot}\n")


def _said(name: str, value, language: str):
    """A fact as it may stand in a mail. Titles and names are chosen by anybody who signs up: they bring no lines and
    no links of their own to the people whom we write to."""
    if isinstance(value, datetime):
        return format_datetime(value, "d MMMM yyyy HH:mm", tzinfo=clock.ISTANBUL, locale=language)
    if not isinstance(value, str) or name in OF_OURS:
        return value
    if name in PROSE:
        return value.strip()[:LONGEST_TEXT]
    return LOOKS_LIKE_A_LINK.sub(_apart, " ".join(value.split())[:LONGEST_NAME])


def _apart(found: re.Match) -> str:
    """No mail program makes a link of it: a space follows the dot, and the other signs go."""
    return ". " if found[0] == "." else " "
