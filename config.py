"""Settings from the environment variables. There are no default secrets."""

import base64
import itertools
import math
import zlib
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

SECRETS = ("SECRET_KEY", "LINK_SALT", "VAULT_KEYS")
SHORTEST_SECRET = 16
WEAKEST_SECRET = 64  # Bits, estimated; 32 random characters have three times as many.
FEWEST_CHARACTERS = 8  # Different ones, also of a vault key, which may be 32 random hexadecimal digits.
MAKE_SECRET = 'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
SAMPLE_PARTNER = "İzinlink (örnek iş ortağı)"
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
LARGEST_POST = 6 * 1024 * 1024  # An audience may have 5 MB; the rest of its form is small.


class BadSetting(RuntimeError):
    """A setting is missing or invalid; the message says which, and what to do."""


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The Flask config of a process. Raises BadSetting for what is missing or invalid."""
    _check_secrets(environ)
    instance = Path(environ.get("INSTANCE", "instance")).absolute()
    development = environ.get("DEVELOPMENT") == "1"
    hosts = _split_list(environ.get("HOSTS", "localhost,127.0.0.1" if development else ""))
    short_hosts = _split_list(environ.get("SHORT_HOSTS", ""))
    port = _number(environ, "PORT", 8000)
    own_base = partial(_own_base, environ, [host for host in hosts if host not in short_hosts], port, development)
    return {
        "SECRET_KEY": environ["SECRET_KEY"],
        "LINK_SALT": environ["LINK_SALT"],
        "VAULT_KEYS": vault_keys(environ["VAULT_KEYS"]),
        "INSTANCE": instance,
        **_database(environ, instance, development),
        "DEVELOPMENT": development,
        "HOSTS": frozenset(hosts),
        "SHORT_HOSTS": frozenset(short_hosts),
        "LINK_BASE": _link_base(environ, port, development=development),
        "PUSH_BASE": own_base("PUSH_BASE", "/inbound/iys", "İYS posts there"),
        "MAIN_BASE": own_base("MAIN_BASE", "", "links in mails begin with it"),
        "SMTP_URL": _smtp_url(environ),
        "MAIL_FROM": _mail_from(environ, hosts),
        "PROXY_HOPS": _proxy_hops(environ, hosts, development),
        "IYS_BASE_URL": _iys_base_url(environ, development=development),
        "SANDBOX_URL": _sandbox_url(environ, development=development),
        "SANDBOX_KEY": _key(environ, "SANDBOX_KEY", is_needed=bool(environ.get("SANDBOX_URL")) and not development),
        **_iys_limits(environ),
        "METRICS_TOKEN": _key(environ, "METRICS_TOKEN"),
        "UNDO_SECONDS": _number(environ, "UNDO_SECONDS", 300),  # A person's grant can be taken back for so long.
        "IMPORT_UNDO_SECONDS": _number(environ, "IMPORT_UNDO_SECONDS", 600),  # The same for grants of an import.
        "DNS_SERVER": environ.get("DNS_SERVER", ""),  # host:port; the system's name servers if empty.
        "MESSAGE_GATEWAY_URL": environ.get("MESSAGE_GATEWAY_URL", "").rstrip("/"),
        "OPERATOR_TITLE": environ.get("OPERATOR_TITLE", SAMPLE_PARTNER if development else ""),  # In letters.
        "OPERATOR_ADDRESS": environ.get("OPERATOR_ADDRESS", ""),
        "OPERATOR_NOTICE_URL": _https_url(environ, "OPERATOR_NOTICE_URL", "people read what becomes of their data"),
        "SENTRY_DSN": _https_url(environ, "SENTRY_DSN", "reports of errors go there"),
        "LOG_LEVEL": _log_level(environ),
        **_limit_storage(environ),
    } | _flask_settings(development)


def _check_secrets(environ: Mapping[str, str]) -> None:
    missing = [name for name in SECRETS if not environ.get(name)]
    if missing:
        raise BadSetting(f"Set {', '.join(missing)} in the environment (bin/dev makes them into instance/env).")
    for name in ("SECRET_KEY", "LINK_SALT"):
        if len(environ[name]) < SHORTEST_SECRET:
            raise BadSetting(f"{name} is too short: at least {SHORTEST_SECRET} characters. {MAKE_SECRET}")
        if _is_weak(environ[name].encode()):
            raise BadSetting(f"{name} is too easy to guess. {MAKE_SECRET}")


def _is_weak(secret: bytes) -> bool:
    """Whether it can be guessed, or holds fewer different characters than one that was drawn by chance."""
    return len(set(secret)) < FEWEST_CHARACTERS or secret_bits(secret) < WEAKEST_SECRET


def secret_bits(secret: bytes) -> float:
    """An upper estimate of what guessing a secret takes, in bits: what repeats or counts on is worth little."""
    if not secret:
        return 0.0
    steps = [(after - before) % 256 for before, after in itertools.pairwise(secret)]
    return min(_bits(secret), _bits(bytes(steps)) + 8)


def _bits(text: bytes) -> float:
    length = min(len(text), max(len(zlib.compress(text, 9)) - 8, 0))  # 8: zlib's own header and checksum.
    shares = [count / len(text) for count in Counter(text).values()]
    return -length * sum(share * math.log2(share) for share in shares)


def _iys_limits(environ: Mapping[str, str]) -> dict[str, Any]:
    """Below İYS's own: 10 calls a second; of tokens 10 an hour in one place of its document and 100 in another."""
    hourly = ("IYS_TOKEN_CALLS_PER_HOUR", "IYS_TOKEN_CALLS_PER_ACCOUNT")
    return {
        "IYS_REQUESTS_PER_SECOND": _number(environ, "IYS_REQUESTS_PER_SECOND", 8),
        **{name: int(_number(environ, name, 10, least=1)) for name in hourly},
    }


