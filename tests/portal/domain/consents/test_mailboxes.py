"""A mailbox changes hands, not one spelling of its address: plus signs, and Gmail's dots and two domains."""

import pytest
from sqlalchemy import literal, select, text, update

from portal.core import address_holders, addresses, clock
from portal.core.addresses import MAILBOX_RULE
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Status
from portal.core.models import NO_PROVIDER, Consent, NodeCounter, ReassignedAddress, Recipient, may_have_refused
from portal.core.models.recipient import MAILBOX_COLUMNS
from portal.domain.consents import mailboxes, recipients, refusals
from portal.jobs.mailboxes import index_next_mailboxes
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.test_reassigned_addresses import A_DAY, firms, of  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow

PLAIN, DOTTED, TAGGED = map(addresses.parse, ("fatma@gmail.com", "f.atma@gmail.com", "fatma+izin@googlemail.com"))
SAID = {"language": "tr", "request_metadata": "{}"}


@pytest.fixture
def spelled(firms):  # noqa: F811
    """The first firm has the mailbox by two spellings, the second one by a third, and of somebody else."""
    other = addresses.parse("fatma@ornek.example")
    for firm, its in zip(firms, ([PLAIN, TAGGED], [DOTTED, other]), strict=False):
        recipients.gather(db.session, vault(), firm.provider_id, its, clock.now() - A_DAY)
    db.session.commit()
    return firms, other


@pytest.mark.parametrize("said", [PLAIN, TAGGED])
def test_this_is_not_me_counts_for_every_spelling_at_every_firm(spelled, said):
    (first, second, third), other = spelled
    at = clock.now()
    refusals.refuse_not_mine(db.session, vault(), of(first, said), said, **SAID, at=at)
    db.session.commit()
    recipients.gather(db.session, vault(), third.provider_id, [DOTTED, other], clock.now())

    held = [of(first, PLAIN), of(first, TAGGED), of(second, DOTTED), of(third, DOTTED)]
    assert {each.held_since for each in held} == {at}
    assert [each.own_held_since for each in held] == [at if each == of(first, said) else None for each in held]
    assert of(second, other).held_since is None and of(third, other).held_since is None


def test_who_says_so_after_a_code_refuses_every_spelling_by_its_own_address(spelled, rows):
    (first, second, _), other = spelled
    for firm, address in ((first, PLAIN), (second, DOTTED), (second, other)):
        bring(firm, entry(address.text, date=clock.now() - A_DAY, channel="EPOSTA"))
    done = refusals.refuse_as_new_holder(db.session, vault(), TAGGED, **SAID, at=clock.now())
    db.session.commit()

    assert done.refused == 3
    stands = {each.recipient_id for each in rows(Consent, Consent.status == Status.GRANTED)}
    assert stands == {of(second, other).id}
    assert all(of(firm, each).own_held_since for firm, each in ((first, PLAIN), (first, TAGGED), (second, DOTTED)))


def test_the_worker_fills_in_what_an_older_release_wrote(spelled, monkeypatch, rows):
    """It may be stopped after any slice, and does nothing twice."""
    (first, second, _), other = spelled
    monkeypatch.setattr(mailboxes, "AT_ONCE", 2)
    at = clock.now()
    of(first, TAGGED).reassigned_anywhere_at = at
    db.session.execute(update(Recipient).values(mailbox_odd=None, mailbox_even=None))
    db.session.commit()
    later = at + 3650 * A_DAY  # This process may have made ids of days that it travelled to.
    while mailboxes.index_mailboxes(db.session, vault(), later):
        db.session.commit()
    kept = {each.name: each.next for each in rows(NodeCounter, NodeCounter.name.endswith(MAILBOX_RULE))}
    db.session.commit()
    index_next_mailboxes()
    db.session.expire_all()

    assert {of(*each).held_since for each in ((first, PLAIN), (first, TAGGED), (second, DOTTED))} == {at}
    assert of(second, other).held_since is None and rows.count(ReassignedAddress) == 1
    indexed = {each.id for each in rows(Recipient) if each.mailbox_odd or each.mailbox_even}
    assert indexed == {of(first, TAGGED).id, of(second, DOTTED).id}
    assert set(kept.values()) == {max(each.id for each in rows(model)) for model in mailboxes.POSITIONS}
    assert max(map(len, kept)) <= NodeCounter.name.type.length  # SQLite keeps longer ones.


@pytest.mark.parametrize("is_held", [True, False])
def test_what_a_release_by_another_rule_wrote_is_gone_over_again(firms, rows, is_held):  # noqa: F811
    """It knew Proton's domains, not its signs: by them it kept a recipient, or what was said by one who is gone."""
    (first, second, _), at = firms, clock.now()
    spelled, plain = map(addresses.parse, ("fat.ma@protonmail.com", "fatma@proton.me"))
    recipients.gather(db.session, vault(), first.provider_id, [plain], at - A_DAY)
    if is_held:
        recipients.gather(db.session, vault(), second.provider_id, [spelled], at - A_DAY)
        held, older = of(second, spelled), vault().indexes(second.provider_id, "fat.ma@proton.me")
        held.mailbox_odd, held.mailbox_even = (older.get(name) for name in MAILBOX_COLUMNS)
        held.reassigned_anywhere_at = at
    else:
        its_id = new_id()
        sealed = vault().seal(spelled.text, ReassignedAddress.PLACE, NO_PROVIDER, its_id)
        its = {"id": its_id, "address": sealed, **vault().indexes(NO_PROVIDER, spelled.text)}
        db.session.add(ReassignedAddress(**its, reassigned_at=at))
    db.session.add_all(NodeCounter(name=f"{each}another", next=2**62) for each in mailboxes.POSITIONS.values())
    db.session.commit()

    mailboxes.index_mailboxes(db.session, vault(), at + 3650 * A_DAY)
    db.session.commit()
    db.session.expire_all()
    assert of(first, plain).held_since == at
    found = address_holders.find_mailbox_holders(db.session, vault(), addresses.parse("f-atma@pm.me"))
    assert {each.provider_id for each in found} == {first.provider_id, *([second.provider_id] if is_held else [])}
    assert rows(NodeCounter, NodeCounter.name.endswith("another")) == []


def test_whether_somebodys_words_wait_is_asked_from_the_recipient_on(app):
    """By the indexes of its own id and its mailbox: thousands of other people's may wait."""
    with app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
        asked = select(may_have_refused(literal(1)))
        compiled = asked.compile(db.engine, compile_kwargs={"literal_binds": True})
        if not is_sqlite:
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
            db.session.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = db.session.execute(text(f"EXPLAIN {'QUERY PLAN' if is_sqlite else ''} {compiled}")).all()
    lines = [str(row[-1]).strip() for row in plan]
    reads = [
        " ".join(lines[place : place + 2])
        for place, line in enumerate(lines)
        if any(index in line for index in ("ix_gateway_event_held", "ix_complaint_unread"))
    ]

    assert len(reads) == 2 * (1 + 2 * len(MAILBOX_COLUMNS))
    assert all("recipient_id=" in each or "Index Cond: (recipient_id = " in each for each in reads)
