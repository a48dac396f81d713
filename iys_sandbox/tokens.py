"""İYS's tokens: two hours to act, four to renew, and a renewal spends the token it was asked with."""

import hashlib
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from werkzeug.security import check_password_hash

ACCESS = timedelta(seconds=7200)
REFRESH = timedelta(seconds=14400)

# By field: absent, of the wrong JSON type, empty.
TEXTS = {
    "grant_type": ("Giriş yöntemi belirtilmemiş.", "Desteklenmeyen giriş yöntemi.", "Giriş yöntemi boş olamaz."),
    "username": (
        "Kullanıcı adı verilmemiş.",
        "Desteklenmeyen kullanıcı adı türü.",
        "Kullanıcı adı boş bırakılamaz.",
    ),
    "password": ("Şifre verilmemiş.", "Desteklenmeyen şifre türü.", "Şifre boş bırakılamaz."),
    "refresh_token": (
        "Yenileme jetonu verilmemiş.",
        "Desteklenmeyen yenileme jetonu türü.",
        "Yenileme jetonu boş olamaz.",
    ),
}


class TokenRefused(Exception):
    """No token: İYS's OAuth error and its description."""

    def __init__(self, error: str, description: str):
        super().__init__(error)
        self.body = {"error": error, "error_description": description}


def grant(db: sqlite3.Connection, fields: Mapping[str, object], at: datetime) -> dict:
    """A pair of tokens for a password or a refresh token. TokenRefused says which field was wrong."""
    grants = {"password": _by_password, "refresh_token": _by_refresh_token}
    grant_type = _required(fields, "grant_type")
    if grant_type not in grants:
        raise TokenRefused("invalid_request", "Bilinmeyen giriş yöntemi.")
    return _issue(db, grants[grant_type](db, fields, at), at)


def account_of(db: sqlite3.Connection, access_token: str, at: datetime) -> sqlite3.Row | None:
    """The account a live access token speaks for."""
    username = _holder(db, access_token, "access", at)
    return db.execute("SELECT * FROM account WHERE username = ?", (username,)).fetchone() if username else None


def _by_password(db: sqlite3.Connection, fields: Mapping[str, object], at: datetime) -> str:
    username, password = _required(fields, "username"), _required(fields, "password")
    account = db.execute("SELECT password_hash FROM account WHERE username = ?", (username,)).fetchone()
    if account is None or not check_password_hash(account["password_hash"], password):
        raise TokenRefused("invalid_request", "Kullanıcı kimlik bilgileri geçersiz.")
    return username


def _by_refresh_token(db: sqlite3.Connection, fields: Mapping[str, object], at: datetime) -> str:
    refresh_token = _required(fields, "refresh_token")
    username = _holder(db, refresh_token, "refresh", at)
    if username is None:
        raise TokenRefused("invalid_grant", "Yenileme jetonu geçersiz.")
    db.execute("DELETE FROM token WHERE digest = ?", (_digest(refresh_token),))
    return username


def _required(fields: Mapping[str, object], name: str) -> str:
    absent, wrong_type, empty = TEXTS[name]
    if name not in fields:
        raise TokenRefused("invalid_request", absent)
    value = fields[name]
    if not isinstance(value, str):
        raise TokenRefused("invalid_grant" if name == "grant_type" else "invalid_request", wrong_type)
    if not value:
        raise TokenRefused("invalid_grant", empty)
    return value


def _issue(db: sqlite3.Connection, username: str, at: datetime) -> dict:
    db.execute("DELETE FROM token WHERE expires_at <= ?", (int(at.timestamp()),))
    return {
        "access_token": _new_token(db, "access", username, at + ACCESS),
        "refresh_token": _new_token(db, "refresh", username, at + REFRESH),
        "expires_in": int(ACCESS.total_seconds()),
        "refresh_expires_in": int(REFRESH.total_seconds()),
        "token_type": "bearer",
    }


def _new_token(db: sqlite3.Connection, kind: str, username: str, expires_at: datetime) -> str:
    token = secrets.token_urlsafe(48)
    row = (_digest(token), kind, username, int(expires_at.timestamp()))
    db.execute("INSERT INTO token VALUES (?, ?, ?, ?)", row)
    return token


def _holder(db: sqlite3.Connection, token: str, kind: str, at: datetime) -> str | None:
    select = "SELECT username FROM token WHERE digest = ? AND kind = ? AND expires_at > ?"
    row = db.execute(select, (_digest(token), kind, int(at.timestamp()))).fetchone()
    return row["username"] if row else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
