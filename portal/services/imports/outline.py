"""What a file turned out to be: its kind, and of each sheet how many lines it has and which of them names columns."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Sheet:
    """One sheet, or the whole of a text. `header` is empty where no line names the columns."""

    name: str
    lines: int  # That hold anything, the header and what stands above it among them.
    width: int  # Columns of its widest line.
    header_line: int | None  # As an editor counts, from 1; what stands above it is no data.
    header: tuple[str, ...]
    first_chunk: int  # The place of its first chunk.
    chunks: int


@dataclass(frozen=True)
class Outline:
    """A file as it was read."""

    format: str  # "xlsx", "xls", "ods", "csv", "paste"
    encoding: str | None
    separator: str | None
    sheets: tuple[Sheet, ...]

    def packed(self) -> str:
        """As JSON, to be sealed."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> "Outline":
        """What packed() wrote."""
        facts = json.loads(text)
        sheets = tuple(Sheet(**{**each, "header": tuple(each["header"])}) for each in facts.pop("sheets"))
        return cls(sheets=sheets, **facts)
