"""Grants of a file that may be newer than a refusal at İYS of which nobody here can know.

İYS tells the changes of seven days, and lists grants only (changes, multi-status): what people refused before the brand
came here is unknown. A grant of one of them, dated by the file's export, would replace the refusal at İYS. So a file
whose new addresses outnumber those of which İYS has told, as the first one of a brand does, names their lines.
"""

from array import array
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Source
from portal.core.models import Brand, Consent
from portal.domain.consents.bulk_import import Entry
from portal.domain.consents.import_plan import Effect, ImportPlan

FEWEST = 10  # Fewer are entered by hand, one by one, as people come.


class FirstGrants:
    """The grants of a file of whose keys İYS has told nothing, by slot in the whole file and number of the line."""

    def __init__(self) -> None:
        self._pairs = array("q")

    def add(self, plan: ImportPlan, entry: Entry, effect: Effect, slot: int) -> None:
        """Note an entry, if it is one. A date of before 2015 is older than any refusal at İYS, and so is none."""
        is_told_its_date = effect == Effect.GRANT and entry.is_dated and entry.source != Source.BEFORE_2015
        if is_told_its_date and plan.consent_of(entry).iys_status is None:
            self._pairs.extend((slot, entry.line))

    def lines(self, session: Session, brand: Brand, is_written: Callable[[int], bool]) -> list[tuple[int, int]]:
        """Slot and line of those that are written, where they outnumber the brand's keys of which İYS has told."""
        written = [pair for pair in zip(*[iter(self._pairs)] * 2, strict=True) if is_written(pair[0])]
        if len(written) < FEWEST:
            return []
        told = select(Consent.id).where(Consent.brand_id == brand.id, Consent.iys_status.is_not(None))
        some = told.limit(len(written)).subquery()
        return written if session.scalars(select(func.count()).select_from(some)).one() < len(written) else []
