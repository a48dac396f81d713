"""Parse İYS's error bodies, which have eight shapes, into one list of errors."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from portal.core.iys_protocol.validation import MISSING

Body = dict[str, Any]

MAX_CODE_LENGTH = 20  # İYS's codes are shorter; a proxy may answer anything.


@dataclass(frozen=True, slots=True)
class WireError:
    """One error: `code` ("" if none was given), position in a list, path to the field, offending value, İYS's text."""

    code: str
    index: int | None = None
    location: list[str | int] | None = None
    value: object = field(default=MISSING, repr=False)  # May be an address, and a repr ends in logs.
    message: str = field(default="", repr=False)  # May quote one.


def parse_errors(status: int, body: bytes | str | object) -> list[WireError]:
    """Parse the errors of an answer, in order; none for HTML and for an empty or truncated body.

    A success may still hold failed items (bulk results, opt-out links), which are included. `body` is raw or parsed.
    """
    if isinstance(body, bytes | str):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):  # A proxy's page or a truncated answer: only the HTTP status counts.
            return []
    return list(_errors_of(body, failed=status >= 400))


def _errors_of(body: object, *, failed: bool) -> Iterator[WireError]:
    if isinstance(body, list):
        for item in body:
            yield from _errors_of(item, failed=False)
        return
    if not isinstance(body, dict):
        return
    if "errors" in body:
        yield from _errors_in_list(body["errors"])
    elif isinstance(body.get("error"), dict):  # An item of a bulk result.
        yield _error(body["error"], index=body.get("index"))
    elif isinstance(body.get("error"), str):  # The token endpoint.
        yield WireError(_clean_code(body["error"]), message=_text(body.get("error_description")))
    elif "errorCode" in body:
        yield from _via_pass_errors(body)
    elif (code := _code(body)) != "OK" and (code or (failed and "message" in body)):  # ViA sends OK in successes.
        yield _error(body, index=body.get("index"))


def _errors_in_list(errors: object) -> Iterator[WireError]:
    for error in errors if isinstance(errors, list) else [errors]:
        if isinstance(error, dict):
            yield _error(error, index=error.get("index"))


def _via_pass_errors(body: Body) -> Iterator[WireError]:
    fields = body["data"] if isinstance(body.get("data"), list) else []
    location = [item["field"] for item in fields if isinstance(item, dict) and "field" in item]
    yield WireError(_clean_code(body["errorCode"]), location=location or None, message=_text(body.get("errorMessage")))
    if isinstance(subsystem := body.get("subSystemErrorInfo"), dict):
        yield from _errors_in_list(subsystem.get("errors"))


def _error(error: Body, *, index: object) -> WireError:
    location = error.get("location")
    return WireError(
        code=_code(error),
        index=index if isinstance(index, int) else None,
        location=location if isinstance(location, list) else None,
        value=error.get("value", MISSING),
        message=_text(error.get("message")),
    )


def _code(error: Body) -> str:
    return _clean_code(error.get("code") or error.get("code:"))  # İYS's examples spell the key both ways.


def _clean_code(code: object) -> str:
    """A code that the database can hold: printable characters only, and not too long."""
    return "".join(filter(str.isprintable, _text(code)))[:MAX_CODE_LENGTH]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
