"""The people of the demo: one of each role, with passwords and authenticator apps made on the first run.

Their credentials stand in a private file beside the secrets, since there are no default ones.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyotp
from sqlalchemy import select

from portal.core.extensions import db, vault
from portal.core.models import OperatorRole, Role, User
from portal.domain.identity import accounts, factors

CREDENTIALS_FILE = "demo-people.json"
FORMER_PASSWORD_FILE = "demo-password"  # The owner's, in an instance of an earlier version.


@dataclass(frozen=True)
class CastMember:
    key: str  # In the JSON output and the credentials file.
    email: str
    name: str
    role: Role | OperatorRole


OWNER = CastMember("owner", "ayse@example.com", "Ayşe Yılmaz", Role.OWNER)
MANAGER = CastMember("manager", "burak@example.com", "Burak Demir", Role.MANAGER)
AGENT = CastMember("agent", "elif@example.com", "Elif Şahin", Role.AGENT)
DEVELOPER = CastMember("developer", "deniz@example.com", "Deniz Çelik", Role.DEVELOPER)
AUDITOR = CastMember("auditor", "gokhan@example.com", "Gökhan Ak", Role.AUDITOR)
OPERATOR = CastMember("operator", "derya@example.com", "Derya Aksoy", OperatorRole.ADMIN)
SUPPORT = CastMember("support", "selin@example.com", "Selin Kurt", OperatorRole.SUPPORT)
NEWCOMER = CastMember("practising", "cem@example.com", "Cem Kaya", Role.OWNER)  # Of a company of their own.
CAST = (OWNER, MANAGER, AGENT, DEVELOPER, AUDITOR, OPERATOR, SUPPORT, NEWCOMER)


@dataclass(frozen=True)
class Credentials:
    email: str
    password: str
    totp: str


def load_credentials(instance: Path) -> dict[str, Credentials]:
    """Credentials by the key of the person; made where the file lacks them."""
    file = instance / CREDENTIALS_FILE
    stored = json.loads(file.read_text()) if file.exists() else {}
    former = instance / FORMER_PASSWORD_FILE
    if OWNER.key not in stored and former.exists():
        stored[OWNER.key] = {"email": OWNER.email, "password": former.read_text(), "totp": pyotp.random_base32()}
    for person in CAST:
        stored.setdefault(
            person.key, asdict(Credentials(person.email, secrets.token_urlsafe(12), pyotp.random_base32()))
        )
    _write_private(file, json.dumps(stored, indent=2))
    return {key: Credentials(**credentials) for key, credentials in stored.items()}


def find_user(person: CastMember) -> User | None:
    return db.session.scalar(select(User).where(User.has_index(accounts.email_indexes(vault(), person.email))))


def ensure_user(person: CastMember, credentials: Credentials, at: datetime) -> User:
    return find_user(person) or accounts.create_user(
        db.session, vault(), email=person.email, name=person.name, password=credentials.password, at=at
    )


def ensure_authenticator(person: CastMember, credentials: Credentials, at: datetime) -> None:
    """Enrol an authenticator app for a known person without any factor."""
    user = find_user(person)
    if user is not None and not factors.list_factors(db.session, user.id):
        app = factors.enrol_totp(db.session, vault(), user.id, name="Demo", at=at, secret=credentials.totp)
        app.confirmed_at = at
        db.session.flush()


def _write_private(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
