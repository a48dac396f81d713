"""Ask İYS for a day: its counts, file, hash, agreement and time stamp."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from portal.core import clock, iys_protocol, leases
from portal.core.iys_protocol import Action, Operation, RecipientType
from portal.services.iys import calls, holds, response_values
from portal.services.iys.client import DEADLINE, Client, IysAnswer
from portal.services.iys.rate_limit import Priority
from portal.services.iys.reconciliation.schedule import ClaimedDay
from portal.services.iys.response_values import JsonObject

FILE_DEADLINE = 180.0  # Seconds; a day of 250,000 movements is 50 MB.
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(minutes=1), timedelta(hours=1)
UNFINISHED = ("queued", "inprogress")
AGREEMENT_BODY = json.dumps({"agreementStatus": True}).encode()  # İYS takes nothing but true (H512).


class NotYet(Exception):
    """Ask İYS again at `until`. `code` is İYS's or our own; `is_failure` counts as an attempt."""

    def __init__(self, until: datetime, code: str | None, *, is_failure: bool = True):
        self.until, self.code, self.is_failure = until, code, is_failure


@dataclass(frozen=True)
class DayReport:
    """İYS's report of a day. `body` and `iys_hash` are None where it has no file: nothing moved."""

    summary: dict[str, JsonObject]
    body: bytes | None = field(repr=False)
    iys_hash: str | None
    is_confirmed: bool

    @property
    def hash_agrees(self) -> bool:
        """Whether the file has İYS's hash. İYS documents SHA-384; its example is as long as a SHA-256, which it
        documented before, so the length decides."""
        digest = hashlib.sha256 if len(self.iys_hash or "") == 64 else hashlib.sha384
        return self.body is not None and digest(self.body).hexdigest() == self.iys_hash

    @property
    def counted(self) -> int:
        """The number of movements in İYS's summaries; what is not as documented counts nothing."""
        read_rows = response_values.read_rows
        kinds = chain.from_iterable(read_rows(counts, "changeStats") for counts in self.summary.values())
        totals = (whose.get("total") for kind in kinds for whose in read_rows(kind, "consents"))
        return sum(total for total in totals if isinstance(total, int))


def fetch_report(client: Client, claimed: ClaimedDay) -> DayReport:
    """Fetch all that is needed to compare a day. Raises NotYet: soon where İYS hangs, since the file may take long."""
    agreement = _ask_iys(client, claimed, Operation.AGREEMENT, iys_protocol.agreement_path(*claimed.codes))
    file = _ask_iys(client, claimed, Operation.FILE, iys_protocol.file_path(*claimed.codes), deadline=FILE_DEADLINE)
    summary = {each.value: _fetch_summary(client, claimed, each) for each in RecipientType}
    body = file.body if file.status == 200 else None
    if body == b"" or (body is None) != (agreement.status == 204):  # One of the two is not made yet.
        raise not_yet(claimed, "no_file")
    if body is None:
        return DayReport(summary, None, None, False)
    agreed = agreement.content
    if agreed.get("processStatus") in UNFINISHED:
        raise not_yet(claimed, "hash_pending")
    if not isinstance(agreed.get("hashValue"), str):
        raise not_yet(claimed, "no_hash")
    iys_hash = response_values.read_text(agreed["hashValue"]).strip().lower()
    return DayReport(summary, body, iys_hash, agreed.get("agreementStatus") is True)


def confirm_day(client: Client, claimed: ClaimedDay) -> None:
    """Confirm the day at İYS, irrevocably. Raises NotYet."""
    path = iys_protocol.agreement_path(*claimed.codes)
    answer = _ask_iys(client, claimed, Operation.AGREE, path, method="PUT", body=AGREEMENT_BODY)
    if answer.content.get("agreementCaptured") is not True:
        raise not_yet(claimed, answer.code)


def fetch_timestamp(client: Client, claimed: ClaimedDay) -> bytes:
    """İYS's time-stamp token of the file. Raises NotYet."""
    answer = _ask_iys(client, claimed, Operation.TIMESTAMP, iys_protocol.timestamp_path(*claimed.codes))
    if not answer.body:
        raise not_yet(claimed, "no_timestamp")
    return answer.body


def _fetch_summary(client: Client, claimed: ClaimedDay, recipient_type: RecipientType) -> JsonObject:
    """İYS's counts; {} where it gives none, since nothing depends on them."""
    path = iys_protocol.summary_path(*claimed.codes, recipient_type)
    try:
        return _ask_iys(client, claimed, Operation.SUMMARY, path).content
    except NotYet as refused:
        if refused.is_failure:
            return {}
        raise


def _ask_iys(
    client: Client, claimed: ClaimedDay, question: Operation, path: str, *, method: str = "GET",
    body: bytes | None = None, deadline: float = DEADLINE,
) -> IysAnswer:  # fmt: skip
    try:
        answer = calls.ask(
            client, claimed.provider_id, question, path, method=method, body=body, deadline=deadline,
            priority=Priority.POLLING,
        )  # fmt: skip
    except calls.NotNow as later:
        raise NotYet(later.until, later.code, is_failure=False) from later
    holds.note_pull(claimed, answer)
    if answer.status in (200, 204):
        return answer
    if answer.action() in (Action.CONFIG, Action.FIX):
        raise NotYet(clock.now() + LONGEST_BACKOFF, answer.code)
    raise not_yet(claimed, answer.code)


def not_yet(claimed: ClaimedDay, code: str | None) -> NotYet:
    """The exception after a failure: ask again after a minute, then twice as long each time."""
    return NotYet(clock.now() + leases.backoff(claimed.attempts, FIRST_BACKOFF, LONGEST_BACKOFF), code)
