"""Column detection: which column of a file holds which field, by the columns' names and their contents.

Neither alone is enough: a column called "E-posta" may hold yes and no, and a number that looks like a telephone may
be a member's. Of an import a person sees the guess beside the lines and confirms it.
"""

from collections.abc import Sequence

from portal.core.addresses import AddressProblem
from portal.core.iys_protocol import Channel, Status
from portal.services.imports.layout.cell_words import Meanings, Y
from portal.services.imports.layout.column_contents import STATUSES, Contents
from portal.services.imports.layout.consent_names import is_no_status, is_unclear, words_of_state
from portal.services.imports.layout.headers import CLEAR, announced, may_be_dates
from portal.services.imports.layout.layout import ADDRESSES, RETAILERS, STATUS_FIELDS, Field, Layout
from portal.services.imports.layout.normalization import key_of
from portal.services.imports.reading.workbook_chunker.chunks import Line

SAMPLE_LINES = 300
MOST_COLUMNS = 200
CONTENT_WEIGHT = 2  # Against 1 for its name.
UNCLEAR_SHARE = 0.3  # Of a status column's weight where its name is unclear, so that any with a clear one goes before.
# How much of a nameless column must fit; fields that are not here are found by their name only.
ENOUGH = {
    Field.PHONE: 0.5, Field.EMAIL: 0.5, Field.ADDRESS: 0.5, Field.DATE: 0.8, Field.STATUS: 0.8, Field.CHANNEL: 0.8,
    Field.SOURCE: 0.8, Field.TYPE: 0.8,
}  # fmt: skip
BY_NAME_ONLY = (Field.NAME, Field.ORIGIN, Field.CONTACT)


def guess(header: Sequence[str], lines: Sequence[Line]) -> Layout:
    """The likeliest layout; `header` is empty where no line names columns, and `lines` are some of its data."""
    names, contents = _columns(header, lines[:SAMPLE_LINES])
    columns = _resolve_conflicts(_best_fit(names, contents), contents)
    day_first = contents[columns[Field.DATE]].has_day_first if Field.DATE in columns else True
    words = _words_of_y(columns, names, contents, is_whole=len(lines) < SAMPLE_LINES)
    return Layout(columns=columns, day_first=day_first, channels=_channels(columns), words=words)


def _words_of_y(
    columns: dict[Field, int], names: Sequence[str], contents: Sequence[Contents], *, is_whole: bool
) -> dict[str, dict[str, str]]:
    """What "Y" means in the columns of statuses: yes beside nothing but English answers, or alone under a clear name if
    these are all lines; beside others it may be "yok", and nothing is said of it."""
    places = [columns[each] for each in STATUSES if each in columns]
    answers = {key_of(cell) for place in places for cell in contents[place].cells}
    is_clear = is_whole and not any(_is_doubtful(names[place]) for place in places)
    is_yes = Y in answers and answers <= {Y, "n", "yes", "no"} and (len(answers) > 1 or is_clear)
    return {"status": {Y: Status.GRANTED.value}} if is_yes else {}


def address_columns(header: Sequence[str], lines: Sequence[Line]) -> tuple[int, ...]:
    """All columns of telephones or e-mail addresses, counted from 0; empty where there is none.

    By name, unless another field fits the column better; else those of which half are addresses; else the one with
    most failed addresses, so that each row can say what is wrong with it.
    """
    names, contents = _columns(header, lines)
    chosen = _named_address_columns(names, contents)
    if not chosen:
        full = [column for column, each in enumerate(contents) if each.share(each.addresses) >= ENOUGH[Field.ADDRESS]]
        chosen = [column for column in full if announced(names[column]) != {}] or full
    if not chosen:
        unlike = {AddressProblem.UNKNOWN}
        if len(names) > 1:
            unlike.add(AddressProblem.PHONE_TOO_SHORT)  # 01.02.2024
        likeness = [each.share(each.addresses + each.count_failed(unlike)) for each in contents]
        chosen = [likeness.index(max(likeness))] if any(likeness) else []
    return tuple(chosen)


