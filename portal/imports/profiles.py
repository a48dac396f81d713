"""Layouts remembered: a provider's files with the same header are read as the last one was.

A profile keeps no date, which was of one file, and no cures, so that nothing is repaired that nobody asked for.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.imports.layout import Layout
from portal.models import ImportProfile
from portal.vault import Vault


def find(session: Session, vault: Vault, provider_id: int, signature: bytes, *, header: Sequence[str]) -> Layout | None:
    """The layout of files with this header, its columns placed as they stand in `header`."""
    raise NotImplementedError


def named(session: Session, vault: Vault, provider_id: int, name: str, *, header: Sequence[str]) -> Layout | None:
    """The layout with this name, its columns placed as they stand in `header`; any case of the name will do."""
    raise NotImplementedError


def remember(
    session: Session,
    vault: Vault,
    provider_id: int,
    signature: bytes,
    layout: Layout,
    at: datetime,
    name: str | None = None,
    *,
    header: Sequence[str],
) -> ImportProfile | None:
    """Keep a layout for the next file with this header; a name that another profile has is taken over.

    A file without a header is remembered by a name only. Nothing is committed.
    """
    raise NotImplementedError


def listed(session: Session, provider_id: int) -> list[ImportProfile]:
    """A provider's profiles, the last used first."""
    raise NotImplementedError


def forget(session: Session, provider_id: int, profile_id: int) -> bool:
    """Delete a profile; whether there was one. Nothing is committed."""
    raise NotImplementedError
