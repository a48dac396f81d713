"""How and when each person of a campaign's audience began the contact, where the list has columns for it.

The kind stands in a column of the import's (Field.CONTACT, "İlk temas nedeni"), or in the name of the column with the
day ("Alışveriş tarihi"). A cell that says nothing leaves the campaign's own contact in force.
"""

from collections.abc import Sequence
from datetime import date

from portal.core import clock
from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_
from portal.core.models import ContactKind
from portal.domain.campaigns import OwnContact
from portal.services.imports.date_column import FIRST
from portal.services.imports.layout import Field, Layout, dates
from portal.services.imports.layout.cell_words import CONTACTS
from portal.services.imports.layout.headers import announced, is_name_of_day
from portal.services.imports.layout.normalization import name_of, says_nothing, spelled
from portal.services.imports.row_results import PROBLEMS, RowProblem

CONTACT, BEFORE = {"temas", "ilk temas", "iletisim", "contact"}, ("ilk", "son", "first", "last")
FIRST_DAY = clock.day(FIRST)


class ContactProblem(ExplainedProblem):
    """Why a line's contact is none that makes asking lawful."""

    # fmt: off
    UNKNOWN = ("contact_unknown", N_("Temasın nasıl kurulduğu anlaşılmadı."),
               N_("Alışveriş, üyelik, ziyaret, arama, form, etkinlik, talep ya da diğer yazın; kampanyadaki geçerliyse "
                  "boş bırakın."))
    BEFORE_2015 = ("contact_before_2015", N_("Temas 1 Mayıs 2015'ten önce kurulmuş."),
                   N_("Daha yeni bir temas varsa onun tarihini yazın; yoksa bu kişiye sormayın."))
    DAY_UNREADABLE = ("contact_date_invalid", N_("contactDate bir gün değil."),
                      N_("Temasın gününü YYYY-AA-GG olarak yazın: “contactDate”: “2026-11-24”."))
    # fmt: on


AUDIENCE_PROBLEMS = PROBLEMS | {each.value: each for each in ContactProblem}


class ContactReader:
    """Reads the contact of rows by a guessed layout. `places` are the columns that it reads whole: a word that it does
    not know is a problem of its line. `days` is the one with the day."""

    def __init__(self, guessed: Layout, header: Sequence[str]):
        self._today, places = clock.day(clock.now()), range(len(header))
        # By its name alone: what stands there may be a source of consents as well ("Fuar").
        self._kind = next((each for each in places if Field.CONTACT in (announced(header[each]) or {})), None)
        named = {place: what for place, name in enumerate(header) if (what := _contact_named(name)) is not None}
        self._day = next(iter(named), None)
        self._named = CONTACTS.get(named[self._day]) if self._day is not None else None
        consent_day = guessed.columns.get(Field.DATE)
        if self._day is None and self._kind is not None and consent_day is not None:
            name = "".join(header[consent_day : consent_day + 1])
            is_plain = (announced(name) or {}).get(Field.DATE, 0) < 1  # "Tarih", no "İzin tarihi".
            self._day = consent_day if is_plain else None
        self.days = {each for each in (self._day,) if each is not None}
        self.kinds = {each for each in (self._kind,) if each is not None} - self.days
        self.places = self.days | self.kinds
        self._day_first = guessed.day_first if self._day == consent_day else True

    def read(self, cells: Sequence[str]) -> OwnContact | tuple[str, ExplainedProblem]:
        """What the row says of its contact; or the cell that is wrong, and how."""
        kind, day = self._cell(cells, self._kind), self._cell(cells, self._day)
        own = CONTACTS.get(spelled(kind)) if kind else self._named if day else None
        if kind and own is None:
            return kind, ContactProblem.UNKNOWN
        on = self._read_day(day) if day else None
        return (day, on) if isinstance(on, ExplainedProblem) else OwnContact(ContactKind(own) if own else None, on)

    def _cell(self, cells: Sequence[str], place: int | None) -> str:
        cell = cells[place] if place is not None and place < len(cells) else ""
        is_blank = dates.is_blank(cell) if place == self._day else says_nothing(cell)
        return "" if is_blank else cell.strip()

    def _read_day(self, cell: str) -> date | ExplainedProblem:
        moment = dates.read(cell, self._day_first)
        if not isinstance(moment, dates.Moment):
            return moment
        return check_day(clock.day(moment.at), self._today)


def check_day(day: date, today: date) -> date | ExplainedProblem:
    """The day of a contact, if it may make asking lawful."""
    if day > today:
        return RowProblem.DATE_TO_COME
    return ContactProblem.BEFORE_2015 if day < FIRST_DAY else day


def _contact_named(name: str) -> str | None:
    """The words between "son" and "tarihi" in a column's name, where they are a contact; None for other columns. Whose
    call it was, "Arama tarihi" does not say."""
    words = name_of(name[:80]).split()
    if len(words) < 2 or not is_name_of_day(words[-1]):
        return None
    what = " ".join(words[1:-1] if words[0] in BEFORE and len(words) > 2 else words[:-1])
    return what if what in CONTACT or CONTACTS.get(what, ContactKind.CALL) != ContactKind.CALL else None