def _flask_settings(development: bool) -> dict[str, Any]:
    return {
        "MAX_CONTENT_LENGTH": LARGEST_POST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_POST,  # A pasted list is a field.
        "MAX_FORM_PARTS": 50,  # Each file of a form takes a file descriptor.
        "SESSION_COOKIE_NAME": "izinlink" if development else "__Host-izinlink",
        "SESSION_COOKIE_SECURE": not development,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 7 * 24 * 60 * 60,  # Of the cookie: sessions end by their rows, which say why.
        "WTF_CSRF_TIME_LIMIT": None,  # The token lives as long as the session that signs it.
        "RATELIMIT_HEADERS_ENABLED": False,
        "BABEL_DEFAULT_LOCALE": "tr",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Istanbul",
    }


def vault_keys(text: str) -> dict[int, bytes]:
    """Parse "1:<base64 of 32 bytes>[,2:…]" into key generations, of which the first seals. Raises BadSetting."""
    keys: dict[int, bytes] = {}
    for part in text.split(","):
        generation, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not generation.isdecimal() or not 1 <= int(generation) <= 255 or len(key) != 32:
            raise BadSetting('VAULT_KEYS reads "1:<base64 of 32 bytes>", with ",2:…" added while keys rotate.')
        if _is_weak(key):
            raise BadSetting(
                f"VAULT_KEYS: key {generation} is too easy to guess. Make one with: python3 -c "
                "'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'"
            )
        if int(generation) in keys:
            raise BadSetting(f"VAULT_KEYS holds generation {generation} twice.")
        keys[int(generation)] = key
    if len(keys) > 2 or max(keys) - min(keys) != len(keys) - 1:
        raise BadSetting("VAULT_KEYS holds one key generation, or two that follow each other while keys rotate.")
    return keys


