"""A workbook that is a zip of parts in XML, which programs spell in many ways."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, TreeBuilder  # nosec B405: it parses nothing here
from xml.parsers import expat

BLOCK = 1024 * 1024  # Bytes parsed at once.

Attributes = dict[str, str]  # By their names as they are written, with a prefix.


class WorkbookParts:
    """Parts by their names in any case; tags come without prefixes. `is_broken` says whether one that was read ended
    too early, or may mean two things."""

    def __init__(self, data: bytes):
        self._packed = zipfile.ZipFile(io.BytesIO(data))
        self._names = {name.replace("\\", "/").lower(): name for name in self._packed.namelist()}
        self.is_broken = len(self._names) < len(self._packed.namelist())

    def __contains__(self, path: str) -> bool:
        return path.lower() in self._names

    def begin(self, path: str) -> bytes:
        """The first block of a part. Raises KeyError."""
        with self._packed.open(self._names[path.lower()]) as part:
            return part.read(BLOCK)

    def parse(self, path: str, parser: expat.XMLParserType) -> Iterator[None]:
        """Parse a part block by block, as far as it goes; yields after each. Raises KeyError."""
        parser.StartCdataSectionHandler = self._meet_cdata
        with self._packed.open(self._names[path.lower()]) as part:
            try:
                while block := part.read(BLOCK):
                    parser.Parse(block)
                    yield
                parser.Parse(b"", True)
            except (expat.ExpatError, ValueError, LookupError, zlib.error, zipfile.BadZipFile):
                self.is_broken = True
        yield

    def elements(self, path: str, *names: str, group: str = "") -> Iterator[Element]:
        """The elements of these names, each when it is complete; it is emptied afterwards. One named as a `group` comes
        where it starts, too. Raises KeyError."""
        builder, complete = TreeBuilder(), list[Element]()

        def start(name: str, attributes: Attributes) -> None:
            element = builder.start(local_name(name), attributes)
            if element.tag == group:
                complete.append(element)

        def end(name: str) -> None:
            element = builder.end(local_name(name))
            if element.tag in names or element.tag == group:
                complete.append(element)

        parser = new_parser(start)
        parser.EndElementHandler, parser.CharacterDataHandler = end, builder.data
        for _ in self.parse(path, parser):
            for each in complete:
                yield each
                each.clear()
            complete.clear()

    def _meet_cdata(self) -> None:
        self.is_broken = True  # The reader of cells drops such text.

    def sheets(self) -> Iterator[tuple[str, str]]:
        """The name of each sheet of an xlsx, and the part that holds it. Raises KeyError."""
        targets = {each.get("Id"): each.get("Target", "") for each in self._relations("xl/_rels/workbook.xml.rels")}
        for sheet in self.elements("xl/workbook.xml", "sheet"):
            identity = next((value for name, value in sheet.items() if name.endswith(":id")), "")
            yield sheet.get("name", ""), _joined("xl", targets.get(identity, ""))

    def calculation(self) -> Attributes | None:
        """Whether and how an xlsx was computed, if it says so. Raises KeyError."""
        return next((dict(each.items()) for each in self.elements("xl/workbook.xml", "calcPr")), None)

    def related(self, path: str, kind: str) -> Iterator[str]:
        """The parts of a kind that belong to another part."""
        folder, name = posixpath.split(path)
        for each in self._relations(f"{folder}/_rels/{name}.rels"):
            if each.get("Type", kind).endswith(kind):
                yield _joined(folder, each.get("Target", ""))

    def part_of_workbook(self, kind: str) -> str:
        """The part of a kind, or "" where there is none."""
        usual = f"xl/{kind}.xml"
        return next(self.related("xl/workbook.xml", f"/{kind}"), usual if usual in self else "")

    def _relations(self, path: str) -> Iterator[Element]:
        yield from self.elements(path, "Relationship") if path in self else ()


def new_parser(start: Callable[[str, Attributes], None]) -> expat.XMLParserType:
    """One that refuses entities which a part defines, by a ValueError."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EntityDeclHandler = start, _refuse
    return parser


def local_name(name: str) -> str:
    return name.rpartition(":")[2]


def _joined(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def _refuse(*_: object) -> None:
    raise ValueError
