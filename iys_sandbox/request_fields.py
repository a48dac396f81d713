"""Reading request bodies: the fields of a JSON object or a form, or any JSON."""

import json

from flask import request

from iys_sandbox.errors import JsonObject, Refused
from portal.core.iys_protocol import IysProblem

YES, NO = ("true", "1", "on", "yes"), ("false", "0", "off", "no", "")


def fields_of_request() -> JsonObject:
    """Fields of a JSON object or a form; none for any other body."""
    if not request.is_json:
        return request.form.to_dict()
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def parse_bool(value: object) -> bool:
    """A boolean of JSON or of a form. Raises ValueError."""
    word = str(value).lower()
    if word not in YES + NO:
        raise ValueError("true or false")
    return word in YES


def json_of_request() -> object:
    """The body as JSON, whatever its content type says: H014."""
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refused(IysProblem("H014")) from None


def parse_number(name: str, code: str, default: int) -> int:
    """A whole number of the query, from 0 on; `code` for anything else."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(IysProblem(code, [name], text))
    return int(text)
