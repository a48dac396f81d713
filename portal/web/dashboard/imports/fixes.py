"""Which fix a problem's page offers: one that would change something and is not applied yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.extensions import read_session, vault
from portal.core.models import ImportBatch
from portal.core.vault import CannotOpen
from portal.services.imports import queries
from portal.services.imports.fixes import FIXES, apply_fix
from portal.services.imports.layout import Fix
from portal.services.imports.queries import Sample
from portal.services.imports.store import layout_of

SAMPLE_LINES = 50  # Lines of a problem, to see whether its fix would change any.
SHOWN = 5


@dataclass(frozen=True)
class FixedCell:
    """A cell before and after a fix."""

    line: int
    before: str
    after: str


def available_fix(batch: ImportBatch, problem: str) -> Fix | None:
    """The fix for a problem that is not applied to the file yet."""
    fix = FIXES.get(problem)
    return fix if fix and fix not in layout_of(vault(), batch).fixes else None


def preview_fix(samples: Sequence[Sample], fix: Fix) -> list[FixedCell]:
    """The first cells that the fix changes."""
    cells = [(each.line, cell.value) for each in samples for cell in each.cells]
    changed = [FixedCell(line, value, apply_fix(value, fix)) for line, value in cells]
    return [each for each in changed if each.before != each.after][:SHOWN]


def is_fixable(batch: ImportBatch, problem: str) -> bool:
    """Whether the problem's page will offer a fix."""
    try:
        fix = available_fix(batch, problem)
        samples = queries.result_samples(read_session(), vault(), batch, problem, limit=SAMPLE_LINES) if fix else []
        return bool(fix and preview_fix(samples, fix))
    except CannotOpen:
        return False
