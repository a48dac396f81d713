"""Structured logs without personal data: route patterns, never paths; and a mask over whatever slips through."""

import logging
import re
import sys
import time
import uuid

import structlog
from flask import Flask, Response, g, request

PHONE = re.compile(r"(?:\+|00)?\d[\d ().-]{8,16}\d")
EMAIL = re.compile(r"[^\s\"'<>@]+@[^\s\"'<>@]+\.\w+")
# A recipient's code, a token of 256 bits (İYS posts to one, mailed links bear one), a code at the root of a short host.
CODE = re.compile(r"/(?:(?:[kmsu]|kod|code)/\w+|[\w-]+/[\w-]{43}(?![\w-])|[34679a-hjkmnprt-yA-HJ-NP-RT-Y]{10,32}\b)")
NUMBERS = frozenset({"submission", "campaign", "provider", "request", "timestamp", "ms", "status", "id"})

log = structlog.get_logger()


def begin(app: Flask) -> None:
    """Configure logging of the process, and write one line per request."""
    logging.basicConfig(stream=sys.stderr, format="%(message)s")  # Whoever listens already goes on listening.
    logging.getLogger().setLevel(app.config["LOG_LEVEL"])
    for chatty in ("urllib3", "alembic", "werkzeug", "huey"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("flask-limiter").setLevel(logging.ERROR)  # It would name whom it limits.
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            masked,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(app.config["LOG_LEVEL"])),
        cache_logger_on_first_use=False,
    )
    app.before_request(_start)
    app.after_request(_write)


def masked(_logger, _method, event: dict) -> dict:
    """Hide what looks like an address or a code in every text of a log line."""
    for name, value in event.items():
        if isinstance(value, str) and name not in NUMBERS:
            event[name] = CODE.sub("/…", EMAIL.sub("•@•", PHONE.sub("•••", value)))
    return event


def _start() -> None:
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=uuid.uuid4().hex[:12])


def _write(response: Response) -> Response:
    if request.endpoint not in ("static", "public.health"):
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        )
    return response
