"""API accounts: a provider's own user, or a partner's, which acts for the brands that authorised it."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.security import generate_password_hash

from iys_sandbox.errors import LONGEST_NUMBER, JsonObject

CHANNELS = ("ARAMA", "MESAJ", "EPOSTA")
WRITES_ALL = dict.fromkeys(CHANNELS, "write")
SUBSCRIPTION = {
    "status": "ACTIVE",  # PAUSED, EXPIRED, CLOSED; or NONE (H524).
    "startDate": "2026-01-01 00:00:00",
    "expirationDate": "2036-01-01 00:00:00",
    "subscriptionPackageName": "İleti-5 (Seviye 1)",
    "consentLimit": 5_000_000,
    "consentLimitExceed": False,
    "api": True,  # False: the package has no API (H586).
}


@dataclass(frozen=True)
class SandboxAccount:
    """An API user. A partner `acts_for` providers, each {"iysCode", "brands", "title", "rights", "agreementControl"}.

    `rights` are "write" or "read" by channel; without one the user has no right there. All may write unless said.
    """

    username: str
    password: str
    iys_code: int
    brands: list[int]
    kind: str = "direct"
    integrator_code: int | None = None
    acts_for: Sequence[JsonObject] = field(default_factory=list)
    title: str | None = None
    rights: Mapping[str, str] | None = None
    subscription: Mapping[str, object] | None = None


def parse_account(fields: JsonObject) -> SandboxAccount:
    """The account that a request describes. Raises KeyError, TypeError, ValueError or OverflowError."""
    username, password = fields["username"], fields["password"]
    if not (isinstance(username, str) and isinstance(password, str) and username and password):
        raise ValueError("username and password are texts")
    kind = fields.get("kind", "direct")
    if kind not in ("direct", "partner"):
        raise ValueError("kind is direct or partner")
    more = {name: fields[name] for name in ("title", "rights", "subscription") if name in fields}
    if kind == "partner":
        code = _parse_code(fields["integratorCode"])
        return SandboxAccount(username, password, code, [], kind, code, _parse_providers(fields["acts_for"]), **more)
    brands = fields["brands"].split(",") if isinstance(fields["brands"], str) else list(fields["brands"])
    if not brands:
        raise ValueError("a provider has a brand")
    return SandboxAccount(
        username, password, _parse_code(fields["iysCode"]), [_parse_code(brand) for brand in brands], **more
    )


def save_account(db: sqlite3.Connection, account: SandboxAccount) -> None:
    """Add or change an account, with the providers and brands it names."""
    # Cheap to check: it guards nothing real, and tests sign in often.
    password_hash = generate_password_hash(account.password, method="pbkdf2:sha256:1000")
    code = (account.integrator_code or account.iys_code) if account.kind == "partner" else None
    brands = ",".join(str(brand) for brand in account.brands)
    row = (account.username, password_hash, code or account.iys_code, brands, code)
    db.execute("INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?)", row)
    db.execute("DELETE FROM authority WHERE username = ?", (account.username,))
    save_provider(db, code or account.iys_code, account.title, account.subscription)
    for provider in _providers_of(account):
        save_provider(db, provider["iysCode"], provider.get("title"), provider.get("subscription"))
        _authorise(db, account.username, provider)


def save_provider(
    db: sqlite3.Connection, iys_code: int, title: str | None, subscription: Mapping[str, object] | None
) -> None:
    """Save a provider or partner; a title or subscription of None stays as it is."""
    new = (iys_code, f"Deneme {iys_code} Anonim Şirketi", json.dumps(SUBSCRIPTION))
    db.execute("INSERT OR IGNORE INTO provider (iys_code, title, subscription) VALUES (?, ?, ?)", new)
    if title is not None:
        db.execute("UPDATE provider SET title = ? WHERE iys_code = ?", (title, iys_code))
    if subscription is not None:
        changed = json.dumps(subscription_of(db, iys_code) | dict(subscription))
        db.execute("UPDATE provider SET subscription = ? WHERE iys_code = ?", (changed, iys_code))


def subscription_of(db: sqlite3.Connection, iys_code: int) -> JsonObject:
    """The subscription of a provider or partner."""
    row = db.execute("SELECT subscription FROM provider WHERE iys_code = ?", (iys_code,)).fetchone()
    return json.loads(row["subscription"]) if row else {"status": "NONE"}


def _providers_of(account: SandboxAccount) -> list[JsonObject]:
    if account.kind == "partner":
        return [{"rights": account.rights, **provider} for provider in account.acts_for]
    return [{"iysCode": account.iys_code, "brands": account.brands, "rights": account.rights}]


def _authorise(db: sqlite3.Connection, username: str, provider: JsonObject) -> None:
    rights = json.dumps(WRITES_ALL if provider.get("rights") is None else dict(provider["rights"]))
    for brand_code in provider.get("brands") or [provider["iysCode"]]:
        is_master = brand_code == provider["iysCode"]
        name = f"Marka {brand_code}" if not is_master else f"Ana marka {brand_code}"
        db.execute("INSERT OR IGNORE INTO brand VALUES (?, ?, ?)", (brand_code, provider["iysCode"], name))
        may_agree = int(provider.get("agreementControl", True))
        db.execute("INSERT INTO authority VALUES (?, ?, ?, ?)", (username, brand_code, rights, may_agree))


def _parse_providers(acts_for: object) -> list[JsonObject]:
    providers = json.loads(acts_for) if isinstance(acts_for, str) else acts_for
    if not isinstance(providers, list) or not all(isinstance(provider, dict) for provider in providers):
        raise ValueError("acts_for is a list of providers")
    parsed = []
    for provider in providers:
        code = _parse_code(provider["iysCode"])
        brands = [_parse_code(brand) for brand in provider.get("brands") or [code]]
        parsed.append(provider | {"iysCode": code, "brands": brands})
    return parsed


def _parse_code(value: Any) -> int:
    code = int(value)
    if not 0 <= code < 10**LONGEST_NUMBER:
        raise ValueError("codes are numbers of a sensible length")
    return code