def _database(environ: Mapping[str, str], instance: Path, development: bool) -> dict[str, Any]:
    """In production no new database is made that nobody asked for, beside the one that was meant. A pooler such as
    PgBouncer may give a server connection to each transaction: no state outlasts one then."""
    file = instance / "izinlink.db"
    if not (environ.get("DATABASE_URL") or development or file.exists()):
        raise BadSetting(f"Set DATABASE_URL (postgresql://… or sqlite:///{file}): there is no {file}.")
    pooling = environ.get("DATABASE_POOLING", "session")
    if pooling not in ("session", "transaction"):
        raise BadSetting("DATABASE_POOLING is session (also without a pooler) or transaction (PgBouncer's pool_mode).")
    return {
        "DATABASE_URL": environ.get("DATABASE_URL") or f"sqlite:///{file}",
        "DATABASE_POOLING": pooling,
        "DATABASE_POOL_SIZE": int(_number(environ, "DATABASE_POOL_SIZE", 10, least=1)),
        "DATABASE_POOL_OVERFLOW": int(_number(environ, "DATABASE_POOL_OVERFLOW", 10)),
        "JOURNAL_DIR": Path(environ["JOURNAL_DIR"]).absolute() if environ.get("JOURNAL_DIR") else None,
        "JOURNAL_DAYS": int(_number(environ, "JOURNAL_DAYS", 30, least=1)),
    }


def _proxy_hops(environ: Mapping[str, str], hosts: list[str], development: bool) -> int:
    """A wrong count takes a proxy for the caller, or lets callers choose their address. Only the operator knows it."""
    if hosts and not development and not environ.get("PROXY_HOPS"):
        raise BadSetting("Set PROXY_HOPS: how many proxies of yours stand in front (0: none, 1: nginx or Caddy).")
    return int(_number(environ, "PROXY_HOPS", 0))


def _log_level(environ: Mapping[str, str]) -> str:
    given = environ.get("LOG_LEVEL", "INFO").upper()
    if given not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise BadSetting("LOG_LEVEL is DEBUG, INFO, WARNING or ERROR.")
    return given


def _limit_storage(environ: Mapping[str, str]) -> dict[str, Any]:
    """Where burst limits are counted: in the process, or elsewhere with the process as a fallback (limit_counts.py)."""
    given = environ.get("RATELIMIT_STORAGE_URI", "memory://")
    shared = {"RATELIMIT_STORAGE_URI": "fallback://", "RATELIMIT_STORAGE_OPTIONS": {"shared": given}}
    return {"RATELIMIT_STORAGE_URI": given} if given.startswith("memory://") else shared


def _iys_base_url(environ: Mapping[str, str], *, development: bool) -> str:
    """İYS's base URL: https, since it gets passwords and addresses; http only locally or in development."""
    given = (environ.get("IYS_BASE_URL") or "https://api.iys.org.tr").rstrip("/")
    url = _parse_url(given)
    if not url.hostname or url.username is not None or not _is_encrypted_or_local(url, development):
        raise BadSetting("IYS_BASE_URL is https://<host of İYS>; http only on this machine, or in development.")
    return given


def _sandbox_url(environ: Mapping[str, str], *, development: bool) -> str:
    """The sandbox's base URL, never İYS itself; empty: no sandbox mode."""
    given = environ.get("SANDBOX_URL", "").rstrip("/")
    url = _parse_url(given)
    if given and given == environ.get("IYS_BASE_URL", "").rstrip("/") and not development:
        raise BadSetting("SANDBOX_URL is the same as IYS_BASE_URL, where admitted firms are: take one of them away.")
    is_iys = f".{url.hostname}".endswith(".iys.org.tr")
    if given and (
        is_iys or not url.hostname or url.username is not None or not _is_encrypted_or_local(url, development)
    ):
        raise BadSetting("SANDBOX_URL is https://<host of a sandbox, never İYS>; http only on this machine.")
    return given


