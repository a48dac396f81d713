"""What the words of a line say: by which channels, yes or no, as what, from where. Few files have many such lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.cell_words import NOTHING, Meanings, is_of_iys
from portal.services.imports.row_results import RowProblem

STATUS_OF = {Channel.SMS: Field.STATUS_SMS, Channel.CALL: Field.STATUS_CALL, Channel.EMAIL: Field.STATUS_EMAIL}
WORDS = (Field.CHANNEL, Field.STATUS, *STATUS_OF.values(), Field.TYPE, Field.SOURCE)
KEPT = 4096  # Different lines; a file that has more has free text in a column of words.
EVERY = frozenset(Channel)


@dataclass(frozen=True, slots=True)
class Saying:
    """What holds for every address of a line. `statuses` has the channels of which the line says anything at all."""

    statuses: dict[Channel, Status | RowProblem]
    wanted: tuple[Channel, ...]
    named: frozenset[Channel]  # That the line itself asks for, one by one.
    recipient_type: RecipientType
    source: Source
    channel_problem: RowProblem | None
    problem: RowProblem | None  # Of any status,
    grant_problem: RowProblem | None  # of a grant.


class Sayings:
    """Reads the words of lines by a layout."""

    def __init__(self, layout: Layout):
        self.layout = layout
        self.meanings = Meanings(layout.words)
        self.columns = {each: layout.columns[each] for each in WORDS if each in layout.columns}
        self._places = tuple(self.columns.values())
        self._known: dict[tuple[str, ...], Saying] = {}

    def of(self, cells: Sequence[str]) -> Saying:
        """What a line says; it has as many cells as the layout speaks of."""
        words = tuple([cells[place] for place in self._places])
        saying = self._known.get(words)
        if saying is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            saying = self._known[words] = self._read(dict(zip(self.columns, words, strict=True)))
        return saying

    def means(self, field: Field, cell: str) -> object:
        """What a cell of a column of words means: NOTHING, None where nobody knows."""
        match field:
            case Field.CHANNEL:
                return self.meanings.channels(cell)
            case Field.TYPE:
                return self.meanings.recipient_type(cell)
            case Field.SOURCE:
                return self.meanings.source(cell)
        return self.meanings.status(cell)

    def _read(self, words: dict[Field, str]) -> Saying:
        channels = self.means(Field.CHANNEL, words.get(Field.CHANNEL, ""))
        wanted = self._wanted(channels)
        recipient_type = self.means(Field.TYPE, words.get(Field.TYPE, ""))
        is_merchant = (recipient_type or self.layout.recipient_type) == RecipientType.MERCHANT
        source, source_problem = self._source(words.get(Field.SOURCE, ""), is_merchant)
        problem = RowProblem.TYPE_UNKNOWN if recipient_type is None else source_problem
        refuses = source == Source.PROVIDER_DECISION
        return Saying(
            statuses=self._statuses(words, wanted),
            wanted=wanted,
            named=channels if channels and channels != EVERY else frozenset(),
            recipient_type=RecipientType.MERCHANT if is_merchant else RecipientType.INDIVIDUAL,
            source=source,
            channel_problem=self._channel_problem(channels),
            problem=problem,
            grant_problem=problem or (RowProblem.SOURCE_REFUSES if refuses else None),
        )

    def _channel_problem(self, channels: frozenset[Channel] | str | None) -> RowProblem | None:
        if channels is None:
            return RowProblem.CHANNEL_UNKNOWN
        return RowProblem.CHANNEL_MISSING if channels == NOTHING and not self.layout.channels else None

    def _wanted(self, channels: frozenset[Channel] | str | None) -> tuple[Channel, ...]:
        if self._channel_problem(channels):
            return tuple(Channel)
        chosen = self.layout.channels if channels == NOTHING else channels
        return tuple(each for each in Channel if each in chosen)

    def _statuses(self, words: dict[Field, str], wanted: Sequence[Channel]) -> dict[Channel, Status | RowProblem]:
        """By channel; an empty cell in a channel's own column says nothing of that channel."""
        statuses = {}
        for channel in wanted:
            if STATUS_OF[channel] not in words:
                statuses[channel] = self._status(words.get(Field.STATUS, ""))
            elif (status := self.meanings.status(words[STATUS_OF[channel]])) != NOTHING:
                statuses[channel] = RowProblem.STATUS_UNKNOWN if status is None else status
        return statuses

    def _status(self, cell: str) -> Status | RowProblem:
        status = self.meanings.status(cell)
        if status is None:
            return RowProblem.STATUS_UNKNOWN
        return status or self.layout.status or RowProblem.STATUS_MISSING

    def _source(self, cell: str, is_merchant: bool) -> tuple[Source, RowProblem | None]:
        """The source, which does not count beside a problem. A merchant's may be left out: İYS does not ask for it."""
        spare = self.layout.source or Source.PHYSICAL_PLACE
        source = self.meanings.source(cell)
        if source is None:
            return spare, RowProblem.SOURCE_OF_IYS if is_of_iys(cell) else RowProblem.SOURCE_UNKNOWN
        if source:
            return source, None
        return spare, None if self.layout.source or is_merchant else RowProblem.SOURCE_MISSING
