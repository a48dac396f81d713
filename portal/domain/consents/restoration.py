"""Write decisions, receipts, annulments and closed lines again, as a journal kept them, into a restored database.

All keep their ids, dates and salts, so that receipts open, İYS recognises what it was sent, and published proofs hold.
Nothing here commits; what is there already is left as it is.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

import shortlinks
from portal.core import addresses
from portal.core.address_holders import find_mailbox_holders
from portal.core.addresses import Address
from portal.core.database import is_one_of
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    ClosedLine,
    ConsentText,
    Decision,
    Lane,
    Leaf,
    Outcome,
    Provider,
    Receipt,
    Recipient,
    Submission,
)
from portal.core.models.inserts import insert_rows
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import (
    annulments,
    ended_grants,
    locking,
    reassigned_addresses,
    recipients,
    refusal_forwarding,
    writer,
)
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import DecisionRows, Row
from portal.domain.providers.sandbox_mode import is_sandbox_path

NOT_DUE = {"due_at": None}


def find_missing(session: Session, ids: InstrumentedAttribute[int], given: Iterable[int]) -> set[int]:
    """Those of the given ids that no row has. One statement: call with ≤ 5,000."""
    given = set(given)
    return given.difference(session.scalars(select(ids).where(is_one_of(session, ids, given)))) if given else given


def find_deleted(session: Session, decision_ids: Iterable[int]) -> set[int]:
    """Those of these decisions that were here and were deleted: their leaves stay. Call with ≤ 5,000."""
    given = set(decision_ids)
    return find_missing(session, Decision.id, given) - find_missing(session, Leaf.decision_id, given)


def restore_decisions(
    session: Session, vault: Vault, brand: Brand, decisions: Sequence[Row], submissions: Mapping[int, Row],
    annulled: Mapping[int, Row], at: datetime,
) -> int:  # fmt: skip
    """Write these decisions of a brand (≤ 1,000, oldest first), which are missing, with their submissions (by
    decision); how many had a recipient. Consents move as they did. Those `annulled` are void at once. Raises
    CannotOpen."""
    holders = _find_recipient_ids(session, vault, decisions, submissions, at)
    new = [each for each in decisions if each["id"] in holders]
    if not new:
        return 0
    consents = locking.lock_consents(session, brand.id, holders.values())
    locking.lock_submissions_and_consents(session, [each.id for each in consents.values()])
    texts = _existing_ids(session, ConsentText.id, {each["text_id"] for each in new})
    renewed = _existing_ids(session, Decision.id, {each["renews_id"] for each in new}) | holders.keys()
    rows = DecisionRows()
    for kept in new:
        key = holders[kept["id"]], kept["channel"], kept["recipient_type"]
        if key not in consents:
            consents[key] = locking.new_consent(brand.provider_id, brand.id, key, kept["consent_id"])
        consent, void = consents[key], annulled.get(kept["id"])
        decision = kept | {
            "recipient_id": key[0],
            "consent_id": consent.id,
            "text_id": kept["text_id"] if kept["text_id"] in texts else None,
            "renews_id": kept["renews_id"] if kept["renews_id"] in renewed else None,
        }
        is_current = void is None and _move_if_newer(consent, decision)
        submission = submissions.get(kept["id"])
        rows.add(
            decision,
            submission and submission | _submission_changes(submission, consent, void, at, is_current=is_current),
        )
    writer.write_decisions(session, consents.values(), rows)
    untold = refusal_forwarding.tell_after_restore(session, vault, consents.values(), at)
    writer.write_submissions(session, untold)
    annulments.write_annulments(session, [annulled[each["id"]] for each in new if each["id"] in annulled])
    return len(new)


def _find_recipient_ids(
    session: Session, vault: Vault, decisions: Sequence[Row], submissions: Mapping[int, Row], at: datetime
) -> dict[int, int]:
    """Whose decisions these are: recipients by decision. Evidence that came to no submission may have none."""
    if not decisions:
        return {}
    provider_id = decisions[0]["provider_id"]
    theirs = {each["id"]: _address(vault, submissions[each["id"]]) for each in decisions if each["id"] in submissions}
    ids = {theirs[each["id"]].text: each["recipient_id"] for each in decisions if each["id"] in theirs}
    found = recipients.gather(session, vault, provider_id, list(theirs.values()), at, ids)
    others = {each["recipient_id"] for each in decisions if each["id"] not in theirs}
    known = _existing_ids(session, Recipient.id, others)
    holders = {its_id: found[address.text] for its_id, address in theirs.items()}
    return holders | {each["id"]: each["recipient_id"] for each in decisions if each["recipient_id"] in known}


def _address(vault: Vault, submission: Row) -> Address:
    payload = vault.open(submission["payload"], Submission.PLACE, submission["provider_id"], submission["id"])
    return addresses.read_canonical(json.loads(payload)["recipient"])


def _existing_ids(session: Session, ids: InstrumentedAttribute[int], given: set[int | None]) -> set[int | None]:
    wanted = {each for each in given if each is not None}
    return set(session.scalars(select(ids).where(ids.in_(wanted)))) if wanted else set()


def _move_if_newer(consent: LockedConsent, decision: Row) -> bool:
    """Whether the consent stands, or stood for a while, on the decision."""
    if not consent.is_older_than(decision["status"], decision["effective_at"]):
        return False
    date = decision["consent_date"] or decision["effective_at"]
    consent.move_to(decision["id"], decision["status"], consent_date=date, effective_at=decision["effective_at"])
    return True


def _submission_changes(
    submission: Row, consent: LockedConsent, void: Row | None, at: datetime, *, is_current: bool
) -> Row:
    """What differs from how it was when the decision was made."""
    its = {"consent_id": consent.id}
    if void is not None:
        return its | NOT_DUE | {"outcome": Outcome.ANNULLED, "ended_at": void["at"]}
    if submission["outcome"] == Outcome.WAITING and not is_current:
        return its | NOT_DUE | {"outcome": Outcome.OVERTAKEN, "ended_at": at}
    return its


def note_possibly_sent(session: Session, at: datetime) -> None:
    """What waited for its turn in the backup, or was decided after it, may have reached İYS: it is sent again byte for
    byte, or asked for, and İYS's records of it are recognised as ours."""
    waiting = update(Submission).where(
        Submission.outcome == Outcome.WAITING, Submission.due_at <= at, Submission.lane != Lane.BULK,
        Submission.bulk_id.is_(None), Submission.attempts == 0,
    )  # fmt: skip
    session.execute(waiting.values(outcome=Outcome.SENT, attempts=1).execution_options(synchronize_session=False))


