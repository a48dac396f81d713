"""Structured logs without personal data: route patterns, never paths; addresses and codes are masked."""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import MutableMapping
from ipaddress import ip_address
from typing import Any

import structlog
from flask import Flask, Response, g
from flask.globals import app_ctx, request_ctx
from structlog.exceptions import DropEvent

from portal.core import clock
from portal.web.shared import error_reports
from portal.web.shared.hosts import PROBES

PHONE = re.compile(r"(?:\+|00)?\d[\d ().-]{8,16}\d")
EMAIL = re.compile(r"(?<![^\s\"'<>@])[^\s\"'<>@]++@[^\s\"'<>@]+\.\w+")
# A recipient's code, a token of 256 bits (İYS posts to one, mailed links bear one), a code at the root of a short host.
CODE = re.compile(r"/(?:(?:[kmsu]|kod|code)/\w+|[\w-]+/[\w-]{43}(?![\w-])|[34679a-hjkmnprt-yA-HJ-NP-RT-Y]{10,32}\b)")
UNMASKED_KEYS = frozenset({"submission", "campaign", "provider", "request", "timestamp", "ms", "status", "id"})

# gunicorn's own lines quote paths, full addresses of ours (referrers) and IP addresses.
PATH = re.compile(r"(?<![\w.<])/[^\s'\"]*")
IP_ADDRESS = re.compile(r"(?<![\w.:])[\da-fA-F:.]{3,45}(?![\w.])")

REPEATS_KEPT = 1000  # Of different errors; beyond that all are said again.
LONGEST_SILENCE = 600.0  # Seconds between two lines of an error that goes on.
KEY_MISSING = "vault.key_missing"

METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"})
requests = logging.getLogger(__name__)
encode_json = json.JSONEncoder(ensure_ascii=False, default=repr).encode


def init_app(app: Flask) -> None:
    """Configure logging of the process, and log one line per request."""
    logging.basicConfig(stream=sys.stderr)  # No force: a handler of a test stays.
    for handler in (*logging.getLogger().handlers, *logging.getLogger("gunicorn.error").handlers):
        handler.setFormatter(JsonFormatter())
    # As Python documents: what no line tells is not gathered.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.getLogger().setLevel(app.config["LOG_LEVEL"])
    for chatty in ("urllib3", "alembic", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("flask-limiter").setLevel(logging.ERROR)  # Its warnings hold addresses.
    for server in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(server).addFilter(mask_server_line)
    if app.config["SENTRY_DSN"]:
        error_reports.init(app.config["SENTRY_DSN"])
    structlog.configure(
        processors=[
            _add_ids,
            structlog.processors.add_log_level,
            ErrorBackoff(),
            *([error_reports.report] if app.config["SENTRY_DSN"] else []),
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            mask_personal_data,
            render_json,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(app.config["LOG_LEVEL"])),
        cache_logger_on_first_use=False,
    )
    app.before_request(_start_timer)
    app.after_request(_log_request)


def mask_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what looks like an address or a code in every text of a log line."""
    for name, value in event.items():
        if isinstance(value, str) and name not in UNMASKED_KEYS:
            event[name] = _mask(value)
    return event


def render_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """A log line as JSON. An encoder made once: json.dumps makes one for each line."""
    return encode_json(event)


class JsonFormatter(logging.Formatter):
    """Lines of libraries and servers as JSON, too, a traceback in one line; ours are JSON already."""

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, str) and record.msg.startswith('{"'):
            return record.msg
        event = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        if found := record.exc_text or (self.formatException(record.exc_info) if record.exc_info else None):
            event["exception"] = found
        mask_personal_data(None, "", event)
        return encode_json(event | {"timestamp": clock.now().isoformat()})


class ErrorBackoff:
    """Drops repeats of a traceback, for twice as long each time, up to LONGEST_SILENCE; the next line says how many.
    The same are those of one event with the same kind of exception from the same line. (So is a missing key.)"""

    def __init__(self) -> None:
        self._seen: dict[Any, tuple[float, float, int]] = {}  # Silent until, for how long, how many were dropped.

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        error = event.get("exc_info")
        if not error and event["event"] != KEY_MISSING:
            return event
        error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
        frames = [*traceback.walk_tb(error.__traceback__)] if isinstance(error, BaseException) else []
        place = (frames[-1][0].f_code.co_filename, frames[-1][1]) if frames else event.get("place")
        same, at = (event["event"], type(error), place), clock.now().timestamp()
        until, pause, dropped = self._seen.get(same, (0.0, 0.5, 0))
        if at < until:
            self._seen[same] = until, pause, dropped + 1
            raise DropEvent
        pause = 1.0 if at > until + 2 * LONGEST_SILENCE else min(2 * pause, LONGEST_SILENCE)
        if len(self._seen) >= REPEATS_KEPT:
            self._seen.clear()
        self._seen[same] = at + pause, pause, 0
        if dropped:
            event["repeated"] = dropped
        return event


def mask_server_line(record: logging.LogRecord) -> bool:
    """Mask paths and IP addresses in a line of gunicorn, and what looks like personal data in its traceback."""
    record.msg, record.args = _mask(IP_ADDRESS.sub(_mask_host, PATH.sub("/…", record.getMessage()))), None
    if record.exc_info:
        record.exc_text = _mask(logging.Formatter().formatException(record.exc_info))
        record.exc_info = None
    return True


def _mask_host(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:
        return found[0]
    return "•.•"


def _mask(text: str) -> str:
    return CODE.sub("/…", EMAIL.sub("•@•", PHONE.sub("•••", text)))


def add_id(**ids: int | str) -> None:
    """Add ids of the log's own to each further line of this request: they are not masked."""
    g.logged.update(ids)


def _add_ids(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {**g.get("logged", {}), **event} if g else event


def _start_timer() -> None:
    own = app_ctx.g
    own.began, own.logged = time.perf_counter(), {"request": secrets.token_hex(6)}


def _log_request(response: Response) -> Response:
    """Log a line without structlog, which would take half as long as the rest of a short request's own work."""
    request, own = request_ctx.request, app_ctx.g
    method, rule = request.method, request.url_rule
    if rule is None or rule.endpoint not in ("static", *PROBES):
        line = {
            **own.get("logged", {}), "method": method if method in METHODS else _mask(method),
            "route": rule.rule if rule else None, "status": response.status_code, "event": "request", "level": "info",
            "ms": round((time.perf_counter() - own.get("began", time.perf_counter())) * 1000, 1),
            "timestamp": clock.now().isoformat().replace("+00:00", "Z"),
        }  # fmt: skip
        requests.info(encode_json(line))
    return response
