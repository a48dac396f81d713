"""The fields of a request, whether it came as JSON or as a form."""

from flask import request


def fields_of_request() -> dict:
    """Field names and values; none for a body that is neither."""
    if not request.is_json:
        return request.form.to_dict()
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}