def restore_closed_lines(
    session: Session, vault: Vault, lines: Sequence[Row], missing: Collection[int], at: datetime
) -> set[int]:
    """Insert those of these closed lines (≤ 1,000) that are missing, and close all at every recipient with the number,
    whether anything is held of them there or not; the ids of those that cannot be opened."""
    insert_rows(session, ClosedLine, [each for each in lines if each["id"] in missing])
    opened, unread = [], set()
    for line in lines:
        try:
            text = vault.read(line["address"], ClosedLine.PLACE, NO_PROVIDER, line["id"])
        except CannotOpen:
            unread.add(line["id"])
        else:
            opened.append((addresses.read_canonical(text), line["closed_at"]))
    ended_grants.close_lines_again(session, vault, opened, at)
    return unread


def restore_receipts(session: Session, receipts: Sequence[Row], lines: Mapping[int, Collection[int]]) -> int:
    """Write these receipts (≤ 1,000), which are missing, with those of the decisions that they list (`lines`, by
    receipt) that are here; how many had any, or listed none."""
    listed = {each for receipt in receipts for each in lines.get(receipt["id"], ())}
    whose = dict(session.execute(select(Decision.id, Decision.recipient_id).where(Decision.id.in_(listed))).all())
    there = {each["id"]: [one for one in lines.get(each["id"], ()) if one in whose] for each in receipts}
    alone = _existing_ids(
        session, Recipient.id, {each["recipient_id"] for each in receipts if not lines.get(each["id"])}
    )
    acts = [
        (_find_holder(receipt, there[receipt["id"]], whose), there[receipt["id"]])
        for receipt in _without_lost_references(session, receipts)
        if there[receipt["id"]] or (not lines.get(receipt["id"]) and receipt["recipient_id"] in alone)
    ]
    writer.write_receipts(session, acts)
    return len(acts)


def restore_change_of_hands(session: Session, vault: Vault, receipt: Row, submissions: Sequence[Row]) -> None:
    """Note what "this is not me" said of an address, which the submissions of its refusals name: at the firm, and at
    all firms as at that moment, whether or not this one, or its brand, is here. Raises CannotOpen."""
    if not submissions:
        return
    address, at = _address(vault, submissions[0]), receipt["decided_at"]
    own = recipients.find(session, vault, receipt["provider_id"], address)
    is_for_all = not all(is_sandbox_path(each["endpoint"]) for each in submissions)  # Else it counted nowhere else.
    of_firm = None if is_for_all else Provider.id == receipt["provider_id"]
    holders = {each.id for each in find_mailbox_holders(session, vault, address, of_firm)}
    locking.lock_recipients(session, holders)
    if is_for_all:
        reassigned_addresses.spread(session, vault, address, holders, at)
    if own is not None:
        reassigned_addresses.note_said(session, [own], holders, at)


def _find_holder(receipt: Row, decision_ids: Sequence[int], whose: Mapping[int, int]) -> Row:
    """The receipt of whoever has its decisions here: somebody new to the backup may have come anew since."""
    return receipt | {"recipient_id": whose[decision_ids[0]]} if decision_ids else receipt


def _without_lost_references(session: Session, receipts: Sequence[Row]) -> list[Row]:
    """Without a text that the backup lacks, a link whose id another one has got since a restore, and a form that was
    posted again since then."""
    texts = _existing_ids(session, ConsentText.id, {each["text_id"] for each in receipts})
    made_at = _find_dates_of_links(session, {each["link_id"] for each in receipts})
    digests = [each["token_digest"] for each in receipts if each["token_digest"]]
    used = set(session.scalars(select(Receipt.token_digest).where(Receipt.token_digest.in_(digests))))
    kept = []
    for receipt in receipts:
        text_id, digest = receipt["text_id"], receipt["token_digest"]
        kept.append(receipt | {
            "text_id": text_id if text_id in texts else None, "token_digest": None if digest in used else digest,
            "link_id": shortlinks.NO_LINK if _is_anothers_link(receipt, made_at) else receipt["link_id"],
        })  # fmt: skip
        used.add(digest)
    return kept


def _find_dates_of_links(session: Session, link_ids: set[int | None]) -> dict[int, datetime]:
    """When the links with these ids were made, as far as they are here."""
    its = shortlinks.Link.id, shortlinks.Link.created_at
    wanted = {each for each in link_ids if each is not None}
    return dict(session.execute(select(*its).where(is_one_of(session, shortlinks.Link.id, wanted))).all())


def _is_anothers_link(receipt: Row, made_at: Mapping[int, datetime]) -> bool:
    """Whether the link with the id that a receipt names was made after it. A lost one's id is nobody's, so it stays."""
    link_id, decided_at = receipt["link_id"], receipt["decided_at"]
    return link_id in made_at and made_at[link_id] > decided_at
