"""When people refused by another spelling of their mailbox than the one of which İYS tells."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand
from portal.core.vault import Vault
from portal.domain.consents import spellings
from portal.domain.consents.movement_rows import MovementRow


@dataclass
class RefusalsElsewhere:
    """By recipient: what was stored before some rows, and what these say themselves."""

    times: dict[int, datetime] = field(default_factory=dict)
    holders: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  # The rows' recipients, by mailbox.

    def note(self, recipient_id: int, row: MovementRow, at: datetime) -> None:
        """Note a row by which a person refused: it holds at the spellings that come beside it, too."""
        if row.status == Status.REFUSED and row.channel == Channel.EMAIL:
            for other in self.holders[row.address.reaches] - {recipient_id}:
                self.times[other] = max(at, self.times.get(other, at))


def read_refusals_elsewhere(
    session: Session, vault: Vault, brand: Brand, rows: Iterable[MovementRow], known: Mapping[str, int]
) -> RefusalsElsewhere:  # fmt: skip
    """Those of a brand that concern rows of e-mail; `known` are recipients' ids by canonical address."""
    of_mail = [row for row in rows if row.channel == Channel.EMAIL]
    mails = {row.address.text: known[row.address.text] for row in of_mail if row.status == Status.GRANTED}
    refusals = RefusalsElsewhere(spellings.find_refusals_at(session, vault, brand, mails))
    for row in of_mail:
        refusals.holders[row.address.reaches].add(known[row.address.text])
    return refusals
