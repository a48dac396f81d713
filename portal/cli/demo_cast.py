"""The people of the demonstration: one of each role, with passwords and authenticator apps made on the first run.

What they sign in with stands in a private file beside the secrets, since there are no default ones.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyotp
from sqlalchemy import select

from portal.core.extensions import db, vault
from portal.core.models import User
from portal.domain.identity import accounts, factors

CREDENTIALS_FILE = "demo-people.json"
FORMER_PASSWORD_FILE = "demo-password"  # Of the owner, in an instance of an earlier version.


@dataclass(frozen=True)
class CastMember:
    """Somebody in the demonstration, by the word for what they are."""

    word: str
    email: str
    name: str


OWNER = CastMember("owner", "ayse@example.com", "Ayşe Yılmaz")
MANAGER = CastMember("manager", "burak@example.com", "Burak Demir")
AGENT = CastMember("agent", "elif@example.com", "Elif Şahin")
DEVELOPER = CastMember("developer", "deniz@example.com", "Deniz Çelik")
AUDITOR = CastMember("auditor", "gokhan@example.com", "Gökhan Ak")
OPERATOR = CastMember("operator", "derya@example.com", "Derya Aksoy")
SUPPORT = CastMember("support", "selin@example.com", "Selin Kurt")
NEWCOMER = CastMember("practising", "cem@example.com", "Cem Kaya")
CAST = (OWNER, MANAGER, AGENT, DEVELOPER, AUDITOR, OPERATOR, SUPPORT, NEWCOMER)


@dataclass(frozen=True)
class Credentials:
    """What somebody signs in with."""

    email: str
    password: str
    totp: str


def load_credentials(instance: Path) -> dict[str, Credentials]:
    """What each part signs in with, by its word; made where the file does not have it yet."""
    file = instance / CREDENTIALS_FILE
    kept = json.loads(file.read_text()) if file.exists() else {}
    former = instance / FORMER_PASSWORD_FILE
    if OWNER.word not in kept and former.exists():
        kept[OWNER.word] = {"email": OWNER.email, "password": former.read_text(), "totp": pyotp.random_base32()}
    for part in CAST:
        kept.setdefault(part.word, asdict(Credentials(part.email, secrets.token_urlsafe(12), pyotp.random_base32())))
    _write_private(file, json.dumps(kept, indent=2))
    return {word: Credentials(**keys) for word, keys in kept.items()}


def find_user(part: CastMember) -> User | None:
    """The person, if they are there already."""
    return db.session.scalar(select(User).where(User.has_index(accounts.email_indexes(vault(), part.email))))


def ensure_user(part: CastMember, keys: Credentials, at: datetime) -> User:
    """The person; one who is there already stays as they are."""
    return find_user(part) or accounts.create_user(
        db.session, vault(), email=part.email, name=part.name, password=keys.password, at=at
    )


def ensure_authenticator(user: User, keys: Credentials, at: datetime) -> None:
    """An authenticator app for those who have no factor at all."""
    if not factors.list_factors(db.session, user.id):
        made = factors.enrol_totp(db.session, vault(), user.id, name="Demo", at=at, secret=keys.totp)
        made.confirmed_at = at
        db.session.flush()


def _write_private(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
