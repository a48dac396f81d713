"""What a request brings: the fields of a JSON object or a form, or any JSON at all."""

import json

from flask import request

from iys_sandbox.errors import Refused
from portal.core.iys_protocol import Problem

YES, NO = ("true", "1", "on", "yes"), ("false", "0", "off", "no", "")


def fields_of_request() -> dict:
    """Field names and values; none for a body that is neither."""
    if not request.is_json:
        return request.form.to_dict()
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def yes_or_no(value: object) -> bool:
    """A switch out of JSON or a form. Raises ValueError for what is neither."""
    word = str(value).lower()
    if word not in YES + NO:
        raise ValueError("true or false")
    return word in YES


def json_of_request() -> object:
    """The body as JSON, whatever its content type says: H014."""
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refused(Problem("H014")) from None


def number_asked_for(name: str, code: str, default: int) -> int:
    """A whole number of the query, from 0 on; `code` for anything else."""
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(Problem(code, [name], text))
    return int(text)
