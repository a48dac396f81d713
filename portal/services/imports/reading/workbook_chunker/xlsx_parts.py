"""The parts of an xlsx in one spelling, since XML has many: the other modules search a sheet for patterns, again and
again, and do not parse its millions of cells."""

import io
import re
import zipfile
import zlib
from html import escape
from typing import IO, Any
from xml.parsers import expat

PART, PIECE = 1024 * 1024, 64 * 1024  # Bytes looked through at once, and unpacked.
_BARE = {"t", "v"}  # Elements without attributes that mean anything.
_is_usual = re.compile("[A-Z]{1,3}[0-9]{1,7}").fullmatch
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.I)


class Parts:
    """Of a package, found by their names in any case: UTF-8, tags without prefixes and blanks, attributes in double
    quotes, each row and cell with its place. `is_broken` says whether one that was read ended too early, or may mean
    two things."""

    def __init__(self, data: bytes):
        self._packed = zipfile.ZipFile(io.BytesIO(data))
        self._names = {name.replace("\\", "/").lower(): name for name in self._packed.namelist()}
        self._respelt: dict[str, bytes] = {}
        self.is_broken = len(self._names) < len(self._packed.namelist())

    def __contains__(self, path: str) -> bool:
        return path.lower() in self._names

    def open(self, path: str) -> IO[bytes]:
        """Raises KeyError."""
        return io.BufferedReader(_Inflated(self._compressed(path.lower())))

    def read(self, path: str) -> bytes:
        return zlib.decompress(self._compressed(path.lower()))

    def _compressed(self, path: str) -> bytes:
        if path not in self._respelt:
            packer, speller = zlib.compressobj(1), _Speller()
            packed = []
            with self._packed.open(self._names[path]) as part:
                try:
                    while block := part.read(PART):
                        packed.append(packer.compress(speller.respell(block)))
                    packed.append(packer.compress(speller.respell(b"", is_last=True)))
                except (expat.ExpatError, ValueError, LookupError):
                    self.is_broken = True
                    packed.append(packer.compress(speller.taken()))
            self._respelt[path] = b"".join([*packed, packer.flush()])
            self.is_broken |= speller.is_odd
        return self._respelt[path]


class _Inflated(io.RawIOBase):
    """Compressed bytes as they were."""

    def __init__(self, packed: bytes):
        self._packed, self._at, self._rest, self._unpacker = packed, 0, b"", zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = b""
        while not got and not self._unpacker.eof:
            if not self._rest:
                self._rest, self._at = self._packed[self._at : self._at + PIECE], self._at + PIECE
            got = self._unpacker.decompress(self._rest, len(buffer))
            self._rest = self._unpacker.unconsumed_tail
        buffer[: len(got)] = got
        return len(got)


class _Speller:
    def __init__(self) -> None:
        self.is_odd = False  # Whether a cell's place is none.
        self._out, self._opened = [""], ""
        self._tags: dict[str, str] = {}  # By their names with a prefix.
        self._in, self._row, self._cell = "", 0, ""
        self._parser = expat.ParserCreate()
        self._parser.ordered_attributes = self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._parser.CharacterDataHandler, self._parser.EntityDeclHandler = self._text, self._refuse

    def respell(self, block: bytes, *, is_last: bool = False) -> bytes:
        """Raises ExpatError, and ValueError for an entity that the part defines."""
        self._parser.Parse(block, is_last)
        return self.taken(0 if is_last else 1)

    def taken(self, kept: int = 0) -> bytes:
        """What was spelt so far, but for the last piece, which may become an empty element."""
        end = len(self._out) - kept
        text = "".join(self._out[:end])
        del self._out[:end]
        return text.encode()

    def _start(self, name: str, facts: list[str]) -> None:
        tag = self._tags.get(name) or self._tags.setdefault(name, name.rpartition(":")[2])
        self._in = tag
        if tag == "c":
            self._place_cell(facts)
        elif tag == "row":
            self._place_row(facts)
        if not facts or tag in _BARE:
            self._opened = f"<{tag}>"
        else:
            if not "".join(facts).isalnum():
                facts[1::2] = map(escape, facts[1::2])
            self._opened = f"<{tag}" + ' %s="%s"' * (len(facts) // 2) % tuple(facts) + ">"
        self._out.append(self._opened)

    def _end(self, name: str) -> None:
        self._in = ""
        if self._out[-1] is self._opened:
            self._out[-1] = f"{self._opened[:-1]}/>"
        else:
            self._out.append(f"</{self._tags[name]}>")

    def _text(self, text: str) -> None:
        if self._in == "v" and not text.isalnum():
            text = text.strip()
        if text.isalnum():
            self._out.append(text)
        elif text and (self._in == "t" or not text.isspace()):
            self._out.append(escape(text, quote=False))

    def _place_row(self, facts: list[str]) -> None:
        known = _value(facts, "r")
        ended = _PLACE.fullmatch(self._cell)
        self._row = int(known) if known else max(self._row, int(ended[2]) if ended else 0) + 1
        self._cell = ""
        _set(facts, "r", str(self._row))
        _set_format(facts)

    def _place_cell(self, facts: list[str]) -> None:
        if facts and facts[0] == "r" and _is_usual(facts[1]):
            self._cell = facts[1]
        else:
            found = _PLACE.fullmatch((_value(facts, "r") or self._next_place()).strip())
            self.is_odd |= found is None
            self._cell = f"{found[1]}{found[2]}".upper() if found else self._next_place()
            _set(facts, "r", self._cell)
        _set_format(facts)

    def _next_place(self) -> str:
        """The cell to the right of the last one, or the first of a row."""
        before = _PLACE.fullmatch(self._cell)
        if before is None:
            return f"A{self._row}"
        number = 0
        for letter in before[1]:
            number = number * 26 + ord(letter) - 64
        letters, number = "", number + 1
        while number:
            number, last = divmod(number - 1, 26)
            letters = chr(65 + last) + letters
        return f"{letters}{before[2]}"

    def _refuse(self, *_: object) -> None:
        raise ValueError


def _value(facts: list[str], name: str) -> str:
    return next((facts[i + 1] for i in range(0, len(facts), 2) if facts[i] == name), "")


def _set(facts: list[str], name: str, value: str) -> None:
    """Give an attribute a value, and the first place if it had none."""
    for i in range(0, len(facts), 2):
        if facts[i] == name:
            facts[i + 1] = value
            return
    facts[:0] = [name, value]


def _set_format(facts: list[str]) -> None:
    """Write the number of a cell's format in the shortest way. Raises ValueError for what is no number."""
    if "s" in facts:
        number = _value(facts, "s")
        if not number.isdigit() or number[0] == "0":
            _set(facts, "s", str(int(number or 0)))