def _named_address_columns(names: Sequence[str], contents: Sequence[Contents]) -> list[int]:
    """Those whose name announces addresses, clearly or with some that follow it."""
    chosen = []
    for column, (name, each) in enumerate(zip(names, contents, strict=True)):
        weights = {wanted: _weight(wanted, name, each, True) for wanted in Field}
        likeliest = max(weights, key=weights.__getitem__)
        fields = announced(name) or {} if name else {}
        is_clear = likeliest in ADDRESSES and fields.get(likeliest, 0) >= CLEAR
        if is_clear or (each.addresses and ADDRESSES.keys() & fields.keys()):
            chosen.append(column)
    unlike = {AddressProblem.UNKNOWN}
    alike = [
        column for column in chosen if contents[column].addresses or contents[column].count_failed(unlike)
        or (announced(names[column]) or {}).get(Field.ADDRESS, 0) < CLEAR
    ]  # fmt: skip
    return alike or chosen  # "Alıcı" may hold names.


def _columns(header: Sequence[str], lines: Sequence[Line]) -> tuple[list[str], list[Contents]]:
    """Name and contents of each column; a name is empty where the header has none."""
    rows = [cells for _, cells in lines]
    width = min(max([len(header), *map(len, rows)], default=0), MOST_COLUMNS)
    meanings = Meanings({})
    cells = ([row[column] for row in rows if column < len(row)] for column in range(width))
    contents = [Contents.of_column(each, meanings) for each in cells]
    return [*header[:width], *[""] * (width - len(header))], contents


def _best_fit(names: Sequence[str], contents: Sequence[Contents]) -> dict[Field, int]:
    """The fields and columns that fit each other best, each used once."""
    has_header = any(names)
    bids = [
        (weight * (UNCLEAR_SHARE if wanted in STATUSES and _is_doubtful(name) else 1), -column, wanted)
        for column, (name, each) in enumerate(zip(names, contents, strict=True))
        for wanted in Field
        if (weight := _weight(wanted, name, each, has_header))
    ]
    chosen: dict[Field, int] = {}
    for _, column, wanted in sorted(bids, key=lambda bid: bid[:2], reverse=True):
        if wanted not in chosen and -column not in chosen.values():
            chosen[wanted] = -column
    return chosen


def _is_doubtful(name: str) -> bool:
    """Whether yes and no are not read under a name without an explanation."""
    return is_unclear(name) or bool(words_of_state(name))


def _weight(wanted: Field, name: str, contents: Contents, has_header: bool) -> float:
    """The evidence for a column being this field; 0 where there is too little."""
    fields = announced(name) if name else None
    by_name = (fields or {}).get(wanted, 0)
    fitness = contents.fitness(wanted, is_named=by_name > 0)
    if wanted not in STATUSES and fitness < 0.5 <= contents.share(contents.counts[Field.STATUS]):
        return 0  # Yes and no, whatever its name.
    if wanted in BY_NAME_ONLY:
        return by_name
    if by_name >= CLEAR:
        return by_name + CONTENT_WEIGHT * fitness
    if by_name:
        return by_name + CONTENT_WEIGHT * fitness if fitness >= 0.5 else 0
    if (fields is not None and fields.keys() <= {*RETAILERS}) or wanted not in ENOUGH or fitness < ENOUGH[wanted]:
        return 0
    if wanted == Field.DATE and not may_be_dates(name):
        return 0
    are_weak = contents.strong * 2 < contents.counts[Field.STATUS]
    if wanted == Field.STATUS and is_no_status(name):
        return 0
    if wanted == Field.STATUS and are_weak and (has_header or contents.is_numeric):
        return 0  # Yes and no, but of what?
    return CONTENT_WEIGHT * fitness


def _resolve_conflicts(columns: dict[Field, int], contents: Sequence[Contents]) -> dict[Field, int]:
    """Turn a column for all addresses beside one for telephones or e-mail into the other kind, or leave it out."""
    if Field.ADDRESS in columns and {Field.PHONE, Field.EMAIL} & columns.keys():
        column = columns.pop(Field.ADDRESS)
        kind = Field.PHONE if contents[column].phones else Field.EMAIL
        if kind not in columns and contents[column].fitness(kind, is_named=True) >= 0.5:
            columns[kind] = column
    if Field.DATE not in columns:
        columns.pop(Field.TIME, None)
    return dict(sorted(columns.items(), key=lambda item: item[1]))


def _channels(columns: dict[Field, int]) -> tuple[Channel, ...]:
    """Those that have a column of yes and no. A file that names no channel is not presumed to grant any: a person
    chooses, unless all its addresses are e-mail."""
    named = tuple(channel for channel in Channel if STATUS_FIELDS[channel] in columns)
    if named and Field.STATUS not in columns:
        return named
    return (Channel.EMAIL,) if Field.EMAIL in columns and Field.PHONE not in columns else ()
