"""Mails to users: queued as rows in the transaction they report, and rendered when sent."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, Mail, MailKind, MailState
from portal.core.vault import Vault

LANGUAGES = ("tr", "en")

Facts = Mapping[str, Any]

# The facts of each kind for templates/mails/<kind>/. `at` and `until` are moments, `link` is an absolute URL, `place`
# is what a provider is known as. Words that nobody has reviewed stand in no subject.
FACTS: dict[MailKind, frozenset[str]] = {
    MailKind.CONFIRMATION: frozenset({"link", "until"}),
    MailKind.ALREADY_HERE: frozenset({"link"}),  # To the sign-in page.
    # `place`: an admitted provider's title, else OPERATOR. Who invites: `address` at a provider, `by` at the operator.
    MailKind.INVITATION: frozenset({"link", "until", "place", "role", "by", "address"}),
    MailKind.RESET: frozenset({"link", "until"}),
    MailKind.NEW_DEVICE: frozenset({"at", "device", "network", "link"}),  # Browser in words; masked; to /account.
    MailKind.FACTOR_CHANGED: frozenset({"at", "change", "name", "link"}),  # `change` is one of CHANGES.
    MailKind.PASSWORD_CHANGED: frozenset({"at", "link"}),  # To the page of a forgotten password.
    MailKind.NEW_OWNER: frozenset({"at", "place", "owner", "by", "link"}),
    MailKind.ADMITTED: frozenset({"place", "provider_kind", "link"}),
    MailKind.SENT_BACK: frozenset({"place", "note", "link"}),
    MailKind.SUSPENDED: frozenset({"place", "reason", "link"}),
    MailKind.ANSWERED: frozenset({"place", "answer", "link"}),
    MailKind.ORDER_SETTLED: frozenset({"place", "package", "is_confirmed", "link"}),
    MailKind.IMPORT_ASKED: frozenset({"place", "brand", "link"}),  # No file name: it may hold somebody's.
    # Its numbers only: no word of the file's.
    MailKind.IMPORT_ENDED: frozenset(
        {"place", "brand", "is_complete", "refusals", "grants", "kept", "problems", "link"}
    ),
    MailKind.POINT_BUDGET: frozenset({"place", "point", "used", "budget", "is_mail", "is_used_up", "link"}),
    MailKind.NAME_SETTLED: frozenset({"place", "brand", "name", "is_confirmed", "reason", "link"}),
    MailKind.SUBMISSIONS_WAIT: frozenset({"place", "level", "count", "link"}),  # Counts: no address.
    MailKind.GATEWAY_STOPPED: frozenset({"place", "vendor", "link"}),  # No word of the vendor's.
    # `unread`: "replies", "refusals" (the vendor's list) or "reports".
    MailKind.INBOX_UNREAD: frozenset({"place", "vendor", "unread", "link"}),
    MailKind.REPLY_NUMBER_LOST: frozenset({"place", "reply_number", "link"}),
    # `level`: "missing" (its TXT record), "unreached" (it does not lead here) or "back".
    MailKind.HOST_LOST: frozenset({"place", "host", "level", "link"}),
    MailKind.LAUNCH_REFUSED: frozenset({"place", "name", "reason", "link"}),  # `reason`: what is missing, a line each.
    MailKind.CAMPAIGN_PAUSED: frozenset({"place", "name", "parts", "link"}),  # `parts`: SMS parts sent so far.
    MailKind.CASES_WAIT: frozenset({"place", "opened", "near", "overdue", "link"}),  # Counts: no word of a person's.
    MailKind.REPLIES_WAIT: frozenset({"place", "count", "link"}),  # Likewise.
    MailKind.KEY_ENDS: frozenset({"place", "name", "hint", "at", "is_over", "link"}),
    # `reason`: OffReason; empty: not yet off. `position`: the sequence up to which it was told.
    MailKind.WEBHOOK_FAILS: frozenset({"place", "host", "reason", "position", "link"}),
    # `day` in words; `is_over`: what that day left. `place` is OPERATOR where it is about the operator's gateways.
    MailKind.CONFIRMATIONS_WAIT: frozenset({"place", "day", "count", "is_over", "link"}),
    # `check` is a name of readiness.ALL, failing since `at`; `reason`: what is wrong, and the cure.
    MailKind.CHECK_FAILS: frozenset({"check", "at", "reason", "is_over", "link"}),
}
CHANGES = ("first_totp", "totp_added", "totp_removed", "passkey_added", "passkey_removed", "recovery_renewed")
OPERATOR = ""  # The `place` of mails to the operator's own staff.


def write_mail(
    session: Session, vault: Vault, kind: MailKind, *, to: str, language: str, at: datetime, facts: Facts
) -> Mail:
    """Queue a mail in the caller's transaction.

    Raises KeyError where `facts` are not exactly those of FACTS.
    """
    if wrong := FACTS[kind] ^ facts.keys():
        raise KeyError(f"{kind}: {', '.join(sorted(wrong))}")
    if facts.get("change") not in (None, *CHANGES):
        raise KeyError(f"{kind}: change")
    mail_id = new_id()
    mail = Mail(
        id=mail_id, kind=kind, language=language if language in LANGUAGES else LANGUAGES[0], due_at=at, created_at=at,
        address=vault.seal(to.strip(), Mail.ADDRESS, NO_PROVIDER, mail_id), facts=seal_facts(vault, mail_id, facts),
        state=MailState.WAITING, attempts=0,
    )  # fmt: skip
    session.add(mail)
    session.flush()
    return mail


def seal_facts(vault: Vault, mail_id: int, facts: Facts) -> bytes:
    """Seal facts as JSON, moments as ISO 8601."""
    return vault.seal(json.dumps(dict(facts), default=datetime.isoformat), Mail.FACTS, NO_PROVIDER, mail_id)


def read_address(vault: Vault, mail: Mail) -> str:
    return vault.read(mail.address, Mail.ADDRESS, NO_PROVIDER, mail.id)


def read_facts(vault: Vault, mail: Mail) -> dict[str, Any]:
    """The facts of a mail, moments as datetimes."""
    facts: dict[str, Any] = json.loads(vault.read(mail.facts, Mail.FACTS, NO_PROVIDER, mail.id))
    moments = {name: datetime.fromisoformat(facts[name]) for name in ("at", "until") if name in facts}
    return facts | moments
