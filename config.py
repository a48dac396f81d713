"""Settings, read once from the environment; there are no default secrets."""

import base64
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

SECRETS = ("SECRET_KEY", "LINK_SALT", "VAULT_KEYS")
SHORTEST_SECRET = 16
SAMPLE_PARTNER = "İzinlink (örnek iş ortağı)"
HERE = ("127.0.0.1", "::1", "localhost")
LARGEST_POST = 6 * 1024 * 1024  # An audience may hold 5 MB; the form around it is small.


class BadSetting(RuntimeError):
    """A setting is missing or cannot be read; the message says which and what to do."""


def from_environment(environ: Mapping[str, str]) -> dict:
    """The Flask config of one process. Raises BadSetting where a secret is missing or a value cannot be read."""
    missing = [name for name in SECRETS if not environ.get(name)]
    if missing:
        raise BadSetting(f"Set {', '.join(missing)} in the environment (bin/dev makes them into instance/env).")
    for name in ("SECRET_KEY", "LINK_SALT"):
        if len(environ[name]) < SHORTEST_SECRET:
            raise BadSetting(f"{name} is too short: at least {SHORTEST_SECRET} characters.")
    instance = Path(environ.get("INSTANCE", "instance")).absolute()
    development = environ.get("DEVELOPMENT") == "1"
    hosts = _words(environ.get("HOSTS", "localhost,127.0.0.1" if development else ""))
    port = _number(environ, "PORT", 8000)
    if environ.get("HOSTS") and not development and not environ.get("LINK_BASE"):
        raise BadSetting("Set LINK_BASE (https://…), with which links begin: they would lead to this machine only.")
    return {
        "SECRET_KEY": environ["SECRET_KEY"],
        "LINK_SALT": environ["LINK_SALT"],
        "VAULT_KEYS": vault_keys(environ["VAULT_KEYS"]),
        "INSTANCE": instance,
        "DATABASE_URL": environ.get("DATABASE_URL") or f"sqlite:///{instance / 'izinlink.db'}",
        "QUEUE_FILE": str(instance / "queue.db"),
        "DEVELOPMENT": development,
        "HOSTS": frozenset(hosts),
        "SHORT_HOSTS": frozenset(_words(environ.get("SHORT_HOSTS", ""))),
        "LINK_BASE": environ.get("LINK_BASE", f"http://127.0.0.1:{port}/k").rstrip("/"),
        "PUSH_BASE": _push_base(environ, hosts, port, development=development),
        "MAIN_BASE": _main_base(environ, hosts, port, development=development),
        "SMTP_URL": _smtp(environ),
        "MAIL_FROM": _mail_from(environ, hosts),
        "PROXY_HOPS": int(_number(environ, "PROXY_HOPS", 0)),
        "IYS_BASE_URL": _iys_base(environ, development=development),
        "SANDBOX_URL": _sandbox(environ, development=development),
        "SANDBOX_KEY": _sandbox_key(environ),
        "IYS_REQUESTS_PER_SECOND": _number(environ, "IYS_REQUESTS_PER_SECOND", 8),
        "UNDO_SECONDS": _number(environ, "UNDO_SECONDS", 300),  # A person's grant waits so long and may be taken back.
        "IMPORT_UNDO_SECONDS": _number(environ, "IMPORT_UNDO_SECONDS", 600),  # Grants of a file wait so long.
        "DNS_SERVER": environ.get("DNS_SERVER", ""),  # host:port; the machine's own name servers where empty.
        "MESSAGE_GATEWAY_URL": environ.get("MESSAGE_GATEWAY_URL", "").rstrip("/"),
        "OPERATOR_TITLE": environ.get("OPERATOR_TITLE", SAMPLE_PARTNER if development else ""),  # In letters.
        "OPERATOR_ADDRESS": environ.get("OPERATOR_ADDRESS", ""),
        "OPERATOR_NOTICE_URL": _notice_url(environ),
        "LOG_LEVEL": environ.get("LOG_LEVEL", "INFO"),
        "MAX_CONTENT_LENGTH": LARGEST_POST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_POST,  # A pasted list comes as a field.
        "MAX_FORM_PARTS": 50,  # Of a form with files: each of those opens one on disk, and a process has few to open.
        "SESSION_COOKIE_NAME": "izinlink" if development else "__Host-izinlink",
        "SESSION_COOKIE_SECURE": not development,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 7 * 24 * 60 * 60,  # The cookie's: rows end sessions; who comes back is told why.
        "WTF_CSRF_TIME_LIMIT": None,  # The token lives as long as the session that signs it.
        "RATELIMIT_STORAGE_URI": environ.get("RATELIMIT_STORAGE_URI", "memory://"),
        "RATELIMIT_HEADERS_ENABLED": False,
        "BABEL_DEFAULT_LOCALE": "tr",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Istanbul",
    }


def vault_keys(text: str) -> dict[int, bytes]:
    """Read "1:<base64 of 32 bytes>[,2:…]" into key generations. Raises BadSetting."""
    keys = {}
    for part in text.split(","):
        generation, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not generation.isdecimal() or not 1 <= int(generation) <= 255 or len(key) != 32:
            raise BadSetting('VAULT_KEYS reads "1:<base64 of 32 bytes>", with ",2:…" added while keys rotate.')
        if int(generation) in keys:
            raise BadSetting(f"VAULT_KEYS holds generation {generation} twice.")
        keys[int(generation)] = key
    if len(keys) > 2 or max(keys) - min(keys) != len(keys) - 1:
        raise BadSetting("VAULT_KEYS holds one key generation, or two that follow each other while keys rotate.")
    return keys


