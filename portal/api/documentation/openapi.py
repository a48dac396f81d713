"""The OpenAPI 3.1 document, generated from the views, with texts in one language, problems and examples."""

import copy
from functools import lru_cache
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext

from portal.api.documentation.examples import Example, examples_of
from portal.api.documentation.links import links_of
from portal.api.documentation.texts import OPERATIONS
from portal.api.v1.blueprint import specification
from portal.web.shared import xlsx_writer

Json = dict[str, Any]

PROBLEMS = {
    400: "bad_request", 401: "key_unknown", 403: "scope_missing", 404: "not_found", 409: "over_refusal",
    410: "cursor_lost",
    413: "too_large", 415: "not_json", 422: "invalid", 429: "too_many_requests", 500: "server_error",
    503: "iys_unavailable",
}  # fmt: skip
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


BINARY = {"schema": {"type": "string", "format": "binary"}}
FILE_BODIES = {  # Of operations that take a file, and the answers of those that give one.
    "addImport": {
        "required": True,
        "content": {
            "application/octet-stream": BINARY,
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": BINARY["schema"]}}
            },
        },
    }
}
FILE_ANSWERS = {
    "downloadImportErrors": {xlsx_writer.MEDIA_TYPE: BINARY},
    "downloadExport": {"text/csv": BINARY, xlsx_writer.MEDIA_TYPE: BINARY},
}


@lru_cache(maxsize=8)
def document(language: str, base: str) -> Json:
    """The document for servers at `base`. Its names and types are the same in both languages."""
    spec: Json = copy.deepcopy(specification.spec)
    spec["servers"] = [{"url": base}]
    for schema in spec["components"]["schemas"].values():
        schema.pop("description", None)  # Docstrings are for who reads the code.
    scopes = _scopes()
    with force_locale(language):
        for operations in spec["paths"].values():
            for method, operation in operations.items():
                _complete(operation)
                if method == "get" and "application/json" in operation["responses"]["200"].get("content", {}):
                    operation["responses"]["304"] = {"description": "not_modified"}
                operation["x-scope"] = scopes[operation["operationId"]]
        _translate(spec["components"])
        _translate(spec["paths"])
    return spec


def current_document(language: str) -> Json:
    """The same for this installation."""
    return document(language, current_app.config["MAIN_BASE"])


def _scopes() -> dict[str, str]:
    """The scope that each operation needs."""
    views = {name: view for name, view in current_app.view_functions.items() if name.startswith("api.")}
    known: dict[str, Any] = {name: specification.get_function_metadata(view) for name, view in views.items()}
    return {each.operation_id: vars(views[name])["scope"] for name, each in known.items()}


def _complete(operation: Json) -> None:
    name = operation["operationId"]
    summary, description = OPERATIONS[name]
    operation |= {"summary": gettext(summary), "description": gettext(description)}
    responses = operation["responses"]
    del responses["422"]  # Spectree's, also of operations without parameters.
    own = [int(each) for each, its in responses.items() if int(each) >= 400 and its.get("content")]
    for status in (*own, *_problem_statuses(operation)):
        responses[str(status)] = {"description": PROBLEMS[status], "content": PROBLEM}
    good = [each for each in examples_of(name) if each.status < 400]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["examples"] = _named(good, "body")
    for content in responses.get("200", {}).get("content", {}).values():
        content["examples"] = _named(good, "answer")
    if name in FILE_BODIES:
        operation["requestBody"] = FILE_BODIES[name]
        responses["413"] = {"description": PROBLEMS[413], "content": PROBLEM}
    if name in FILE_ANSWERS:
        responses["200"]["content"] = FILE_ANSWERS[name]
    if links := links_of(name):
        responses["200"]["links"] = links


def _problem_statuses(operation: Json) -> list[int]:
    """What an operation answers beside the statuses that its view names: every one, those with something to read, to
    find, with a body."""
    places = {each["in"] for each in operation["parameters"]}
    statuses = [401, 403, 429, 500]
    if "requestBody" in operation:
        statuses += [400, 413, 415, 422]
    elif places - {"path"}:
        statuses.append(422)
    if "path" in places and "404" not in operation["responses"]:
        statuses.append(404)
    return statuses


def _named(examples: list[Example], what: str) -> Json:
    return {f"example{number}": {"value": getattr(each, what)} for number, each in enumerate(examples, 1)}


def _translate(node: Any) -> None:
    """Descriptions of fields are msgids; Pydantic's titles only repeat the names."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if node.get("default", "") is None:
            del node["default"]  # Absent is what it says; many of these fields take no null.
        text = node.get("description")
        if isinstance(text, str) and text:
            node["description"] = gettext(text)
        for name, each in node.items():
            if name not in ("examples", "example", "default"):
                _translate(each)
    elif isinstance(node, list):
        for each in node:
            _translate(each)
