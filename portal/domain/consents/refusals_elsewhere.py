"""When people refused a brand where no consent of the address shows it: by another spelling of their mailbox, or before
its firm was admitted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand
from portal.core.vault import Vault
from portal.domain.consents import refusals_before_admission, spellings
from portal.domain.consents.movement_rows import MovementRow
from portal.domain.consents.recipients import Indexes, blind_indexes

RefusalTimes = dict[tuple[str, Channel], datetime]  # By canonical address.


@dataclass
class RefusalsElsewhere:
    """What was stored before some rows of İYS's, and what these say themselves."""

    times: RefusalTimes = field(default_factory=dict)
    spellings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # The rows' own, by mailbox.

    def note(self, row: MovementRow, at: datetime) -> None:
        """Note a row by which a person refused: it holds at the spellings that come beside it, too."""
        if row.status == Status.REFUSED and row.channel == Channel.EMAIL:
            for other in self.spellings[row.address.reaches] - {row.address.text}:
                key = other, Channel.EMAIL
                self.times[key] = max(at, self.times.get(key, at))


def read_refusals_elsewhere(
    session: Session, vault: Vault, brand: Brand, rows: Iterable[MovementRow], known: Mapping[str, int],
    at: datetime,
) -> RefusalsElsewhere:  # fmt: skip
    """Those of a brand that concern grants among the rows; `known` are recipients' ids by canonical address."""
    of_mail = [row for row in rows if row.channel == Channel.EMAIL]
    mails = {row.address.text for row in of_mail if row.status == Status.GRANTED}
    granted = {row.address.text: known[row.address.text] for row in rows if row.status == Status.GRANTED}
    indexes = blind_indexes(vault, brand.provider_id, mails)
    refusals = RefusalsElsewhere(find_refusal_times(session, vault, brand, indexes, granted, at))
    for row in of_mail:
        refusals.spellings[row.address.reaches].add(row.address.text)
    return refusals


def find_refusal_times(
    session: Session, vault: Vault, brand: Brand, mails: Indexes, known: Mapping[str, int], at: datetime
) -> RefusalTimes:  # fmt: skip
    """Of these e-mail addresses by another spelling (spellings.find_refusals), of those `known` recipients before the
    admission, as long as it is not repeated at the brand."""
    elsewhere = spellings.find_refusals(session, vault, brand, mails, at)
    found = {(text, Channel.EMAIL): refused_at for text, refused_at in elsewhere.items()}
    texts = {its_id: text for text, its_id in known.items()}
    for its_id, channel, refused_at in refusals_before_admission.find_unrepeated(session, brand, texts):
        key = texts[its_id], channel
        found[key] = max(refused_at, found.get(key, refused_at))
    return found
