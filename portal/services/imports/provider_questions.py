"""Questions to the provider about a file that the operator imports for it: asked once, answered once.

The operator sees columns and words. When, how and on what proof somebody granted, only the provider may say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.iys_protocol import Source, Status
from portal.core.models import BatchState, ImportBatch
from portal.core.vault import Vault
from portal.services.imports import batches, profiles
from portal.services.imports.store import header_of, layout_of, outline_of

ASKABLE = ("status", "source", "date", "origin")  # Names of a Layout's defaults.
BEFORE_THE_RUN = (BatchState.READ, BatchState.DRY_RUN)  # No worker holds a batch in these.


class NothingToAsk(ValueError):
    """Nothing was named, or an answer is awaited already, or it is too late to ask."""


class NothingAsked(ValueError):
    """The batch was answered, dropped or run meanwhile."""


@dataclass(frozen=True)
class ProviderAnswer:
    """Defaults for lines that do not say it themselves; only what was asked counts."""

    status: Status | None = None
    source: Source | None = None
    date: datetime | None = None  # Aware.
    origin: str = ""


def awaits_answer(batch: ImportBatch) -> bool:
    """Whether the provider was asked and may still answer."""
    return bool(batch.asked) and batch.answered_at is None and batch.state in BEFORE_THE_RUN


def ask(session: Session, batch: ImportBatch, names: Iterable[str], at: datetime) -> None:
    """Ask the provider for these defaults. The caller writes the audit note and the message. Raises NothingToAsk."""
    session.refresh(batch, with_for_update=True)
    named = [each for each in ASKABLE if each in set(names)]
    if not named or awaits_answer(batch) or batch.state not in BEFORE_THE_RUN:
        raise NothingToAsk
    batch.asked, batch.asked_at, batch.answered_by, batch.answered_at = named, at, None, None
    session.flush()


def mark_answered(batch: ImportBatch, user_id: int, at: datetime) -> bool:
    """Close the questions where the provider has set the layout itself; whether any were open."""
    was_asked = bool(batch.asked) and batch.answered_at is None
    if was_asked:
        batch.answered_by, batch.answered_at = user_id, at
    return was_asked


def answer(
    session: Session, vault: Vault, batch: ImportBatch, given: ProviderAnswer, user_id: int, at: datetime
) -> None:
    """Put the provider's answer into the layout and its profile; a new dry run follows. Raises NothingAsked."""
    session.refresh(batch, with_for_update=True)
    if not awaits_answer(batch):
        raise NothingAsked
    asked = {each.name: getattr(given, each.name) for each in fields(given) if each.name in (batch.asked or ())}
    layout = replace(layout_of(vault, batch), **asked)
    header = header_of(outline_of(vault, batch), layout)
    batches.set_layout(session, vault, batch, layout, at)
    profiles.remember(session, vault, batch.provider_id, header, layout, at)
    mark_answered(batch, user_id, at)
    session.flush()
