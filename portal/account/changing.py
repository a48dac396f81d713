"""What follows each change of password or factors: other sessions end, and the person is told by mail."""

from flask_login import current_user

from portal import accounts, clock, mails, presence
from portal.extensions import db, vault
from portal.models import Ending, MailKind, User
from portal.web import links


def end_others() -> None:
    """Whoever is in elsewhere must come in anew, by what counts now."""
    presence.end(db.session, current_user.id, Ending.CHANGED, clock.now(), but=current_user.sign_in.id)


def tell_of_factor(change: str, name: str) -> None:
    """Write of a factor that came or went (mails.CHANGES)."""
    _tell(MailKind.FACTOR_CHANGED, {"change": change, "name": name, "link": links.whole("account.factors")})


def tell_of_password() -> None:
    """Write that the password is another one; whoever did not change it asks for a new one."""
    _tell(MailKind.PASSWORD_CHANGED, {"link": links.whole("signin.forgotten")})


def _tell(kind: MailKind, facts: dict) -> None:
    user, at = db.session.get(User, current_user.id), clock.now()
    to = accounts.email_of(vault(), user)
    mails.write(db.session, vault(), kind, to=to, language=user.language, at=at, facts={"at": at, **facts})
