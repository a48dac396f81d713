"""Effects of a changed password or factor: other sessions end, and the user gets a mail."""

from typing import Any

from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import MailKind, SessionEnd, User
from portal.domain.identity import accounts, sessions
from portal.domain.notifications import mails
from portal.web.shared import absolute_urls


def end_other_sessions() -> None:
    sessions.end_sessions(db.session, current_user.id, SessionEnd.CHANGED, clock.now(), but=current_user.sign_in.id)


def mail_factor_change(change: str, name: str) -> None:
    """Mail that a factor was added or removed (`change`: mails.CHANGES)."""
    _mail(
        MailKind.FACTOR_CHANGED, {"change": change, "name": name, "link": absolute_urls.absolute_url("account.factors")}
    )


def mail_password_change() -> None:
    """Mail that the password changed, with a link to reset it."""
    _mail(MailKind.PASSWORD_CHANGED, {"link": absolute_urls.absolute_url("signin.forgotten")})


def _mail(kind: MailKind, facts: dict[str, Any]) -> None:
    user, at = db.session.get_one(User, current_user.id), clock.now()
    to = accounts.email_of(vault(), user)
    mails.write_mail(db.session, vault(), kind, to=to, language=user.language, at=at, facts={"at": at, **facts})
