"""Ask by multi-status whether İYS holds a grant that a refusal withdraws, for up to 1000 keys at once.

Multi-status lists only ONAY and answers 200, so a refusal without a grant never counts as a failure (H175).
"""

import json
from datetime import datetime

from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Action, Operation, Status
from portal.core.models import Outcome, Submission
from portal.core.vault import KeyMissing
from portal.services.iys import calls, holds, unasked_channels
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.forwarding import claims, local_validation, outcomes
from portal.services.iys.forwarding.claims import ClaimedSubmission
from portal.services.iys.granted_addresses import named_in_errors, read_granted
from portal.services.iys.rate_limit import Priority


def end_if_not_granted(client: Client, these: list[ClaimedSubmission]) -> ClaimedSubmission | None:
    """Ask about similar refusals (brand, channel, recipient type), and end those without a grant at İYS. Of channels on
    which nobody is asked it is asked apart: it may answer no question that names one.

    Returns the one that must be sent without an answer: where İYS does not offer or understand the question.
    Raises NotNow.
    """
    asked = _alike(_valid_by_recipient(these))
    if not asked:
        return None
    first = next(iter(asked.values()))
    codes = iys_protocol.codes_in_path(first.endpoint)
    path = iys_protocol.multi_status_path(*codes, first.recipient_type, first.channel)
    body = json.dumps({"recipients": list(asked)}).encode()
    asked_at = clock.now()
    question = Operation.MULTI_STATUS
    answer = calls.ask(client, first.provider_id, question, path, body=body, priority=Priority.REFUSALS)
    holds.note_answer(first.part, answer)
    if not isinstance(answer.content.get("list"), list):
        return _apply_error(asked, answer)
    granted = read_granted(answer, asked, brand_id=first.brand_id)
    if granted is None:
        return _send_unasked(asked)
    _apply_list(asked, granted, answer.status, asked_at)
    return None


def _valid_by_recipient(these: list[ClaimedSubmission]) -> dict[str, ClaimedSubmission]:
    """Those with a readable payload and a valid address, by address; others are parked, or wait for their key."""
    asked = {}
    for each in these:
        try:
            payload, failure = local_validation.open_payload(each.provider_id, each, clock.now(), may_be_there=True)
        except KeyMissing:
            outcomes.wait_for_key([each])
            continue
        if failure and failure.action == Action.FIX:
            outcomes.end_submission(each, Outcome.PARKED, code=failure.code)
        else:
            asked[json.loads(payload)["recipient"].lower()] = each
    return asked


def _alike(asked: dict[str, ClaimedSubmission]) -> dict[str, ClaimedSubmission]:
    """Those that are of an unasked channel, or are not, as the first; the others go back into their lane."""
    kinds = {recipient: unasked_channels.is_unasked(recipient, each.channel) for recipient, each in asked.items()}
    first = next(iter(kinds.values()), False)
    outcomes.return_unsent([each for recipient, each in asked.items() if kinds[recipient] != first])
    return {recipient: each for recipient, each in asked.items() if kinds[recipient] == first}


def _apply_list(asked: dict[str, ClaimedSubmission], granted: set[str], status: int, asked_at: datetime) -> None:
    """Refusals of listed addresses are sent in a moment; of the others İYS holds nothing to withdraw."""
    listed = [each for recipient, each in asked.items() if recipient in granted]
    absent = [each for recipient, each in asked.items() if recipient not in granted]
    _record_attempts(asked, status, None, granted)
    if absent:
        outcomes.end_without_grant(absent, None)
    if listed:
        mine = claims.end_lease(db.session, listed, due_at=Submission.due_at, attempts=Submission.attempts - 1)
        known = [each.consent_id for each in listed if each.id in mine]
        outcomes.record_iys_status(dict.fromkeys(known), Status.GRANTED, asked_at)
    db.session.commit()


def _record_attempts(asked: dict[str, ClaimedSubmission], status: int, code: str | None, granted: set[str]) -> None:
    """Store with each refusal what İYS said of its own address only."""
    answers = (
        (each.provider_id, each.id, code, json.dumps({"list": [recipient] if recipient in granted else []}).encode())
        for recipient, each in asked.items()
    )
    outcomes.record_attempts(Operation.MULTI_STATUS, status, answers)


def _apply_error(asked: dict[str, ClaimedSubmission], answer: IysAnswer) -> ClaimedSubmission | None:
    """No list came: apply the code table to all of them; addresses that İYS names as invalid are parked alone, or have
    no grant there where the channel may take none of them."""
    these, action = list(asked.values()), answer.action(Status.REFUSED)
    named = [asked[recipient] for recipient in named_in_errors(answer, asked)]
    recipient, first = next(iter(asked.items()))
    if unasked_channels.is_not_taken(answer, recipient, first.channel):
        ended = {recipient: each for recipient, each in asked.items() if not named or each in named}
        _record_attempts(ended, answer.status, answer.code, set())
        outcomes.end_without_grant(list(ended.values()), None)
        outcomes.return_unsent([each for each in these if each not in ended.values()])
    elif named:
        for each in named:
            outcomes.end_submission(each, Outcome.PARKED, code=answer.code)
        outcomes.return_unsent([each for each in these if each not in named])
    elif action == Action.FIX or answer.is_question_unknown:
        return _send_unasked(asked)
    else:
        _record_attempts(asked, answer.status, answer.code, set())
        _apply_action(these, action, answer.code)
    return None


def _send_unasked(asked: dict[str, ClaimedSubmission]) -> ClaimedSubmission:
    """The one to be sent without an answer; the others go back into their lane."""
    first, *others = asked.values()
    outcomes.return_unsent(others)
    return first


def _apply_action(these: list[ClaimedSubmission], action: Action, code: str | None) -> None:
    if action == Action.CONFIG:
        outcomes.block_submissions(these, code)
    elif action == Action.WAIT:
        outcomes.retry_later(these, outcomes.ORDER_WAIT, code, counts=False)
    else:
        outcomes.retry_later(these, outcomes.backoff(these[0].attempts), code)
