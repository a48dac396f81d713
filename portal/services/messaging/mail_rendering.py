"""Render a mail's subject and text from templates/mails/ and its facts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from flask import current_app

from portal.core import clock
from portal.core.models import MailKind
from portal.domain.notifications.mails import FACTS

LONGEST_NAME = 120
LONGEST_TEXT = 2000
TRUSTED_FACTS = frozenset({"link", "device", "network"})
MULTILINE_FACTS = frozenset({"note", "reason", "question", "answer"})  # Written by people in correspondence with us.
LOOKS_LIKE_A_LINK = re.compile(r"(?<=\w)\.(?=\w{2})|:?//+|@")


@dataclass(frozen=True)
class RenderedMail:
    subject: str
    text: str


def render_mail(kind: MailKind, language: str, facts: Mapping[str, Any]) -> RenderedMail:
    """Fill in the template; its first line is the subject."""
    clean = {name: _clean_fact(name, facts[name], language) for name in FACTS[kind]}
    text = current_app.jinja_env.get_template(f"mails/{kind}/{language}.txt").render(clean)
    foot = current_app.jinja_env.get_template(f"mails/foot/{language}.txt").render()
    subject, _, body = text.partition("\n")
    return RenderedMail(subject, f"{body.strip()}\n{foot}\n")


def _clean_fact(name: str, value: Any, language: str) -> Any:
    """A fact for a mail. Anybody who signs up chooses titles and names: they must bring no lines and no links of their
    own into a mail of ours."""
    if isinstance(value, datetime):
        return format_datetime(value, "d MMMM yyyy HH:mm", tzinfo=clock.ISTANBUL, locale=language)
    if not isinstance(value, str) or name in TRUSTED_FACTS:
        return value
    if name in MULTILINE_FACTS:
        return value.strip()[:LONGEST_TEXT]
    return LOOKS_LIKE_A_LINK.sub(_break_link, " ".join(value.split())[:LONGEST_NAME])


def _break_link(found: re.Match[str]) -> str:
    """So that no mail program makes a link of it: a space after a dot, or instead of other characters."""
    return ". " if found[0] == "." else " "
