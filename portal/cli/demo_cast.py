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

FILE = "demo-people.json"
FORMER = "demo-password"  # Of the owner, in an instance of an earlier version.


@dataclass(frozen=True)
class Part:
    """Somebody in the demonstration, by the word for what they are."""

    word: str
    email: str
    name: str


OWNER = Part("owner", "ayse@example.com", "Ayşe Yılmaz")
MANAGER = Part("manager", "burak@example.com", "Burak Demir")
AGENT = Part("agent", "elif@example.com", "Elif Şahin")
DEVELOPER = Part("developer", "deniz@example.com", "Deniz Çelik")
AUDITOR = Part("auditor", "gokhan@example.com", "Gökhan Ak")
OPERATOR = Part("operator", "derya@example.com", "Derya Aksoy")
SUPPORT = Part("support", "selin@example.com", "Selin Kurt")
NEWCOMER = Part("practising", "cem@example.com", "Cem Kaya")
CAST = (OWNER, MANAGER, AGENT, DEVELOPER, AUDITOR, OPERATOR, SUPPORT, NEWCOMER)


@dataclass(frozen=True)
class Keys:
    """What somebody signs in with."""

    email: str
    password: str
    totp: str


def keys_in(instance: Path) -> dict[str, Keys]:
    """What each part signs in with, by its word; made where the file does not have it yet."""
    file = instance / FILE
    kept = json.loads(file.read_text()) if file.exists() else {}
    former = instance / FORMER
    if OWNER.word not in kept and former.exists():
        kept[OWNER.word] = {"email": OWNER.email, "password": former.read_text(), "totp": pyotp.random_base32()}
    for part in CAST:
        kept.setdefault(part.word, asdict(Keys(part.email, secrets.token_urlsafe(12), pyotp.random_base32())))
    _write(file, json.dumps(kept, indent=2))
    return {word: Keys(**keys) for word, keys in kept.items()}


def known(part: Part) -> User | None:
    """The person, if they are there already."""
    return db.session.scalar(select(User).where(User.has_index(accounts.indexes_of(vault(), part.email))))


def make(part: Part, keys: Keys, at: datetime) -> User:
    """The person; one who is there already stays as they are."""
    return known(part) or accounts.make_person(
        db.session, vault(), email=part.email, name=part.name, password=keys.password, at=at
    )


def give_app(user: User, keys: Keys, at: datetime) -> None:
    """An authenticator app for those who have no factor at all."""
    if not factors.of(db.session, user.id):
        made = factors.enrol_totp(db.session, vault(), user.id, name="Demo", at=at, secret=keys.totp)
        made.confirmed_at = at
        db.session.flush()


def _write(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
