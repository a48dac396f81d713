"""Addresses that may be somebody else's since, for firms that get them later."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.database import is_one_of
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, ClosedLine
from portal.core.vault import Vault, index_column


def find_closures(session: Session, vault: Vault, texts: Iterable[str]) -> dict[str, datetime]:
    """When the lines of these numbers were closed last, by canonical address, whichever firm heard of it; e-mails have
    none. One statement a key generation: call with ≤ 5,000."""
    numbers = (text for text in texts if text.startswith("+"))
    indexes, found = {text: vault.indexes(NO_PROVIDER, text) for text in numbers}, dict[str, datetime]()
    for column in map(index_column, vault.keys):
        by_index = {each[column]: text for text, each in indexes.items()}
        indexed = getattr(ClosedLine, column)
        closures = select(indexed, ClosedLine.closed_at).where(is_one_of(session, indexed, by_index))
        for index, closed_at in session.execute(closures):
            found[by_index[index]] = max(closed_at, found.get(by_index[index], closed_at))
    return found


def close_lines(session: Session, vault: Vault, closures: Mapping[str, datetime]) -> None:
    """Keep that these lines were closed then, for firms that get the number later; call with ≤ 5,000."""
    known = find_closures(session, vault, closures)
    for text, closed_at in closures.items():
        if text not in known or known[text] < closed_at:
            its_id = new_id()
            address = vault.seal(text, ClosedLine.PLACE, NO_PROVIDER, its_id)
            its_indexes = vault.indexes(NO_PROVIDER, text)
            session.add(ClosedLine(id=its_id, address=address, closed_at=closed_at, **its_indexes))
