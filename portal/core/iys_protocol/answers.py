"""İYS's eight shapes of error body, read as one list."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.core.iys_protocol.validation import MISSING

MAX_CODE_LENGTH = 20  # None of İYS's is as long; a proxy may say more in its place.


@dataclass(frozen=True, slots=True)
class WireError:
    """One error: `code` ("" if none was given), position in a list, path to the field, offending value, İYS's text."""

    code: str
    index: int | None = None
    location: list | None = None
    value: object = field(default=MISSING, repr=False)  # May be an address, and a repr ends in logs.
    message: str = field(default="", repr=False)  # May quote one.


def parse_errors(status: int, body: bytes | str | object) -> list[WireError]:
    """The errors of an answer, in order; none for HTML, an empty or a cut body, and none in a success.

    A success may still hold failed items (bulk results, opt-out links); those are told. `body` is raw or parsed.
    """
    return list(_errors_of(_parse_json(body), failed=status >= 400))


def _parse_json(body: object) -> object:
    if not isinstance(body, bytes | str):
        return body
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # A proxy's page, or half an answer: the HTTP status has to do.
        return None


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
    elif _code(body) or (failed and "message" in body):
        yield from _flat_error(body)


def _errors_in_list(errors: object) -> Iterator[WireError]:
    for error in errors if isinstance(errors, list) else [errors]:
        if isinstance(error, dict):
            yield _error(error, index=error.get("index"))


def _flat_error(body: dict) -> Iterator[WireError]:
    if _code(body) != "OK":  # ViA says so of its successes.
        yield _error(body, index=body.get("index"))


def _via_pass_errors(body: dict) -> Iterator[WireError]:
    fields = body["data"] if isinstance(body.get("data"), list) else []
    location = [item["field"] for item in fields if isinstance(item, dict) and "field" in item]
    yield WireError(_clean_code(body["errorCode"]), location=location or None, message=_text(body.get("errorMessage")))
    beneath = body.get("subSystemErrorInfo")
    if isinstance(beneath, dict):
        yield from _errors_in_list(beneath.get("errors"))


def _error(error: dict, *, index: object) -> WireError:
    location = error.get("location")
    return WireError(
        code=_code(error),
        index=index if isinstance(index, int) else None,
        location=location if isinstance(location, list) else None,
        value=error.get("value", MISSING),
        message=_text(error.get("message")),
    )


def _code(error: dict) -> str:
    return _clean_code(error.get("code") or error.get("code:"))  # İYS's examples spell the key both ways.


def _clean_code(code: object) -> str:
    """A code that can be kept: without NUL and its like, and cut to size."""
    return "".join(filter(str.isprintable, _text(code)))[:MAX_CODE_LENGTH]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
