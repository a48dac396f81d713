"""Import profiles: a provider's files with the same header are read by the layout of the last one.

A profile keeps no default date, which was of one file, and no fixes, so that nothing is repaired unasked. "All are
grants" was said of one file, too, and so was a word that grants ("X"): elsewhere it may refuse. Only whoever names the
profile says them of the next; of words that refuse, and "Y", which each file explains by itself, nobody needs to.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.iys_protocol import Status
from portal.core.models import ImportProfile
from portal.core.vault import Vault
from portal.services.imports.layout import Layout, signature
from portal.services.imports.layout.cell_words import Y
from portal.services.imports.layout.headers import names_of
from portal.services.imports.layout.normalization import key_of

HEADERLESS = signature(())


def find(session: Session, vault: Vault, provider_id: int, header: Sequence[str]) -> Layout | None:
    """The layout of files with this header, its columns placed as they stand in it. Raises CannotOpen."""
    if signature(header) == HEADERLESS:
        return None  # Two files without a header need not be alike.
    same = ImportProfile.signature == signature(header)
    found = _open_layout(vault, _find_profile(session, provider_id, same), header)
    return _without_words(replace(found, status=None), is_named=False) if found else None


def find_by_name(session: Session, vault: Vault, provider_id: int, name: str, header: Sequence[str]) -> Layout | None:
    """The layout with this name, its columns placed as they stand in `header`. Raises CannotOpen.

    A column that the header lacks is left out of it.
    """
    found = _open_layout(vault, _find_profile(session, provider_id, ImportProfile.name == name.strip()), header)
    return _without_words(found, is_named=True) if found else None


def choose(
    session: Session, vault: Vault, provider_id: int, guess: Layout, header: Sequence[str], name: str | None
) -> Layout | None:  # fmt: skip
    """The layout for a file that nobody looks at, of the profile with this name, or of the one for its header; its
    sheets and words are those that were guessed. Raises CannotOpen."""
    if name:
        found = find_by_name(session, vault, provider_id, name, header)
    else:
        found = find(session, vault, provider_id, header)
        found = found and replace(found, day_first=guess.day_first)
    return replace(found, sheets=guess.sheets).with_words(guess.words) if found else None


def is_same_reading(layout: Layout, earlier: Layout) -> bool:
    """Whether a layout reads a file as an earlier one did, but for what was said of that file alone."""
    found = replace(layout, status=layout.status or earlier.status)
    return _without_file(found) == _without_file(earlier)


def remember(
    session: Session, vault: Vault, provider_id: int, header: Sequence[str], layout: Layout, at: datetime,
    name: str | None = None,
) -> ImportProfile | None:  # fmt: skip
    """Keep a layout for the next file with this header; a name that another profile has is taken over.

    A file without a header is remembered by a name only. Nothing is committed.
    """
    name = (name or "").strip()[:60] or None
    digest = signature(header)
    if digest == HEADERLESS:
        if name is None:
            return None
        digest = hashlib.sha256(f"named {name}".encode()).digest()
    profile = _find_profile(session, provider_id, ImportProfile.signature == digest)
    holder = _find_profile(session, provider_id, ImportProfile.name == name) if name else None
    if holder is not None and holder is not profile:
        holder.name = None
        session.flush()
    if profile is None:
        profile = ImportProfile(id=new_id(), provider_id=provider_id, signature=digest, created_at=at)
    profile.name = name or profile.name
    # Columns by their names too, since the next file may have them in another order.
    names = names_of(header)
    columns = {each: names[column] for each, column in layout.columns.items() if column < len(names)}
    packed = json.dumps({"names": columns, "layout": _without_file(layout).packed()}, ensure_ascii=False)
    profile.layout = vault.seal(packed, ImportProfile.LAYOUT, provider_id, profile.id)
    profile.used_at = at
    session.add(profile)
    session.flush()
    return profile


def is_known(session: Session, provider_id: int, name: str) -> bool:
    """Whether a profile has this name."""
    found = None if "\0" in name else _find_profile(session, provider_id, ImportProfile.name == name.strip())
    return found is not None  # PostgreSQL takes no NUL.


def list_profiles(session: Session, provider_id: int) -> list[ImportProfile]:
    """The last used first."""
    mine = select(ImportProfile).where(ImportProfile.provider_id == provider_id)
    return list(session.scalars(mine.order_by(ImportProfile.used_at.desc(), ImportProfile.id)))


def columns_of(vault: Vault, profile: ImportProfile) -> dict[str, str]:
    """The names of the columns that a profile reads, folded, by field; empty without a header. Raises CannotOpen."""
    names: dict[str, str] = _facts_of(vault, profile)["names"]
    return {field: name for field, name in names.items() if name}


def _without_file(layout: Layout) -> Layout:
    """Without what was of one file."""
    undated = replace(layout, date=None, received_at=None, written_ns=None)
    return replace(undated, brings_anew=(), fixes=frozenset(), other_brands=None)


def _without_words(found: Layout, *, is_named: bool) -> Layout:
    """Without what "Y" was guessed to mean, and unless it is named, without words that do not refuse."""
    kept = {
        word: meaning
        for word, meaning in found.words.get("status", {}).items()
        if meaning == Status.REFUSED or (is_named and (key_of(word), meaning) != (Y, Status.GRANTED))
    }
    words = found.words | {"status": kept}
    return replace(found, words={kind: of for kind, of in words.items() if of})


def _facts_of(vault: Vault, profile: ImportProfile) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(
        vault.read(profile.layout, ImportProfile.LAYOUT, profile.provider_id, profile.id)
    )
    return facts


def _find_profile(session: Session, provider_id: int, condition: ColumnElement[bool]) -> ImportProfile | None:
    return session.scalar(select(ImportProfile).where(ImportProfile.provider_id == provider_id, condition))


def _open_layout(vault: Vault, profile: ImportProfile | None, header: Sequence[str]) -> Layout | None:
    if profile is None:
        return None
    facts = _facts_of(vault, profile)
    layout, names, new_names = Layout.unpacked(facts["layout"]), facts["names"], names_of(header)
    if not any(new_names):
        return layout
    places = {name: place for place, name in reversed(list(enumerate(new_names))) if name}
    columns = {}
    for field, column in layout.columns.items():
        name = names.get(field, "")
        if name in places:
            columns[field] = places[name]
        elif not name and column < len(new_names) and not new_names[column]:  # Without a name then and now.
            columns[field] = column
    return replace(layout, columns=columns)
