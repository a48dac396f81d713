"""How often one may guess: each try is a row that counts as failed until it is taken back, seen by all processes.

Strangers cannot shut a person out: a browser in which the account was opened before has a count of its own, a mailed
link leads past the password's, and a passkey past the codes'. Unknown accounts are counted like known ones.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.core.client_network import network_of
from portal.core.models import LoginAttempt, SignInStep, User
from portal.core.models.ids import new_id
from portal.core.vault import Vault, column_of

NOBODYS = 0  # Counted before it is known whose, if anybody's, the account is.
WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10  # Passwords for one account (OWASP ASVS 5.0, 6.3.1), wherever from.
PER_NETWORK = 30  # Passwords out of one network: a /24, or a /64.
PER_PERSON = 5  # Codes: six digits with a minute's tolerance give each guess three in a million.
PER_PERSON_A_DAY = 30  # And so patience gets nowhere either.
KEPT = timedelta(days=90)  # For the person's own sign-in history.

SPRAYED = timedelta(hours=1)
SPRAYED_FROM_ONE = 10  # Accounts guessed at out of one network.
SPRAYED_IN_ALL = 50  # Accounts guessed at, from wherever.


class TooManyTries(Exception):
    """There were too many; from `again_at` on one more is taken."""

    def __init__(self, again_at: datetime):
        super().__init__("too many tries")
        self.again_at = again_at

    @property
    def told_at(self) -> datetime:
        """The same as people are told it: not a second too early, in whole minutes."""
        return self.again_at.replace(second=0, microsecond=0) + timedelta(minutes=1)


@dataclass(frozen=True)
class Alarm:
    """Somebody tries few passwords on many accounts: how many accounts, from how many networks, since when."""

    accounts: int
    networks: int
    tries: int
    since: datetime
    is_from_one: bool  # One network alone would be enough for it.


def begin(
    session: Session, vault: Vault, step: SignInStep, *, account: str, address: str, at: datetime,
    user_id: int | None = None, known_device: bytes | None = None,
) -> LoginAttempt:  # fmt: skip
    """A password is about to be tried on an account, perhaps in a browser by which its person came in before. Commit,
    look, and take the try back where it was right.

    Raises TooManyTries, whether anybody has that account or not.
    """
    counted = f"account|{account.strip().lower()}|{known_device.hex() if known_device else ''}"
    made = _add(session, vault, step, _keyed(vault, counted), address, user_id, at)
    if (
        not known_device
    ):  # Behind an address many people may sit, and one who guesses must not shut out those who do not.
        _count(session, LoginAttempt.network_digest == made.network_digest, PER_NETWORK, made)
    _count(session, LoginAttempt.account_digest == made.account_digest, PER_ACCOUNT, made)
    return made


def begin_code(
    session: Session, vault: Vault, step: SignInStep, user_id: int, *, address: str, at: datetime
) -> LoginAttempt:
    """A code of somebody whose password was right is about to be tried. Commit, look, take it back where it was right.

    Raises TooManyTries.
    """
    session.execute(select(User.id).where(User.id == user_id).with_for_update())  # Many at once come one by one.
    made = _add(session, vault, step, _keyed(vault, f"person|{user_id}"), address, user_id, at)
    theirs = LoginAttempt.account_digest == made.account_digest
    _count(session, theirs, PER_PERSON_A_DAY, made, timedelta(days=1))
    _count(session, theirs, PER_PERSON, made)
    return made


def take_back(session: Session, made: LoginAttempt) -> None:
    """It was right after all."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.id == made.id))


def note_dead_link(session: Session, vault: Vault, *, address: str, at: datetime) -> None:
    """Somebody came by a mailed link that leads nowhere. Raises TooManyTries where a network goes on guessing."""
    made = _add(session, vault, SignInStep.TICKET, None, address, None, at)
    _count(session, LoginAttempt.network_digest == made.network_digest, PER_NETWORK, made)


def alarm(session: Session, at: datetime) -> Alarm | None:
    """Whether somebody sprays passwords over many accounts now, from one network or from many."""
    recent = (LoginAttempt.step == SignInStep.PASSWORD, LoginAttempt.at > at - SPRAYED)
    accounts = func.count(LoginAttempt.account_digest.distinct())
    widest = session.scalar(
        select(accounts).where(*recent).group_by(LoginAttempt.network_digest).order_by(accounts.desc()).limit(1)
    )
    row = session.execute(
        select(
            accounts, func.count(LoginAttempt.network_digest.distinct()), func.count(), func.min(LoginAttempt.at)
        ).where(*recent)
    ).one()  # fmt: skip
    is_from_one = (widest or 0) >= SPRAYED_FROM_ONE
    return Alarm(*row, is_from_one) if is_from_one or row[0] >= SPRAYED_IN_ALL else None


def forget(session: Session, at: datetime) -> int:
    """Delete what is older than KEPT. How many there were."""
    return session.execute(delete(LoginAttempt).where(LoginAttempt.at < at - KEPT)).rowcount


def _add(session: Session, vault: Vault, step: SignInStep, counted: bytes | None, address: str, user_id: int | None,
         at: datetime) -> LoginAttempt:  # fmt: skip
    made = LoginAttempt(
        id=new_id(), step=step, user_id=user_id, account_digest=counted, at=at,
        network_digest=_keyed(vault, f"network|{network_of(address)}"),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _count(session: Session, whose, most: int, made: LoginAttempt, window: timedelta = WINDOW) -> None:
    """Raise TooManyTries where there are more than `most` with this one, which then was not made at all: who knocks at
    a shut door does not keep it shut."""
    recent = select(LoginAttempt.at).where(
        whose, LoginAttempt.at > made.at - window, LoginAttempt.step.in_(_alike(made.step))
    )
    times = list(session.scalars(recent.order_by(LoginAttempt.at.desc()).limit(most + 1)))
    if len(times) > most:
        take_back(session, made)
        raise TooManyTries(times[-1] + window)


def _alike(step: SignInStep) -> tuple[SignInStep, ...]:
    """Steps that count together: a code is guessed at the door and inside alike."""
    return (SignInStep.FACTOR, SignInStep.STEP_UP) if step in (SignInStep.FACTOR, SignInStep.STEP_UP) else (step,)


def _keyed(vault: Vault, text: str) -> bytes:
    """A digest that nobody without our newest key can guess at; a turn of the keys begins all counts anew."""
    return vault.indexes(NOBODYS, f"try|{text}")[column_of(vault.generation)]
