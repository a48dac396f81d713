"""İYS's OpenAPI document, read as far as our table goes."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

CODE = re.compile(r'"code:?":\s*"(H\d{3,4})"')  # Its examples spell the key both ways.
ROW = re.compile(r"^\|\s*(H\d{3})\s*\|\s*(\d{3})\s*\|", re.MULTILINE)


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the document has it."""

    success: set[int]
    codes: dict[int, set[str]]  # Of its examples.
    takes: dict[str, dict]  # Field: its schema.
    needs: set[str]
    query: set[str]
    tells: set[str]  # Names in the schemas of its successes.
    shown: str  # Its successes as text, examples too.
    media: set[str]


class Document:
    """The document at a path."""

    def __init__(self, path: Path):
        self.whole = json.loads(path.read_text(encoding="utf-8"))
        self.text = "\n".join(_strings(self.whole))

    def operation(self, method: str, path: str) -> Operation | None:
        """What stands under that path and method; None where nothing does."""
        found = self.whole["paths"].get(path, {}).get(method.lower())
        return self._read(found) if found else None

    def listed_codes(self) -> dict[str, int]:
        """The chapter of codes: code and HTTP status."""
        (chapter,) = [tag["description"] for tag in self.whole["tags"] if tag["name"] == "HATA KODLARI"]
        return {code: int(status) for code, status in ROW.findall(chapter)}

    def _read(self, operation: dict) -> Operation:
        answers = {int(status): self._at(answer) for status, answer in operation["responses"].items()}
        well = {status: answer for status, answer in answers.items() if status < 300}
        bodies = [media["schema"] for media in operation.get("requestBody", {}).get("content", {}).values()]
        takes, needs = self._fields(bodies[:1])
        return Operation(
            success=set(well),
            codes={status: set(CODE.findall(json.dumps(answer))) for status, answer in answers.items() if status > 299},
            takes=takes,
            needs=needs,
            query={each["name"] for each in operation.get("parameters", []) if each.get("in") == "query"},
            tells=set(self._fields([media["schema"] for media in _media(well) if "schema" in media])[0]),
            shown=json.dumps(well, ensure_ascii=False),
            media={name for answer in well.values() for name in answer.get("content", {})},
        )

    def _fields(self, schemas: list[dict]) -> tuple[dict[str, dict], set[str]]:
        """Every property of the schemas, at any depth, and those that are required."""
        fields, needs = {}, set()
        for schema in map(self._at, schemas):
            for name, inner in schema.get("properties", {}).items():
                fields[name] = self._at(inner)
            required = schema.get("required", [])
            needs |= set(required) if isinstance(required, list) else set()
            beneath = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
            for words in ("oneOf", "anyOf", "allOf"):
                beneath += schema.get(words, [])
            more, also_needs = self._fields(beneath)
            fields = more | fields
            needs |= also_needs
        return fields, needs

    def _at(self, thing: dict) -> dict:
        while "$ref" in thing:
            found = self.whole
            for part in thing["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            thing = found
        return thing


def _media(answers: dict[int, dict]) -> list[dict]:
    return [media for answer in answers.values() for media in answer.get("content", {}).values()]


def _strings(thing: object) -> list[str]:
    if isinstance(thing, str):
        return [thing]
    if isinstance(thing, dict):
        return [text for pair in thing.items() for each in pair for text in _strings(each)]
    return [text for each in thing for text in _strings(each)] if isinstance(thing, list) else []