def _iys_base(environ: Mapping[str, str], *, development: bool) -> str:
    """Where İYS is. Passwords and people's addresses travel there: in production by https, or not off this machine."""
    given = (environ.get("IYS_BASE_URL") or "https://api.iys.org.tr").rstrip("/")
    address = _address(given)
    is_safe = address.scheme == "https" or address.scheme == "http" and (development or address.hostname in HERE)
    if not address.hostname or address.username is not None or not is_safe:
        raise BadSetting("IYS_BASE_URL is https://<host of İYS>; http only on this machine, or in development.")
    return given


def _sandbox(environ: Mapping[str, str], *, development: bool) -> str:
    """Where practising providers practise; empty where they cannot. Never İYS itself."""
    given = environ.get("SANDBOX_URL", "").rstrip("/")
    address = _address(given)
    is_safe = address.scheme == "https" or address.scheme == "http" and (development or address.hostname in HERE)
    host = address.hostname or ""
    is_iys = host == "iys.org.tr" or host.endswith(".iys.org.tr")
    is_iys |= given == environ.get("IYS_BASE_URL", "").rstrip("/") and not development
    if given and (not host or address.username is not None or not is_safe or is_iys):
        raise BadSetting("SANDBOX_URL is https://<host of a sandbox, never İYS>; http only on this machine.")
    return given


def _sandbox_key(environ: Mapping[str, str]) -> str:
    key = environ.get("SANDBOX_KEY", "")
    if key and (len(key) < SHORTEST_SECRET or not key.isascii() or not key.isprintable()):
        raise BadSetting(f"SANDBOX_KEY is at least {SHORTEST_SECRET} printable characters, the same as at the sandbox.")
    return key


def _push_base(environ: Mapping[str, str], hosts: list[str], port: float, *, development: bool) -> str:
    """Where İYS posts movements to, without the token: on a main host, and in production by https (H531)."""
    main = [host for host in hosts if host not in _words(environ.get("SHORT_HOSTS", ""))]
    given = environ.get("PUSH_BASE", "").rstrip("/")
    if not given:
        begin = f"http://{main[0]}:{port}" if development and main else f"https://{main[0]}" if main else ""
        return f"{begin}/inbound/iys" if begin else ""
    address = _address(given)
    is_in_clear = address.scheme != "https" and not development
    if address.hostname not in main or address.username is not None or address.path != "/inbound/iys" or is_in_clear:
        raise BadSetting("PUSH_BASE is https://<one of HOSTS, not a short one>/inbound/iys: İYS posts there.")
    return given


def _main_base(environ: Mapping[str, str], hosts: list[str], port: float, *, development: bool) -> str:
    """With what links in mails begin: never with what a request says of its host."""
    main = [host for host in hosts if host not in _words(environ.get("SHORT_HOSTS", ""))]
    given = environ.get("MAIN_BASE", "").rstrip("/")
    if not given:
        return f"http://{main[0]}:{port}" if development and main else f"https://{main[0]}" if main else ""
    address = _address(given)
    is_in_clear = address.scheme != "https" and not development
    if address.hostname not in main or address.username is not None or address.path or is_in_clear:
        raise BadSetting("MAIN_BASE is https://<one of HOSTS, not a short one>: links in mails begin with it.")
    return given


def _smtp(environ: Mapping[str, str]) -> str:
    """By which server mails go. What is said there is a secret, so no part of it is repeated."""
    given = environ.get("SMTP_URL", "")
    try:
        address, port = _address(given), urlsplit(given).port
    except ValueError:
        address, port = _address(""), None
    if given and not (address.scheme in ("smtp", "smtps") and address.hostname and port != 0):
        raise BadSetting("SMTP_URL is smtps://<user>:<password>@<host>, or smtp://… of a server that knows STARTTLS.")
    return given


def _mail_from(environ: Mapping[str, str], hosts: list[str]) -> str:
    """From whom mails come."""
    if environ.get("SMTP_URL") and not environ.get("MAIL_FROM"):
        raise BadSetting("Set MAIL_FROM beside SMTP_URL: the address that mails come from.")
    given = environ.get("MAIL_FROM") or f"izinlink@{hosts[0] if hosts else 'localhost'}"
    name, _, domain = given.rpartition("@")
    if not (name and domain) or not given.isprintable() or set(given) & set(' ,;:<>"'):
        raise BadSetting("MAIL_FROM is one address, such as izinlink@example.com, without a name.")
    return given


def _notice_url(environ: Mapping[str, str]) -> str:
    """Where the operator's own privacy notice stands: who signs up is led there (KVKK art. 10)."""
    given = environ.get("OPERATOR_NOTICE_URL", "")
    address = _address(given)
    if given and (address.scheme != "https" or not address.hostname):
        raise BadSetting("OPERATOR_NOTICE_URL is https://…: people read there what becomes of their data.")
    return given


def _address(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        return urlsplit("")


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        number = (
            float(environ.get(name, default)) if "." in str(environ.get(name, "")) else int(environ.get(name, default))
        )
    except ValueError:
        raise BadSetting(f"{name} is not a number: {environ[name]!r}.") from None
    if number < 0:
        raise BadSetting(f"{name} is below zero: {environ[name]!r}.")
    return number


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]
