"""The outline of a file: its format, and of each sheet the number of lines and the header."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Sheet:
    """One sheet, or the whole of a text. `header` is empty where no line names the columns."""

    name: str
    lines: int  # Not empty; with the header and the lines above it.
    width: int  # Columns of its widest line.
    header_line: int | None  # As an editor counts, from 1; lines above it are no data.
    header: tuple[str, ...]
    first_chunk: int  # The place of its first chunk.
    chunks: int


@dataclass(frozen=True)
class Outline:
    format: str  # "xlsx", "xls", "ods", "csv", "paste"
    encoding: str | None
    separator: str | None
    sheets: tuple[Sheet, ...]

    def packed(self) -> str:
        """As JSON, to be encrypted."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> "Outline":
        """What packed() wrote."""
        facts = json.loads(text)
        sheets = tuple(Sheet(**{**each, "header": tuple(each["header"])}) for each in facts.pop("sheets"))
        return cls(sheets=sheets, **facts)
