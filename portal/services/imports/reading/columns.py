"""Which columns hold addresses: by the header's words where it has them, otherwise by what stands in them."""

import re

from portal.core.addresses import BadAddress, Problem, parse
from portal.services.imports.reading.file_problems import FileProblem, Unreadable

ADDRESS_WORD = re.compile(r"(telefon|eposta|email|mail|phone|gsm|mobil|msisdn|whatsapp)[a-z]*|tel|cep")
# These name a column too, but not whether it holds telephones, streets or customers' numbers.
WIDER_WORD = re.compile(r"numara[a-z]*|nosu|no|number|adres[a-z]*|address|iletisim|contact|alici|recipient")
KNOWN_WORD = re.compile(
    rf"{ADDRESS_WORD.pattern}|{WIDER_WORD.pattern}|is|ev|kisisel|kurumsal|musteri|yetkili|bilgisi|hatti|[0-9]+"
)

HEADERS_WITHIN = 20  # Titles may stand above.

_ASCII = str.maketrans("çğıöşüâîûÇĞİÖŞÜÂÎÛ", "cgiosuaiucgiosuaiu")


def find_header(rows: list[list[str]]) -> int | None:
    """Which of the first rows names columns: before any address, with most fields that announce some."""
    best, most = None, 0
    for place, fields in enumerate(rows[:HEADERS_WITHIN]):
        if any(_verdict(field) is None for field in fields):
            break
        announced = sum(map(_announces, fields))
        if announced > most:
            best, most = place, announced
    return best


def _announces(name: str) -> bool:
    return any(ADDRESS_WORD.fullmatch(word) or WIDER_WORD.fullmatch(word) for word in _words(name))


def choose_columns(header: list[str] | None, rows: list[list[str]]) -> tuple[int, ...]:
    """The address columns of a sample of rows, counted from 0; raises Unreadable if there are none.

    A name like "E-posta adresi" is believed; one that says more, like "Mail gönderildi mi?", only if addresses follow.
    """
    cells = [[] for _ in range(max(map(len, [header or [], *rows])))]
    for row in rows:
        for column, cell in enumerate(row):
            if (verdict := _verdict(cell)) != Problem.EMPTY:
                cells[column].append(verdict)
    chosen = _by_name(header or [], cells) or _by_content(cells) or _by_likeness(cells)
    if not chosen:
        raise Unreadable(FileProblem.NO_ADDRESS_COLUMN)
    return chosen


def _by_name(header: list[str], cells: list[list[Problem | None]]) -> tuple[int, ...]:
    return tuple(
        column
        for column, name in enumerate(header)
        if _names_addresses(name) or (_mentions_addresses(name) and None in cells[column])
    )


def _by_content(cells: list[list[Problem | None]]) -> tuple[int, ...]:
    return tuple(column for column, verdicts in enumerate(cells) if _share({None}, verdicts) >= 0.5)


def _by_likeness(cells: list[list[Problem | None]]) -> tuple[int, ...]:
    """The one column that looks most like failed addresses, so that each row can say what is wrong with it."""
    unlike = {Problem.UNKNOWN} if len(cells) == 1 else {Problem.UNKNOWN, Problem.PHONE_TOO_SHORT}  # 01.02.2024
    likeness = [_share({None, *Problem} - unlike, verdicts) for verdicts in cells]
    best = max(likeness)
    return (likeness.index(best),) if best else ()


def _share(wanted: set[Problem | None], verdicts: list[Problem | None]) -> float:
    return sum(verdict in wanted for verdict in verdicts) / len(verdicts) if verdicts else 0.0


def _names_addresses(name: str) -> bool:
    return _mentions_addresses(name) and all(KNOWN_WORD.fullmatch(word) for word in _words(name))


def _mentions_addresses(name: str) -> bool:
    return any(ADDRESS_WORD.fullmatch(word) for word in _words(name))


def _words(name: str) -> list[str]:
    plain = name.replace("\u0307", "").translate(_ASCII).lower()
    return re.findall(r"[a-z0-9]+", re.sub(r"\be[ ._-]?(posta|mail)", r"e\1", plain))


def _verdict(cell: str) -> Problem | None:
    """What is wrong with it; None if it is an address."""
    try:
        parse(cell)
    except BadAddress as bad:
        return bad.problem
    return None
