"""Which cure a problem's page offers: one that would change something, and is not done already."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.extensions import read_session, vault
from portal.core.models import ImportBatch
from portal.core.vault import CannotOpen
from portal.services.imports import fixes, queries
from portal.services.imports.layout import Fix
from portal.services.imports.queries import Sample

LOOKED_AT = 50  # Lines of a problem, to see whether its cure would change any.
SHOWN = 5


@dataclass(frozen=True)
class FixedCell:
    """A cell before and after a cure."""

    line: int
    before: str
    after: str


def available_fix(batch: ImportBatch, word: str) -> Fix | None:
    """The cure of a problem that is not done to the file yet."""
    cure = fixes.fix_of(word)
    return cure if cure and cure not in queries.layout_of(vault(), batch).fixes else None


def preview_fix(samples: Sequence[Sample], cure: Fix) -> list[FixedCell]:
    """What the cure would make of the first lines that it changes."""
    cells = [(each.line, cell.value) for each in samples for cell in each.cells]
    changed = [FixedCell(line, value, fixes.apply_fix(value, cure)) for line, value in cells]
    return [each for each in changed if each.before != each.after][:SHOWN]


def is_fixable(batch: ImportBatch, word: str) -> bool:
    """Whether the problem's page will offer a cure."""
    try:
        cure = available_fix(batch, word)
        return bool(
            cure and preview_fix(queries.result_samples(read_session(), vault(), batch, word, limit=LOOKED_AT), cure)
        )
    except CannotOpen:
        return False
