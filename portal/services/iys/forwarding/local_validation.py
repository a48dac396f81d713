"""Open a payload and check İYS's field rules before sending: what fails here doesn't lower the success rate."""

import json
from datetime import datetime
from typing import NamedTuple

from portal.core import iys_protocol
from portal.core.extensions import vault
from portal.core.iys_protocol import Action, Status
from portal.core.models import Submission
from portal.core.vault import CannotOpen
from portal.services.iys.forwarding.bulk_lists import ListItem
from portal.services.iys.forwarding.claims import ClaimedSubmission

UNKNOWN_ADDRESS = ("H120", "H121")


class Failure(NamedTuple):
    """İYS's code for a payload that fails, if there is one, and the action that the code table asks for."""

    code: str | None
    action: Action


def open_payload(
    provider_id: int,
    submission: ClaimedSubmission | ListItem,
    at: datetime,
    *,
    may_be_there: bool = False,
    is_checked: bool = True,
) -> tuple[bytes, Failure | None]:
    """The payload of one consent, and why it cannot be sent: it is damaged, or İYS would reject its fields. Raises
    KeyMissing.

    With `may_be_there` its age is ignored: İYS may have stored it in time, and answers the same bytes as it did then.
    """
    try:
        payload = vault().open(submission.payload, Submission.PLACE, provider_id, submission.id)
    except CannotOpen:  # Damaged: a person must look, and the others go on.
        return b"", Failure(None, Action.FIX)
    body = json.loads(payload)
    problems = iys_protocol.validate_consent(body, now=at) if is_checked else []
    codes = [problem.code for problem in problems]
    if body["status"] == Status.REFUSED:  # Its address was one when it was read: İYS says itself what it takes.
        codes = [code for code in codes if code not in UNKNOWN_ADDRESS]
    if may_be_there:
        codes = [code for code in codes if iys_protocol.CODES[code].action != Action.EXPIRED]
    if not codes:
        return payload, None
    gravest = iys_protocol.action_of(422, codes)
    code = next(code for code in codes if iys_protocol.action_of(422, [code]) == gravest)
    return payload, Failure(code, gravest)
