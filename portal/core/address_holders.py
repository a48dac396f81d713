"""Recipients with an address at any provider. Blind indexes are per provider, so each provider's index is computed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from types import MappingProxyType

from sqlalchemy import BigInteger, ColumnElement, LargeBinary, Select, and_, cast, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portal.core.addresses import Address, AddressKind
from portal.core.iys_protocol import Status
from portal.core.models import (
    ORIGINS_AT_IYS,
    TAKEN_OUTCOMES,
    Decision,
    Outcome,
    Provider,
    Recipient,
    is_own_refusal,
    is_own_word,
)
from portal.core.models.recipient import MAILBOX_COLUMNS
from portal.core.vault import Vault

CHUNK = 1000  # Providers per statement.


def find_holders(
    session: Session, vault: Vault, address: Address, among: ColumnElement[bool] | None = None
) -> list[Recipient]:  # fmt: skip
    """The recipients with this address, at most one per provider; of all of them or of some."""
    among = true() if among is None else among
    return list(_select_by_id(session, _conditions(session, vault, address.text, among)).values())


def find_mailbox_holders(
    session: Session, vault: Vault, address: Address, among: ColumnElement[bool] | None = None
) -> list[Recipient]:  # fmt: skip
    """The recipients whose messages arrive where this address's do (Address.reaches), however that is spelled: of a
    mailbox a provider may have several."""
    among = true() if among is None else among
    return list(_select_by_id(session, _mailbox_conditions(session, vault, address, among)).values())


def take_turns(recipients: Iterable[Recipient]) -> list[Recipient]:
    """One of each provider, then a second one of each that has one: who has very many keeps nobody else's back."""
    turns: Counter[int] = Counter()
    ordered = []
    for each in sorted(recipients, key=lambda recipient: recipient.id):
        ordered.append((turns[each.provider_id], each.id, each))
        turns[each.provider_id] += 1
    return [each for _, _, each in sorted(ordered)]


def hides_iys_answer(status: Status, outcome: Outcome | None, held_since: datetime | None) -> bool:
    """Whether what İYS said of a decision is shown to nobody: after a change of hands its answer to a refusal, and that
    it held a grant already, tell whether the earlier holder had consented, and as what."""
    return held_since is not None and (status == Status.REFUSED or outcome == Outcome.NOT_NEEDED)


def hides_iys_status(decision: Decision | None, outcome: Outcome | None, held_since: datetime | None) -> bool:
    """Whether what İYS holds of a consent is shown to nobody: after a change of hands it may be of the earlier holder
    until İYS took the present one's grant, or told of it itself."""
    if held_since is None or decision is None:
        return held_since is not None
    is_theirs = outcome in TAKEN_OUTCOMES or decision.origin in ORIGINS_AT_IYS
    return decision.status == Status.REFUSED or not is_theirs


def is_held(session: Session, vault: Vault, address: Address, among: ColumnElement[bool]) -> bool:
    """Whether any of these providers holds the address, or its mailbox by another spelling. Each statement returns one
    count, so timing reveals nothing."""
    count = select(func.count()).select_from(Recipient)
    held = _mailbox_conditions(session, vault, address, among)
    return sum([session.scalars(count.where(each)).one() for each in held]) > 0


def _select_by_id(session: Session, conditions: Iterable[ColumnElement[bool]]) -> dict[int, Recipient]:
    return {each.id: each for one in conditions for each in session.scalars(select(Recipient).where(one))}


def _mailbox_conditions(
    session: Session, vault: Vault, address: Address, among: ColumnElement[bool]
) -> Iterator[ColumnElement[bool]]:  # fmt: skip
    for spelling in sorted({address.text, address.reaches}):
        yield from _conditions(session, vault, spelling, among)
    if address.kind == AddressKind.EMAIL:
        yield from _conditions(session, vault, address.reaches, among, MAILBOX_COLUMNS)


def _conditions(
    session: Session,
    vault: Vault,
    text: str,
    among: ColumnElement[bool],
    columns: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[ColumnElement[bool]]:
    """One condition for each CHUNK of providers, two while keys rotate; `columns`: others instead of an index's own."""
    provider_ids = iter(session.scalars(select(Provider.id).where(among).order_by(Provider.id)).all())
    is_postgresql = session.get_bind(Recipient).dialect.name == "postgresql"
    pairs = _in_arrays if is_postgresql else _in_values
    while chunk := list(islice(provider_ids, CHUNK)):
        indexes = [vault.indexes(provider_id, text) for provider_id in chunk]
        for column in indexes[0]:
            index = getattr(Recipient, columns.get(column, column))
            is_one = tuple_(Recipient.provider_id, index).in_(pairs(chunk, [each[column] for each in indexes]))
            yield and_(is_one, index.is_not(None))  # By which SQLite knows that its partial index covers them.


def _in_values(provider_ids: list[int], indexes: list[bytes]) -> list[tuple[int, bytes]]:
    return list(zip(provider_ids, indexes, strict=True))


def _in_arrays(provider_ids: list[int], indexes: list[bytes]) -> Select[int, bytes]:
    """Two array parameters instead of two thousand, so PostgreSQL plans the statement once."""
    both = func.unnest(cast(provider_ids, ARRAY(BigInteger)), cast(indexes, ARRAY(LargeBinary)))
    of = both.table_valued("provider_id", "index").render_derived()
    return select(of.c.provider_id, of.c.index)


def find_own_refused_ids(session: Session, held_since: Mapping[int, datetime | None]) -> set[int]:
    """The consents of recipients, each with since when its address is held (Recipient.held_since), of which a refusal
    by the present holder's own word stands, whatever a firm stated of it since."""
    which = Decision.recipient_id.in_(held_since), is_own_refusal(), is_own_word()
    decisions = session.scalars(select(Decision).where(*which))
    return {each.consent_id for each in decisions if each.was_made_since(held_since[each.recipient_id])}
