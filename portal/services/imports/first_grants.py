"""Grants of a file that may be newer than a refusal at İYS of which nobody here can know.

İYS tells the changes of seven days, and lists grants only (changes, multi-status): what people refused before the brand
came here is unknown. A grant of one of them, dated by the file's export, would replace the refusal at İYS. So where
a file's new addresses outnumber the brand's known ones of a channel, as its first one does, somebody vouches for it.
"""

from array import array
from collections import Counter
from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Brand, Consent, Decision
from portal.core.models.decision import ORIGINS_AT_IYS
from portal.domain.consents.bulk_import import Entry
from portal.domain.consents.import_plan import GRANTS, Effect, ImportPlan
from portal.services.imports.row_results import SLOTS

FEWEST = 10  # Fewer are entered by hand, one by one, as people come.


class FirstGrants:
    """The grants of a file of whose keys İYS has told nothing, by slot in the whole file."""

    def __init__(self) -> None:
        self._slots = array("q")

    def add(self, plan: ImportPlan, entry: Entry, effect: Effect, slot: int) -> None:
        """Note an entry, if it is one. A date of before 2015 is older than any refusal at İYS, and so is none."""
        is_told_its_date = effect in GRANTS and entry.is_dated and entry.source != Source.BEFORE_2015
        if is_told_its_date and plan.is_sent and plan.consent_of(entry).iys_status is None:
            self._slots.append(slot)

    def count(self, session: Session, brand: Brand, is_written: Callable[[int], bool]) -> int:
        """How many grants are written of channels on which these outnumber the brand's known keys."""
        counts = Counter(slot % len(SLOTS) for slot in self._slots if is_written(slot))
        return sum(count for place, count in counts.items() if _outnumber(session, brand, SLOTS[place], count))


def _outnumber(session: Session, brand: Brand, channel: Channel, count: int) -> bool:
    """Whether so many are more than the brand's known keys: those whose grant, decided here, stands, as refusals and
    movements of İYS's say nothing of other people. Never at a sandbox, where nobody can have refused."""
    if count < FEWEST or brand.is_sandbox:
        return False
    known = select(Consent.id).join(Decision, Decision.id == Consent.decision_id).where(
        Consent.brand_id == brand.id, Consent.channel == channel, Consent.status == Status.GRANTED,
        Decision.origin.not_in(ORIGINS_AT_IYS),
    )  # fmt: skip
    some = known.limit(count).subquery()
    return session.scalars(select(func.count()).select_from(some)).one() < count
