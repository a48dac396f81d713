"""What is wrong with a batch, as ImportBatch.problem keeps it: why the file or a part of it could not be read, or why
its grants were left out."""

from dataclasses import dataclass
from enum import StrEnum

from portal.core.lazy_text import N_
from portal.core.models import BatchState, ImportBatch
from portal.domain.consents.import_plan import GRANTS, REFUSALS
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.row_results import SkipReason

HELD = N_("%(refusals)s ret kaydedildi; %(grants)s onay bekliyor, çünkü %(reason)s.")
NO_ROOM, SUSPENDED, RESTORED = "no_room", "suspended", "restored"


class Confirmation(StrEnum):
    """What a person vouches for so that a file's grants are written; the names of the page's ticks, too."""

    UNREAD = "unread"  # Nothing of the file that is not read or not understood is a refusal.
    BEFORE_2015 = "before_2015"  # Its grants of HS_2015 are from before 1 May 2015.
    FIRST_GRANTS = "first_grants"  # Grants that come for the first time are of their dates, not of the export.
    AFTER_REFUSAL = "after_refusal"  # People consented anew after refusals of their own; holds these grants only.


REASONS = {  # In Turkish.
    Confirmation.UNREAD: N_("dosyada anlaşılmayan şeylerde ret olmadığını kimse onaylamadı"),
    NO_ROOM: N_("pakette bu kadar yeni adrese yer yok"),
    Confirmation.BEFORE_2015: N_("HS_2015 kaynaklı onayların 1 Mayıs 2015'ten önce alındığını kimse onaylamadı"),
    Confirmation.FIRST_GRANTS: N_("ilk kez gelen onayların yazılan tarihlerde alındığını kimse onaylamadı"),
    SUSPENDED: N_("hesap durduruldu ya da marka pasif yapıldı"),
    RESTORED: N_("veritabanı yedekten geri yüklendi"),
}


@dataclass(frozen=True)
class HeldGrants:
    """Grants that were left out, for a reason of REASONS, and the refusals that were taken."""

    problem: str
    refusals: int
    grants: int

    @property
    def reason(self) -> str:
        return REASONS[self.problem]


def file_problem(batch: ImportBatch) -> FileProblem | None:
    """Why the file, or a part of it, could not be read. Such a part may hold refusals."""
    return FileProblem(batch.problem) if batch.problem and batch.problem not in REASONS else None


def held_grants(batch: ImportBatch) -> HeldGrants | None:
    """What was left out of a batch that took its refusals only; None where nobody chose that, or nothing was."""
    counts = held_counts(batch)
    return HeldGrants(batch.problem, **counts) if batch.problem in REASONS and counts["grants"] else None


def held_counts(batch: ImportBatch) -> dict[str, int]:
    """The refusals and the grants of HELD: as they were planned, and once it is done as it came."""
    tally = batch.tally or {}
    sums = {name: sum(tally.get(each, 0) for each in of) for name, of in (("refusals", REFUSALS), ("grants", GRANTS))}
    left_out = tally.get(SkipReason.GRANT_LEFT_OUT.value, 0)
    return sums | {"grants": left_out if batch.state == BatchState.DONE else left_out or sums["grants"]}
