"""Keys of a provider's programs: made and shown once, stored as a digest, rotated with an overlap, revoked at once.

A key is `izl_live_` or `izl_test_`, 32 random letters and digits, and six more that are the CRC-32 of all before: so
whoever scans for leaked secrets knows one, and a mistyped one costs no query.
"""

import hashlib
import json
import re
import secrets
import string
import zlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Engine,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.models import ApiKey, Brand, Network, Provider
from portal.core.prepared_select import PreparedSelect
from portal.domain.identity.permissions import REFUSING_SCOPES, Scope, key_scopes

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIXES = {False: "izl_live_", True: "izl_test_"}
RANDOM, CHECKSUM = 32, 6  # Letters: 190 bits, and a CRC-32.
KEY = re.compile(rf"izl_(?:live|test)_[0-9A-Za-z]{{{RANDOM + CHECKSUM}}}")
MAX_KEYS = 50  # Usable keys of a provider.
SEEN_EVERY = timedelta(minutes=1)


# For a provider's id: CALLER with columns that are wanted beside, and their values; None if there is no such statement.
Beside = Callable[[int], tuple[PreparedSelect, dict[str, Any]] | None]


class TooManyKeys(ValueError):
    """The provider has MAX_KEYS usable keys."""


class KeyChanged(ValueError):
    """The key has ended, was replaced by one that is open, or is of a mode that is over."""


class GrantWithoutRefuse(ValueError):
    """The key would bring grants but no refusals; every view that takes grants needs Scope.REFUSE."""


class ReachedBrand(NamedTuple):
    """A brand that a key reaches: what views need that only read."""

    id: int
    code: int
    is_sandbox: bool
    closed_at: datetime | None


class Caller(NamedTuple):
    """Whose request it is: a key that is neither revoked nor expired, with its provider."""

    key_id: int
    replaces_id: int | None  # The key in whose place it was made.
    hint: str
    is_test: bool
    used_at: datetime | None
    brand_ids: tuple[int, ...] | None
    scopes: frozenset[Scope]
    provider_id: int
    iys_code: int
    is_suspended: bool
    has_networks: bool  # It may come from its provider's networks only.
    brand: ReachedBrand | None  # The one with the code that was asked for, if it reaches that.


def create(
    session: Session, provider: Provider, *, name: str, scopes: Collection[Scope], brand_ids: Collection[int] | None,
    expires_at: datetime | None, user_id: int, at: datetime, replaces_id: int | None = None,
) -> tuple[ApiKey, str]:  # fmt: skip
    """Make a key, and its text, which nobody can read again. Raises GrantWithoutRefuse and TooManyKeys."""
    if Scope.GRANT in scopes and Scope.REFUSE not in scopes:
        raise GrantWithoutRefuse
    session.execute(select(Provider.id).where(Provider.id == provider.id).with_for_update(key_share=True))
    of_mode = ApiKey.provider_id == provider.id, ApiKey.is_test == provider.in_sandbox_mode
    if session.scalars(select(func.count()).where(*of_mode, is_open(at))).one() >= MAX_KEYS:
        raise TooManyKeys
    text = _draw(PREFIXES[provider.in_sandbox_mode])
    key = ApiKey(
        provider_id=provider.id, name=name, is_test=provider.in_sandbox_mode, digest=_digest(text), hint=text[-4:],
        scopes=sorted(scopes), brand_ids=None if brand_ids is None else sorted(brand_ids), replaces_id=replaces_id,
        created_by=user_id, created_at=at, expires_at=expires_at,
    )  # fmt: skip
    session.add(key)
    session.flush()
    return key, text


def rotate(
    session: Session, provider: Provider, old: ApiKey, overlap: timedelta, *, user_id: int, at: datetime
) -> tuple[ApiKey, str]:
    """Make a key with the same rights; the old one ends after the overlap. Raises KeyChanged, as of when the provider
    is locked, and TooManyKeys."""
    session.refresh(provider, with_for_update={"key_share": True})
    session.refresh(old)
    if not is_usable(old, provider, at) or is_replaced(session, old, at):
        raise KeyChanged
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    new = create(
        session, provider, name=old.name, scopes=[Scope(each) for each in old.scopes], brand_ids=old.brand_ids,
        expires_at=at + lifetime if lifetime else None, user_id=user_id, at=at, replaces_id=old.id,
    )  # fmt: skip
    ends_at = at + overlap
    old.expires_at = min(old.expires_at, ends_at) if old.expires_at else ends_at
    return new


def is_replaced(session: Session, key: ApiKey, at: datetime) -> bool:
    """Whether a key that was made in place of this one is open."""
    heirs = select(ApiKey.id).where(ApiKey.provider_id == key.provider_id, ApiKey.replaces_id == key.id, is_open(at))
    return session.scalar(heirs.limit(1)) is not None


def revoke(session: Session, key_id: int, at: datetime) -> bool:
    """End a key at once; whether it was open."""
    mine = update(ApiKey).where(ApiKey.id == key_id, is_open(at)).values(revoked_at=at)
    return changed_rows(session, mine) == 1


