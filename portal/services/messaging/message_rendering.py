"""Render a message from templates/messages/<kind>/<language>/: one template for SMS, one for mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from portal.core.models import MessageKind
from portal.core.transliteration import ascii_only


@dataclass(frozen=True)
class RenderedMessage:
    """Text of a message; an SMS has no subject."""

    subject: str
    text: str


def render_message(kind: MessageKind, language: str, facts: Mapping[str, Any], *, is_mail: bool) -> RenderedMessage:
    """Fill in the template. A mail's first line is its subject; an SMS is one line of ASCII, which is shorter and
    cheaper."""
    template = f"messages/{kind}/{language}/{'mail' if is_mail else 'sms'}.txt"
    text = current_app.jinja_env.get_template(template).render(facts)
    return split_subject(text if is_mail else ascii_only(" ".join(text.split())), is_mail=is_mail)


def split_subject(text: str, *, is_mail: bool) -> RenderedMessage:
    """Split a stored text: the first line of a mail is its subject."""
    if not is_mail:
        return RenderedMessage("", text)
    subject, _, body = text.partition("\n")
    return RenderedMessage(" ".join(subject.split()), f"{body.strip()}\n")
