"""What only the provider can say of a file that the operator brings for it: asked once, answered once.

The operator sees columns and words. When, by which way and on what ground somebody granted, it cannot know, and must
not say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.iys_protocol import Source, Status
from portal.core.models import BatchState, ImportBatch
from portal.core.vault import Vault
from portal.services.imports import batches, profiles
from portal.services.imports import layout as layouts
from portal.services.imports.stored_rows import header_of, layout_of, outline_of

ASKABLE = ("status", "source", "date", "origin")  # Names of a Layout's defaults.
BEFORE_THE_RUN = (BatchState.READ, BatchState.DRY_RUN)  # A worker has none of these in hand.


class NothingToAsk(ValueError):
    """Nothing was named, or it waits for an answer already, or it is too late to ask."""


class NothingAsked(ValueError):
    """It was answered, or thrown away, or run meanwhile."""


@dataclass(frozen=True)
class Answer:
    """What holds for all lines that do not say it themselves; only what was asked counts."""

    status: Status | None = None
    source: Source | None = None
    date: datetime | None = None  # Aware.
    origin: str = ""


def waits(batch: ImportBatch) -> bool:
    """Whether the provider was asked something and may still answer."""
    return bool(batch.asked) and batch.answered_at is None and batch.state in BEFORE_THE_RUN


def ask(session: Session, batch: ImportBatch, names: Iterable[str], at: datetime) -> None:
    """Ask the provider for these defaults. The caller notes it, and tells the provider. Raises NothingToAsk."""
    session.refresh(batch, with_for_update=True)
    named = [each for each in ASKABLE if each in set(names)]
    if not named or waits(batch) or batch.state not in BEFORE_THE_RUN:
        raise NothingToAsk
    batch.asked, batch.asked_at, batch.answered_by, batch.answered_at = named, at, None, None
    session.flush()


def settle(batch: ImportBatch, user_id: int, at: datetime) -> bool:
    """Nothing is asked any more, where the provider has said for itself how its file is read; whether anything was."""
    was_asked = bool(batch.asked) and batch.answered_at is None
    if was_asked:
        batch.answered_by, batch.answered_at = user_id, at
    return was_asked


def answer(session: Session, vault: Vault, batch: ImportBatch, said: Answer, user_id: int, at: datetime) -> None:
    """Take the provider's answer into the layout, and let the file be rehearsed anew; the next one with this header is
    read so. Raises NothingAsked."""
    session.refresh(batch, with_for_update=True)
    if not waits(batch):
        raise NothingAsked
    asked = {each.name: getattr(said, each.name) for each in fields(said) if each.name in batch.asked}
    layout = replace(layout_of(vault, batch), **asked)
    header = header_of(outline_of(vault, batch), layout)
    batches.choose(session, vault, batch, layout, at)
    profiles.remember(session, vault, batch.provider_id, layouts.signature(header), layout, at, header=header)
    settle(batch, user_id, at)
    session.flush()