def narrow_to_refusals(session: Session, at: datetime) -> list[tuple[ApiKey, list[str]]]:
    """Let every open key bring refusals only, also by files, if it could, for good. Those that could more, and what."""
    narrowed = []
    for key in session.scalars(select(ApiKey).where(is_open(at)).order_by(ApiKey.id)):
        left = sorted(key_scopes(key.scopes) & REFUSING_SCOPES)
        if left != sorted(key.scopes):
            narrowed.append((key, key.scopes))
            key.scopes = [each.value for each in left]
    return narrowed


def list_keys(session: Session, provider_id: int) -> list[ApiKey]:
    """A provider's keys, the newest first, ended ones included."""
    theirs = select(ApiKey).where(ApiKey.provider_id == provider_id)
    return list(session.scalars(theirs.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())))


def is_usable(key: ApiKey, provider: Provider, at: datetime) -> bool:
    """Whether a provider's key is open and of the mode that the provider is in."""
    return key.is_open(at) and key.is_test == provider.in_sandbox_mode


def is_well_formed(text: str) -> bool:
    """Whether it has a key's form and its checksum is right."""
    return KEY.fullmatch(text) is not None and _checksum(text[:-CHECKSUM]) == text[-CHECKSUM:]


def find_caller(
    reader: Engine, text: str, brand_code: int | None, at: datetime, beside: Beside | None = None
) -> tuple[Caller, list[Any]] | None:  # fmt: skip
    """Whose key it is, and the rows with what was wanted `beside`. None where it is unknown, revoked or expired, or its
    sandbox mode is over."""
    digest = _digest(text)
    provider_id = _provider_ids.get(digest)
    if provider_id is None and not is_well_formed(text):
        return None
    wanted = beside(provider_id) if beside and provider_id is not None else None  # Which need not wait for the key.
    statement, values = wanted or (CALLERS, {})
    rows = statement.all(reader, digest=digest, brand_code=brand_code, at=at, **values)
    if not rows or rows[0].is_test != (rows[0].admitted_at is None):
        return None
    _provider_ids[digest] = rows[0].provider_id
    return _caller_of(rows[0], brand_code), rows


def _caller_of(row: Any, brand_code: int | None) -> Caller:
    is_suspended = row.suspended_at is not None
    return Caller(
        row.id, row.replaces_id, row.hint, row.is_test, row.used_at,
        None if row.brand_ids is None else tuple(row.brand_ids), _read_scopes(row.scopes, suspended=is_suspended),
        row.provider_id, row.iys_code, is_suspended,
        bool(row.has_networks), _reached_brand(row, brand_code),
    )  # fmt: skip


def find_first_id(session: Session, caller: Caller) -> int:
    """The id of the first of the keys that replaced one another down to the caller's."""
    first_id, replaces_id = caller.key_id, caller.replaces_id
    while replaces_id is not None:
        first_id = replaces_id
        replaces_id = session.scalar(select(ApiKey.replaces_id).where(ApiKey.id == first_id))
    return first_id


@lru_cache(maxsize=512)
def _read_scopes(text: str, *, suspended: bool) -> frozenset[Scope]:
    return key_scopes(json.loads(text), suspended=suspended)


def _reached_brand(row: Any, code: int | None) -> ReachedBrand | None:
    if code is None or row.brand_id is None or (row.brand_ids is not None and row.brand_id not in row.brand_ids):
        return None
    return ReachedBrand(row.brand_id, code, row.is_sandbox, row.closed_at)


def record_use(session: Session, caller: Caller, at: datetime) -> bool:
    """Note that a key was used, once a minute; whether that was due."""
    if caller.used_at is not None and at - caller.used_at < SEEN_EVERY:
        return False
    session.execute(update(ApiKey).where(ApiKey.id == caller.key_id).values(used_at=at))
    return True


def is_open(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The condition that a key is neither revoked nor expired."""
    return ApiKey.revoked_at.is_(None) & or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > at)


CALLER = (
    select(
        ApiKey.id, ApiKey.replaces_id, ApiKey.hint, ApiKey.is_test, ApiKey.used_at, ApiKey.brand_ids,
        cast(ApiKey.scopes, String).label("scopes"), ApiKey.provider_id,
        Provider.iys_code, Provider.admitted_at, Provider.suspended_at,
        exists().where(Network.provider_id == ApiKey.provider_id).label("has_networks"),
        Brand.id.label("brand_id"), Brand.is_sandbox, Brand.closed_at,
    )
    .join(Provider, Provider.id == ApiKey.provider_id)
    .outerjoin(Brand, and_(Brand.provider_id == ApiKey.provider_id, Brand.brand_code == bindparam("brand_code")))
    .where(ApiKey.digest == bindparam("digest"), is_open(bindparam("at")))
)  # fmt: skip
CALLERS = PreparedSelect(CALLER)  # Each request of the API asks for one.
_provider_ids: dict[bytes, int] = {}  # By the digests of keys that were good; no key changes its provider.


def _draw(prefix: str) -> str:
    text = prefix + "".join(secrets.choice(LETTERS) for _ in range(RANDOM))
    return text + _checksum(text)


def _checksum(text: str) -> str:
    number, letters = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM):
        number, rest = divmod(number, len(LETTERS))
        letters = LETTERS[rest] + letters
    return letters


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()  # Of 190 random bits, which need no key.
