"""İYS's tokens: access for two hours, refresh for four; a refresh token works once."""

import hashlib
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from werkzeug.security import check_password_hash

from iys_sandbox.errors import JsonObject

ACCESS_LIFETIME = timedelta(seconds=7200)
REFRESH_LIFETIME = timedelta(seconds=14400)

# By field: absent, of the wrong JSON type, empty.
FIELD_ERRORS = {
    "grant_type": ("Giriş yöntemi belirtilmemiş.", "Desteklenmeyen giriş yöntemi.", "Giriş yöntemi boş olamaz."),
    "username": ("Kullanıcı adı verilmemiş.", "Desteklenmeyen kullanıcı adı türü.", "Kullanıcı adı boş bırakılamaz."),
    "password": ("Şifre verilmemiş.", "Desteklenmeyen şifre türü.", "Şifre boş bırakılamaz."),
    "refresh_token": (
        "Yenileme jetonu verilmemiş.",
        "Desteklenmeyen yenileme jetonu türü.",
        "Yenileme jetonu boş olamaz.",
    ),
}


class TokenRefused(Exception):
    """İYS's OAuth error and its description."""

    def __init__(self, error: str, description: str):
        super().__init__(error)
        self.body = {"error": error, "error_description": description}


def issue_tokens(db: sqlite3.Connection, fields: Mapping[str, object], at: datetime) -> JsonObject:
    """Issue a pair of tokens for a password or a refresh token. Raises TokenRefused, which names the wrong field."""
    grants = {"password": _check_password, "refresh_token": _spend_refresh_token}
    grant_type = _required_field(fields, "grant_type")
    if grant_type not in grants:
        raise TokenRefused("invalid_request", "Bilinmeyen giriş yöntemi.")
    return _token_pair(db, grants[grant_type](db, fields, at), at)


def account_of_access_token(db: sqlite3.Connection, access_token: str, at: datetime) -> sqlite3.Row | None:
    """The account of an access token that has not expired."""
    username = _token_holder(db, access_token, "access", at)
    return db.execute("SELECT * FROM account WHERE username = ?", (username,)).fetchone() if username else None


def _check_password(db: sqlite3.Connection, fields: Mapping[str, object], at: datetime) -> str:
    username, password = _required_field(fields, "username"), _required_field(fields, "password")
    account = db.execute("SELECT password_hash FROM account WHERE username = ?", (username,)).fetchone()
    if account is None or not check_password_hash(account["password_hash"], password):
        raise TokenRefused("invalid_request", "Kullanıcı kimlik bilgileri geçersiz.")
    return username


def _spend_refresh_token(db: sqlite3.Connection, fields: Mapping[str, object], at: datetime) -> str:
    refresh_token = _required_field(fields, "refresh_token")
    username = _token_holder(db, refresh_token, "refresh", at)
    if username is None:
        raise TokenRefused("invalid_grant", "Yenileme jetonu geçersiz.")
    db.execute("DELETE FROM token WHERE digest = ?", (_digest(refresh_token),))
    return username


def _required_field(fields: Mapping[str, object], name: str) -> str:
    absent, wrong_type, empty = FIELD_ERRORS[name]
    if name not in fields:
        raise TokenRefused("invalid_request", absent)
    value = fields[name]
    if not isinstance(value, str):
        raise TokenRefused("invalid_grant" if name == "grant_type" else "invalid_request", wrong_type)
    if not value:
        raise TokenRefused("invalid_grant", empty)
    return value


def _token_pair(db: sqlite3.Connection, username: str, at: datetime) -> JsonObject:
    db.execute("DELETE FROM token WHERE expires_at <= ?", (int(at.timestamp()),))
    return {
        "access_token": _save_token(db, "access", username, at + ACCESS_LIFETIME),
        "refresh_token": _save_token(db, "refresh", username, at + REFRESH_LIFETIME),
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        "refresh_expires_in": int(REFRESH_LIFETIME.total_seconds()),
        "token_type": "bearer",
    }


def _save_token(db: sqlite3.Connection, kind: str, username: str, expires_at: datetime) -> str:
    token = secrets.token_urlsafe(48)
    row = (_digest(token), kind, username, int(expires_at.timestamp()))
    db.execute("INSERT INTO token VALUES (?, ?, ?, ?)", row)
    return token


def _token_holder(db: sqlite3.Connection, token: str, kind: str, at: datetime) -> str | None:
    select = "SELECT username FROM token WHERE digest = ? AND kind = ? AND expires_at > ?"
    row = db.execute(select, (_digest(token), kind, int(at.timestamp()))).fetchone()
    return str(row["username"]) if row else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
