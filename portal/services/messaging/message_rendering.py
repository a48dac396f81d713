"""What a message says, out of the template of its kind and language: one for SMS, one for mail."""

from dataclasses import dataclass

from flask import current_app

from portal.core.models import MessageKind
from portal.core.transliteration import ascii_only


@dataclass(frozen=True)
class Written:
    """What a message says; an SMS has no subject."""

    subject: str
    text: str


def compose(kind: MessageKind, language: str, facts: dict, *, is_mail: bool) -> Written:
    """Fill in the template. A mail's first line is its subject; an SMS is one line of plain ASCII, since other letters
    make it longer (and dearer)."""
    template = f"messages/{kind}/{language}/{'mail' if is_mail else 'sms'}.txt"
    text = current_app.jinja_env.get_template(template).render(facts)
    return written(text if is_mail else ascii_only(" ".join(text.split())), is_mail=is_mail)


def written(text: str, *, is_mail: bool) -> Written:
    """A text as it is kept: the first line of a mail's is its subject."""
    if not is_mail:
        return Written("", text)
    subject, _, body = text.partition("\n")
    return Written(" ".join(subject.split()), f"{body.strip()}\n")
