"""What people refused before their firm was admitted, once more at its brands with İYS's codes."""

from collections import deque

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Brand
from portal.domain.consents import refusals_before_admission
from portal.jobs.independent_steps import independent_step

AT_ONCE = 500


class RepetitionTurns:
    """Rounds through all that is not repeated yet, in pieces. What fails holds up nothing, and waits for the next
    round."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, int]] = deque()

    def work(self) -> bool:
        """Whether there is more in this round."""
        if not self._waiting:
            self._waiting.extend(refusals_before_admission.list_unrepeated(read_session()))
        for _ in range(min(AT_ONCE, len(self._waiting))):
            _repeat(*self._waiting.popleft())
        return bool(self._waiting)


def _repeat(brand_id: int, recipient_id: int) -> None:
    with independent_step("refusal.not_repeated", brand=brand_id, recipient=recipient_id):
        brand = db.session.get_one(Brand, brand_id)
        refusals_before_admission.repeat_refusals(db.session, vault(), brand, recipient_id, clock.now())
