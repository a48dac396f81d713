"""A first layout of a file nobody has spoken of yet: by the names of its columns, and by what stands in them.

Neither alone is believed: a column called "E-posta" may hold yes and no, and a number that looks like a telephone may
be a member's. A person sees the guess beside the lines and confirms it.
"""

from collections.abc import Sequence

from portal.core.iys_protocol import Channel
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.layout.column_contents import STATUSES, Contents
from portal.services.imports.layout.headers import CLEAR, announced
from portal.services.imports.layout.layout import Field, Layout
from portal.services.imports.store import Line

LINES = 300  # So many are looked at.
MOST_COLUMNS = 200
BY_CONTENT = 2  # What stands in a column weighs so much more than its name.
# How much of a nameless column must fit; fields that are not here are found by their name only.
ENOUGH = {
    Field.PHONE: 0.5, Field.EMAIL: 0.5, Field.ADDRESS: 0.5, Field.DATE: 0.8, Field.STATUS: 0.8, Field.CHANNEL: 0.8,
    Field.SOURCE: 0.8, Field.TYPE: 0.8,
}  # fmt: skip
BY_NAME_ONLY = (Field.NAME, Field.ORIGIN, Field.CONTACT)
CHANNEL_OF = {
    Field.STATUS_SMS: Channel.SMS, Field.STATUS_CALL: Channel.CALL, Field.STATUS_EMAIL: Channel.EMAIL,
}  # fmt: skip


def guess(header: Sequence[str], lines: Sequence[Line]) -> Layout:
    """The likeliest layout; `header` is empty where no line names columns, and `lines` are some of its data."""
    rows = [cells for _, cells in lines[:LINES]]
    width = min(max([len(header), *map(len, rows)], default=0), MOST_COLUMNS)
    meanings = Meanings({})
    contents = [Contents.of((row[column] for row in rows if column < len(row)), meanings) for column in range(width)]
    names = [*header[:width], *[""] * (width - len(header))]
    columns = _settled(_chosen(names, contents), contents)
    day_first = contents[columns[Field.DATE]].has_day_first if Field.DATE in columns else True
    return Layout(columns=columns, day_first=day_first, channels=_channels(columns))


def _chosen(names: Sequence[str], contents: Sequence[Contents]) -> dict[Field, int]:
    """The fields and columns that fit each other best, each once."""
    has_header = any(names)
    bids = [
        (weight, -column, wanted)
        for column, (name, each) in enumerate(zip(names, contents, strict=True))
        for wanted in Field
        if (weight := _weight(wanted, name, each, has_header))
    ]
    chosen: dict[Field, int] = {}
    for _, column, wanted in sorted(bids, key=lambda bid: bid[:2], reverse=True):
        if wanted not in chosen and -column not in chosen.values():
            chosen[wanted] = -column
    return chosen


def _weight(wanted: Field, name: str, contents: Contents, has_header: bool) -> float:
    """How much speaks for a column being this field; 0 where too little does."""
    fields = announced(name) if name else None
    by_name = (fields or {}).get(wanted, 0)
    fitness = contents.fitness(wanted, is_named=by_name > 0)
    if wanted in BY_NAME_ONLY:
        return by_name
    if by_name >= CLEAR:
        return by_name + BY_CONTENT * fitness
    if by_name:
        return by_name + BY_CONTENT * fitness if fitness >= 0.5 else 0
    if fields == {} or wanted not in ENOUGH or fitness < ENOUGH[wanted]:
        return 0
    if wanted == Field.STATUS and contents.strong * 2 < contents.statuses and (has_header or contents.is_numeric):
        return 0  # Yes and no, but of what?
    return BY_CONTENT * fitness


def _settled(columns: dict[Field, int], contents: Sequence[Contents]) -> dict[Field, int]:
    """Without what does not go together: one column for all addresses beside one for telephones or e-mail."""
    if Field.ADDRESS in columns and {Field.PHONE, Field.EMAIL} & columns.keys():
        column = columns.pop(Field.ADDRESS)
        kind = Field.PHONE if contents[column].phones else Field.EMAIL
        if kind not in columns and contents[column].fitness(kind, is_named=True) >= 0.5:
            columns[kind] = column
    if Field.DATE not in columns:
        columns.pop(Field.TIME, None)
    return dict(sorted(columns.items(), key=lambda item: item[1]))


def _channels(columns: dict[Field, int]) -> tuple[Channel, ...]:
    """Those that have a column of yes and no. Where a file, or a line of it, says nothing of channels, it is not
    presumed to grant any: a person chooses, unless e-mail is all that its addresses can take."""
    told = {CHANNEL_OF[each] for each in STATUSES[1:] if each in columns}
    if told and Field.STATUS not in columns:
        return tuple(each for each in Channel if each in told)
    return (Channel.EMAIL,) if Field.EMAIL in columns and Field.PHONE not in columns else ()
