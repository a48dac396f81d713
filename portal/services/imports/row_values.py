"""The values that a line's columns of words give: channels, statuses, recipient type and source."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.cell_words import NOTHING, WEAK, Meanings, Y, is_among, is_of_iys
from portal.services.imports.layout.consent_names import (
    channels_named,
    is_unclear,
    may_mean_messages,
    refuses_contact,
    speaks_of_more,
    words_of_state,
    yes_refuses,
)
from portal.services.imports.layout.headings import EQUALS
from portal.services.imports.layout.layout import STATUS_FIELDS, wanted_channels
from portal.services.imports.layout.normalization import key_of
from portal.services.imports.layout.refusals import may_refuse
from portal.services.imports.reading.column_words import CODED, is_code
from portal.services.imports.row_results import RowProblem, SkipReason

STATUSES = (Field.STATUS, *STATUS_FIELDS.values())
WORDS = (Field.CHANNEL, *STATUSES, Field.TYPE, Field.SOURCE)
CACHE_SIZE = 4096  # Combinations; a file with more has free text in a column of words.
EVERY = frozenset(Channel)
KnownStatus = Status | RowProblem | SkipReason
Said = KnownStatus | None  # By a cell; None where it is empty.
DOUBTS = (Status.REFUSED, RowProblem.STATUS_UNKNOWN)
UNEXPLAINED = Meanings({"status": {Y: Status.GRANTED}})  # Under a name that refuses a yes is no consent.
# Written into blanks: words that nobody knows until a person explains them.
BLANK_BELOW, BLANK_BESIDE = "{} altındaki boş hücre", "{} yanındaki boş hücre"
_OF_BLANK = re.compile(r" (?:alt|yan)ındaki boş hücre$")
SHOWN_NAME = 40  # Characters of either end of a column's name that stand before its words.


@dataclass(frozen=True, slots=True)
class RowValues:
    """The values for every address of a line. `statuses` has the channels that the line is about."""

    statuses: dict[Channel, KnownStatus]
    stated: frozenset[Channel]  # Channels whose own column of yes and no says something.
    wanted: tuple[Channel, ...]
    named: frozenset[Channel]  # Channels that the line itself names one by one.
    recipient_type: RecipientType
    source: Source | None  # None: a merchant's that is not given, which İYS does not ask for.
    refuses: bool  # One of its statuses is a refusal, or a word that nobody knows.
    channel_problem: RowProblem | None  # A refusal is of every channel then,
    type_problem: RowProblem | None  # and of every recipient type.
    grant_problem: RowProblem | None

    def may_refuse(self, is_of_phone: bool, is_of_email: bool) -> bool:
        """Whether any status of a telephone, or of an e-mail address, is a refusal, or a word that nobody knows."""
        doubted = {channel == Channel.EMAIL for channel, status in self.statuses.items() if status in DOUBTS}
        return (is_of_phone and False in doubted) or (is_of_email and True in doubted)


class RowValueReader:
    """Reads lines by a layout; `header` tells what yes means in a column, and of which channels one speaks.

    Under a name that refuses or is unclear, words are explained for that column alone (word_of), and so are those that
    may tell any state under one of a state ("Telefon durumu: Aktif"). Under a `heading`, which refuses, yes is unclear
    under any name, and no, too, where it is a legend ("1 = ret, 0 = onay").
    Beside letters or digits that nobody knows (1/2, E/S/A; `words`: ColumnWords) no other one is a yes.
    """

    def __init__(self, layout: Layout, header: Sequence[str] = (), heading: str = "", words: Sequence[int] = ()):
        self.layout = layout
        self.meanings = Meanings(layout.words)
        self.columns = {each: layout.columns[each] for each in WORDS if each in layout.columns}
        names = {each: header[place] if place < len(header) else "" for each, place in self.columns.items()}
        self._refusing = {each for each in STATUSES if yes_refuses(names.get(each, ""))}
        chosen = {each for each in STATUSES if each in names}
        self._unclear = {each for each in chosen if is_unclear(names[each]) or EQUALS.search(heading)}
        above, under = (f"{heading}: ", chosen) if heading else ("", self._refusing | self._unclear)
        self._doubtful = {each: _shown(above + names[each]) for each in under}
        self._coded = {each: _shown(names[each]) for each in chosen if CODED in words[self.columns[each] :][:1]}
        self._states = {each: found for each in chosen if (found := words_of_state(names[each]))}
        self._of_states = {each: _shown(names[each]) for each in self._states}
        # Of which channels a no in a column is beside its own.
        self._beyond = {each: EVERY for each in chosen if speaks_of_more(names[each])}
        others = frozenset(each for each, field in STATUS_FIELDS.items() if field not in names)
        self._beyond |= {each: others for each in chosen - {*self._beyond} if refuses_contact(names[each])}
        if Field.STATUS_SMS not in names and may_mean_messages(names.get(Field.STATUS_CALL, "")):
            self._beyond.setdefault(Field.STATUS_CALL, frozenset({Channel.SMS}))
        named = channels_named(names.get(Field.STATUS, ""))
        self._spoken_of = named if len(named) > 1 else EVERY
        self._named = frozenset() if self._beyond else named  # By the status column.
        self._places = tuple(self.columns.values())
        self._parse_once = lru_cache(maxsize=CACHE_SIZE)(self._parse)

    def read(self, cells: Sequence[str]) -> RowValues:
        """The values of a line whose cells are padded to the width of the layout."""
        return self._parse_once(tuple([cells[place] for place in self._places]))

    def is_known(self, field: Field, cell: str) -> bool:
        """Whether a cell of a word column is understood, or says nothing."""
        if field in STATUSES:
            return self._status(field, cell) != RowProblem.STATUS_UNKNOWN
        of_field = {
            Field.CHANNEL: self.meanings.channels,
            Field.TYPE: self.meanings.recipient_type,
            Field.SOURCE: self.meanings.source,
        }
        return of_field[field](cell) is not None

    def word_of(self, field: Field, cell: str) -> str:
        """A cell's word as a person explains it: "SMS off: Evet" where the name does not say what yes means."""
        name = self._doubtful.get(field) or (self._coded.get(field) if is_code(cell) else "")
        name = name or (self._of_states.get(field) if self._tells_state(field, cell) else "")
        return f"{name}: {cell.strip()}" if name else cell.strip()

    def is_empty(self, cell: str) -> bool:
        """Whether a cell of a status column is empty, or has a word for that ("None") which nobody explained."""
        return self.meanings.status(cell) == NOTHING and self.meanings.explained(cell) is None

    def may_refuse(self, field: Field, cell: str) -> bool:
        """Whether a cell of a status column refuses, or nobody knows what it says."""
        return self._status(field, cell) in DOUBTS

    def _parse(self, texts: tuple[str, ...]) -> RowValues:
        words = dict(zip(self.columns, texts, strict=True))
        channels = self.meanings.channels(words.get(Field.CHANNEL, ""))
        said = {field: self._status(field, words[field]) for field in STATUSES if field in words}
        doubts = self._doubts(said, words)
        wanted, channel_problem = self._wanted(channels, doubts)
        recipient_type = self.meanings.recipient_type(words.get(Field.TYPE, ""))
        is_merchant = (recipient_type or self.layout.recipient_type) == RecipientType.MERCHANT
        source, source_problem = self._source(words.get(Field.SOURCE, ""), is_merchant)
        problem = RowProblem.TYPE_UNKNOWN if recipient_type is None else None
        if source == Source.PROVIDER_DECISION:
            source_problem = RowProblem.SOURCE_REFUSES
        statuses = self._statuses(said, doubts, wanted)
        return RowValues(
            statuses=statuses,
            stated=frozenset(each for each, field in STATUS_FIELDS.items() if said.get(field) is not None),
            wanted=wanted,
            named=channels if isinstance(channels, frozenset) and channels != EVERY else frozenset(),
            recipient_type=RecipientType.MERCHANT if is_merchant else RecipientType.INDIVIDUAL,
            source=source,
            refuses=not {*DOUBTS}.isdisjoint((*said.values(), *statuses.values())),
            channel_problem=channel_problem,
            type_problem=problem,
            grant_problem=problem or source_problem,
        )

    def _wanted(
        self, channels: frozenset[Channel] | str | None, doubts: Collection[Channel]
    ) -> tuple[tuple[Channel, ...], RowProblem | None]:
        """The channels that a line is about; of one that names none also those that it refuses, or may."""
        if channels is None:
            return tuple(Channel), RowProblem.CHANNEL_UNKNOWN
        if isinstance(channels, frozenset):
            return tuple(each for each in Channel if each in channels or STATUS_FIELDS[each] in self.columns), None
        wanted = wanted_channels(self.layout)
        doubted = (self._named or EVERY).intersection(doubts)
        wanted = tuple(each for each in Channel if each in wanted or each in doubted)
        return (wanted, None) if wanted else (tuple(Channel), RowProblem.CHANNEL_MISSING)

    def _doubts(self, said: Mapping[Field, Said], words: Mapping[Field, str]) -> dict[Channel, KnownStatus]:
        """By channel, what outweighs all but a refusal of its own: a refusal of the line, or a word that nobody knows,
        of the line or in any column of statuses with a word of refusing ("kara listede"), which may be of all; and in
        one whose name speaks of more than its channel, where a refusal is unclear beside a yes of another column."""
        of_all = {each for field, each in said.items() if self._is_of_all(field, each, words[field])}
        doubts: dict[Channel, KnownStatus] = {}
        for doubt in filter(of_all.__contains__, reversed(DOUBTS)):
            doubts = dict.fromkeys(Channel, doubt)
        if (of_line := said.get(Field.STATUS)) is not None and of_line in DOUBTS:
            doubts |= dict.fromkeys(self._spoken_of, of_line)
        for field, channels in self._beyond.items():
            for channel in channels:
                if (status := said.get(field)) is not None and status in DOUBTS and doubts.get(channel) != DOUBTS[0]:
                    own = said.get(STATUS_FIELDS[channel]) or said.get(Field.STATUS)
                    doubts[channel] = DOUBTS[1] if own == Status.GRANTED else status
        return doubts

    def _is_of_all(self, field: Field, said: Said, cell: str) -> bool:
        """Whether a text of a status column, unknown or explained as a refusal for more than this column, may be of all
        channels."""
        if said not in DOUBTS or (said == Status.REFUSED and field in self._doubtful):
            return False
        text, meanings = without_blank(cell.strip()), UNEXPLAINED if said == Status.REFUSED else self.meanings
        return meanings.status(text) is None and may_refuse(text)

    def _statuses(
        self, said: Mapping[Field, Said], doubts: Mapping[Channel, KnownStatus], wanted: Sequence[Channel]
    ) -> dict[Channel, KnownStatus]:
        """By channel; an empty cell in a channel's own column leaves the channel out, unless the line refuses, or may.
        Beside a word that nobody knows, in whatever column, nothing is granted."""
        statuses: dict[Channel, KnownStatus] = {}
        for channel in wanted:
            field = STATUS_FIELDS[channel]
            status = said[field] if field in said else self._default(said.get(Field.STATUS), channel)
            if status != Status.REFUSED:
                status = doubts.get(channel, status)
            if status == Status.GRANTED and RowProblem.STATUS_UNKNOWN in said.values():
                status = RowProblem.STATUS_UNKNOWN
            if status is not None:
                statuses[channel] = status
        return statuses

    def _status(self, field: Field, cell: str) -> Said:
        """What a cell of a status column says; None where it is empty.

        Under a name that refuses no word grants by itself ("İptal talebi: Onaylandı"), under an unclear one neither yes
        nor no is read ("SMS off: Evet"), and under a heading that refuses no yes, until a person explains it.
        """
        is_doubtful = field in self._doubtful
        status = (UNEXPLAINED if is_doubtful else self.meanings).status(cell)
        if is_doubtful and status != NOTHING:
            is_weak = WEAK.fullmatch(key_of(cell)) is not None
            if field in self._refusing and is_weak and isinstance(status, Status):
                return Status.REFUSED if status == Status.GRANTED else SkipReason.NOT_REFUSED
            is_any = (is_weak and field in self._unclear) or self._tells_state(field, cell)
            if status != Status.REFUSED or is_any:
                status = self.meanings.explained(self.word_of(field, cell))
        elif self._tells_state(field, cell):
            status = self.meanings.explained(self.word_of(field, cell))
        elif field in self._coded and is_code(cell) and status != Status.REFUSED:
            of_column = self.meanings.explained(self.word_of(field, cell))
            status = self.meanings.explained(cell) if of_column is None else of_column
        if status == NOTHING and field == Field.STATUS and cell.strip() and self.layout.status == Status.GRANTED:
            status = self.meanings.explained(self.word_of(field, cell))  # "None" is no yes that holds for the file.
        if status is None:
            return RowProblem.STATUS_UNKNOWN
        return status if isinstance(status, Status) else None

    def _tells_state(self, field: Field, cell: str) -> bool:
        """Whether a cell stands under the name of a state, and may tell any."""
        return field in self._states and is_among(cell, self._states[field])

    def _default(self, of_line: Said, channel: Channel) -> KnownStatus:
        if of_line is None or channel not in self._spoken_of:
            return self.layout.status or RowProblem.STATUS_MISSING
        return of_line

    def _source(self, cell: str, is_merchant: bool) -> tuple[Source | None, RowProblem | None]:
        """The source, and its problem if it has one. A merchant's may be left out: İYS does not ask for it."""
        default = self.layout.source
        source = self.meanings.source(cell)
        if source is None:
            return None, RowProblem.SOURCE_OF_IYS if is_of_iys(cell) else RowProblem.SOURCE_UNKNOWN
        if isinstance(source, Source):
            return source, None
        return default, None if default or is_merchant else RowProblem.SOURCE_MISSING


def without_blank(text: str) -> str:
    """What stands above or beside a blank, if it is one that was written into."""
    return _OF_BLANK.sub("", text)


def _shown(name: str) -> str:
    return name if len(name) <= 2 * SHOWN_NAME else f"{name[:SHOWN_NAME]}…{name[-SHOWN_NAME:]}"
