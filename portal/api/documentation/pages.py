"""The OpenAPI document, and the page of the documentation: drawn here, without a script or a third party."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from portal.api.documentation import openapi
from portal.api.documentation.blueprint import blueprint
from portal.api.documentation.examples import Example, examples_of
from portal.api.documentation.texts import (
    CHANGES,
    EVENTS,
    GROUPS,
    INVALID_ADDRESS,
    OPERATIONS,
    ORIGINS,
    OUTCOMES,
    REASONS,
    VERDICTS,
)
from portal.api.documentation.webhook_example import WEBHOOK
from portal.api.v1.blueprint import VERSION
from portal.api.v1.checks import NO_ADDRESS
from portal.api.v1.row_problems import PROBLEM_NAMES, ROW_STATUSES, ApiRowProblem
from portal.core import iys_protocol
from portal.core.addresses import AddressProblem
from portal.core.addresses.problems import ExplainedProblem
from portal.core.models import ExclusionReason
from portal.services.imports.audience_contacts import ContactProblem
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.row_results import IYS_CODES, RowProblem, code_of
from portal.web.shared.import_labels import EFFECTS
from portal.web.shared.labels import label
from portal.web.shared.problems import STATUSES, ApiProblem

# Of files' problems those without İYS's text.
ROW_PROBLEMS = (RowProblem.CHANNEL_UNFIT, RowProblem.DATE_TO_COME, RowProblem.REFUSED_ELSEWHERE, RowProblem.RETAILER)

OF_ROWS: dict[ExplainedProblem, str] = {ApiRowProblem.UNKNOWN_FIELD: "H118", ApiRowProblem.NO_SMS: "H464"}


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    fields: list[tuple[str, bool, str, str]]  # Name, whether it is required, its values, and its text.
    answer: list[tuple[str, str, str]]  # Of the answer's fields that need a text: name, values and text.
    calls: list[tuple[str, str | None, int]]  # Command, answer, status.


@blueprint.get("/openapi.json")
def show_openapi() -> ResponseReturnValue:
    return jsonify(openapi.current_document(_language()))


@blueprint.get("/docs")
def show_docs() -> str:
    return render_template(
        "api/docs.html",
        version=VERSION,
        groups=_groups(_operations(openapi.current_document(_language()))),
        problems=_problems(),
        reasons=[*REASONS.items(), (NO_ADDRESS, INVALID_ADDRESS)],
        effects=EFFECTS,
        verdicts=VERDICTS,
        outcomes=OUTCOMES,
        origins=ORIGINS,
        exclusions={each: label(each) for each in ExclusionReason},
        changes=CHANGES,
        events=EVENTS,
        webhook=_dump(WEBHOOK),
    )


def _language() -> str:
    return get_locale().language


def _operations(document: dict[str, Any]) -> list[Operation]:
    found = {
        operation["operationId"]: Operation(
            operation["operationId"], method.upper(), path, operation["summary"], operation["description"],
            operation["x-scope"],
            _fields(operation, document), _answer_fields(operation, document),
            [_call(method, operation, each) for each in examples_of(operation["operationId"])],
        )
        for path, operations in document["paths"].items() for method, operation in operations.items()
    }  # fmt: skip
    return [found[name] for name in OPERATIONS]


def _groups(operations: list[Operation]) -> list[tuple[str, list[Operation]]]:
    """Operations in their order, each group with its title."""
    groups: list[tuple[str, list[Operation]]] = []
    for each in operations:
        if each.name in GROUPS:
            groups.append((GROUPS[each.name], []))
        groups[-1][1].append(each)
    return groups


def _fields(operation: dict[str, Any], document: dict[str, Any]) -> list[tuple[str, bool, str, str]]:
    """Of the query, the headers and the body; for a list of rows, of a row."""
    schemas = document["components"]["schemas"]
    fields = [
        (each["name"], each["required"], _values(each["schema"], schemas), each.get("description", ""))
        for each in operation["parameters"] if each["in"] != "path"
    ]  # fmt: skip
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for name, is_required, field in _properties(content["schema"], schemas):
            fields.append((name, is_required, _values(field, schemas), field.get("description", "")))
    return fields


def _answer_fields(operation: dict[str, Any], document: dict[str, Any]) -> list[tuple[str, str, str]]:
    schemas, content = document["components"]["schemas"], operation["responses"]["200"].get("content", {})
    found = _properties(content.get("application/json", {}).get("schema", {}), schemas)
    told = ((name, _values(each, schemas), each["description"]) for name, _, each in found if "description" in each)
    return list(dict.fromkeys(told))


def _properties(
    schema: dict[str, Any], schemas: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, bool, dict[str, Any]]]:
    """The fields of a schema and of what lies in it, a row's by its own name; but for problems, told elsewhere."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for name, field in schema.get("properties", {}).items():
        yield prefix + name, name in schema.get("required", ()), field
        if name != "problem":
            for part in (field, *field.get("anyOf", ()), *field.get("allOf", ())):
                yield from _properties(part, schemas, f"{prefix}{name}.")
            yield from _properties(field.get("items", {}), schemas)


def _values(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """What a field may be, as JSON names it: its type, or its values where they are few."""
    if "$ref" in schema:
        return _values(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if several := schema.get("anyOf") or schema.get("allOf"):
        return " | ".join(_values(each, schemas) for each in several)
    if "items" in schema:
        return f"[{_values(schema['items'], schemas) or 'object'}]"
    longest = f" ≤ {schema['maxLength']}" if "maxLength" in schema else ""
    bounds = f" {schema['minimum']}–{schema['maximum']}" if "maximum" in schema and "minimum" in schema else ""
    return str(schema.get("type", "")) + longest + bounds


def _call(method: str, operation: dict[str, Any], example: Example) -> tuple[str, str | None, int]:
    lines = [f"curl -X {method.upper()} '{current_app.config['MAIN_BASE']}/api/v1{example.path}'"]
    lines.append('-H "Authorization: Bearer $IZINLINK_KEY"')
    if any(each["name"] == "Idempotency-Key" for each in operation["parameters"]):
        lines.append('-H "Idempotency-Key: $(openssl rand -hex 16)"')
    if example.file is not None:
        lines.append("--data-binary @izinler.csv")
    if example.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{_dump(example.body)}'"]
    answer = _dump(example.answer) if example.answer is not None else None
    return " \\\n  ".join(lines), answer, example.status


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _problems() -> list[tuple[str, int, str, str, str]]:
    """Code, status, İYS's code, and what it says; the page has an anchor for each code."""
    found: list[tuple[ExplainedProblem, int, str]] = [(each, STATUSES[each], "") for each in ApiProblem]
    of_rows = (*ApiRowProblem, *ROW_PROBLEMS, *ContactProblem, *AddressProblem, *FileProblem)
    found += [(each, ROW_STATUSES.get(each, 422), _iys_code(each)) for each in of_rows]
    told = {each.value: (status, iys_code, each.sentence, each.cure) for each, status, iys_code in reversed(found)}
    for code, name in PROBLEM_NAMES.items():
        told.setdefault(name, (422, code, iys_protocol.sentence_of(code), iys_protocol.cure_of(code)))
    return [(code, *its) for code, its in sorted(told.items())]


def _iys_code(found: ExplainedProblem) -> str:
    """The code that answers carry beside ours."""
    if isinstance(found, AddressProblem):
        return code_of(found.value)
    return IYS_CODES.get(found.value, "") or OF_ROWS.get(found, "")
