"""Reports of errors to a Sentry of the operator's choice, where SENTRY_DSN names one (`pip install izinlink[sentry]`).

A report is written anew from what is listed here, so nothing else leaves: no message of an exception, variable, path,
query, header, cookie, body, address or host name.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

from flask import has_request_context, request

from portal.core import programs

KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "tags")
KEPT_OF_AN_EXCEPTION = ("type", "module")
KEPT_OF_A_FRAME = ("filename", "function", "lineno", "module", "in_app")
SECONDS_TO_SEND = 2.0  # When a program ends.


def init(dsn: str) -> None:
    """Begin to report. Raises RuntimeError where the package is not installed."""
    try:
        import sentry_sdk
    except ImportError:
        raise RuntimeError("SENTRY_DSN needs the package of sentry: pip install izinlink[sentry].") from None
    sentry_sdk.init(
        dsn=dsn, before_send=keep_harmless, default_integrations=False, auto_enabling_integrations=False,
        include_local_variables=False, include_source_context=False, max_breadcrumbs=0,
        send_client_reports=False, auto_session_tracking=False, server_name="-", environment=programs.own_role(),
        shutdown_timeout=SECONDS_TO_SEND,
    )  # fmt: skip


def report(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For structlog: report the traceback that a log line is about to hold, with the line's name and the route."""
    if error := event.get("exc_info"):
        import sentry_sdk

        with sentry_sdk.new_scope() as scope:
            scope.set_tag("event", event["event"])
            if has_request_context():
                scope.set_tag("method", request.method)
                scope.set_tag("route", str(request.url_rule or "–"))
            scope.capture_exception(None if error is True else error)
    return event


def keep_harmless(event: Any, _hint: object) -> Any:  # Sentry's own types are there only with its package.
    """The event with nothing but what is listed above."""
    kept = _only(event, KEPT)
    kept["exception"] = {"values": [_exception(each) for each in event.get("exception", {}).get("values", ())]}
    return kept


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", ())
    return _only(value, KEPT_OF_AN_EXCEPTION) | {
        "stacktrace": {"frames": [_only(frame, KEPT_OF_A_FRAME) for frame in frames]}
    }


def _only(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}
