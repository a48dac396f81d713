"""What follows each change of password or factors: other sessions end, and the person is told by mail."""

from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import MailKind, SessionEnd, User
from portal.domain.identity import accounts, sessions
from portal.domain.notifications import mails
from portal.web.shared import absolute_urls


def end_others() -> None:
    """Whoever is in elsewhere must come in anew, by what counts now."""
    sessions.end_sessions(db.session, current_user.id, SessionEnd.CHANGED, clock.now(), but=current_user.sign_in.id)


def tell_of_factor(change: str, name: str) -> None:
    """Write of a factor that came or went (mails.CHANGES)."""
    _tell(
        MailKind.FACTOR_CHANGED, {"change": change, "name": name, "link": absolute_urls.absolute_url("account.factors")}
    )


def tell_of_password() -> None:
    """Write that the password is another one; whoever did not change it asks for a new one."""
    _tell(MailKind.PASSWORD_CHANGED, {"link": absolute_urls.absolute_url("signin.forgotten")})


def _tell(kind: MailKind, facts: dict) -> None:
    user, at = db.session.get(User, current_user.id), clock.now()
    to = accounts.email_of(vault(), user)
    mails.write_mail(db.session, vault(), kind, to=to, language=user.language, at=at, facts={"at": at, **facts})