def _key(environ: Mapping[str, str], name: str, *, is_needed: bool = False) -> str:
    """A secret that a header can hold, such as what the portal shows to the sandbox; empty where it is not set."""
    key = environ.get(name, "")
    if is_needed and not key:
        raise BadSetting(f"Set {name} beside SANDBOX_URL, the same as at the sandbox. {MAKE_SECRET}")
    is_short = len(key) < SHORTEST_SECRET or _is_weak(key.encode())
    if key and (is_short or not key.isascii() or not key.isprintable()):
        raise BadSetting(f"{name} is at least {SHORTEST_SECRET} printable characters, hard to guess. {MAKE_SECRET}")
    return key


def _link_base(environ: Mapping[str, str], port: float, *, development: bool) -> str:
    """What personal links begin with."""
    if environ.get("HOSTS") and not development and not environ.get("LINK_BASE"):
        raise BadSetting("Set LINK_BASE (https://…), with which links begin: they would lead to this machine only.")
    return environ.get("LINK_BASE", f"http://localhost:{port}/k").rstrip("/")


def _own_base(
    environ: Mapping[str, str], main: list[str], port: float, development: bool, name: str, path: str, purpose: str
) -> str:
    """A base URL of ours that depends on no request's Host header: on a main host, and https in production, for which
    İYS asks, too (H531)."""
    given = environ.get(name, "").rstrip("/")
    if not given and main:
        return (f"http://{main[0]}:{port}" if development else f"https://{main[0]}") + path
    address = _parse_url(given)
    is_in_clear = address.scheme != "https" and not development
    if given and (address.hostname not in main or address.username is not None or address.path != path or is_in_clear):
        raise BadSetting(f"{name} is https://<one of HOSTS, not a short one>{path}: {purpose}.")
    return given


def _smtp_url(environ: Mapping[str, str]) -> str:
    """The mail server. The setting holds a password, so errors don't quote it."""
    given = environ.get("SMTP_URL", "")
    try:
        address, port = _parse_url(given), urlsplit(given).port
    except ValueError:
        address, port = _parse_url(""), None
    if given and not (address.scheme in ("smtp", "smtps") and address.hostname and port != 0):
        raise BadSetting("SMTP_URL is smtps://<user>:<password>@<host>, or smtp://… of a server that knows STARTTLS.")
    return given


def _mail_from(environ: Mapping[str, str], hosts: list[str]) -> str:
    """The sender of mails."""
    if environ.get("SMTP_URL") and not environ.get("MAIL_FROM"):
        raise BadSetting("Set MAIL_FROM beside SMTP_URL: the address that mails come from.")
    given = environ.get("MAIL_FROM") or f"izinlink@{hosts[0] if hosts else 'localhost'}"
    name, _, domain = given.rpartition("@")
    if not (name and domain) or not given.isprintable() or set(given) & set(' ,;:<>"'):
        raise BadSetting("MAIL_FROM is one address, such as izinlink@example.com, without a name.")
    return given


def _https_url(environ: Mapping[str, str], name: str, purpose: str) -> str:
    address = _parse_url(given := environ.get(name, ""))
    if given and (not address.hostname or not _is_encrypted_or_local(address, development=False)):
        raise BadSetting(f"{name} is https://…: {purpose}.")
    return given


def _is_encrypted_or_local(url: SplitResult, development: bool) -> bool:
    return url.scheme == "https" or (url.scheme == "http" and (development or url.hostname in LOOPBACK_HOSTS))


def _parse_url(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")


def _number(environ: Mapping[str, str], name: str, default: float, *, least: float = 0) -> float:
    given = environ.get(name, str(default))
    try:
        number = float(given) if "." in given else int(given)
    except ValueError:
        raise BadSetting(f"{name} is not a number: {given!r}.") from None
    if number < least:
        raise BadSetting(f"{name} is below {least or 'zero'}: {given!r}.")
    return number


def _split_list(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]
