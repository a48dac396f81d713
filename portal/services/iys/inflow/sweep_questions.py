"""What a sweep asks İYS by multi-status about lists of addresses. It goes on without what İYS never answers, as of a
channel without the right."""

import json
from collections.abc import Mapping
from enum import Enum, auto

import structlog

from portal.core import iys_protocol
from portal.core.iys_protocol import MAX_LIST_SIZE, Action, Channel, Operation, RecipientType, Status
from portal.core.models import Sweep
from portal.domain.consents.recipients import chunks
from portal.services.iys import calls, holds, unasked_channels
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.granted_addresses import named_in_errors, read_granted
from portal.services.iys.rate_limit import Priority

log = structlog.get_logger()

GOES_ON_AFTER = 2  # Failures in a row that concern a list.
MAX_CORRECTIONS = 2  # Times that a list is sent again without the addresses that İYS rejected.

# Recipient type, channel, and whether nobody is asked on it: İYS may answer no question that names one of those.
Asked = tuple[RecipientType, Channel, bool]


class Holding(Enum):
    """What İYS says of an address."""

    GRANTED = auto()
    ABSENT = auto()
    NOT_TAKEN = auto()  # Of a channel on which nobody is asked, so that nobody can refuse there either.
    WRONG = auto()  # It is none to İYS, unlike most of its list.


class Unanswered(Exception):
    """İYS answered without a list, or with one that was not understood."""

    def __init__(self, answer: IysAnswer):
        self.answer = answer


def ask_for_grants(
    client: Client, sweep: Sweep, codes: tuple[int, int], lists: Mapping[Asked, Mapping[str, int]]
) -> dict[int, Holding]:  # fmt: skip
    """What İYS says, by consent that it answered about; `codes` of provider and brand. Raises NotNow and
    Unanswered."""
    answered: dict[int, Holding] = {}
    for (recipient_type, channel, _is_unasked), consents in lists.items():
        path = iys_protocol.multi_status_path(*codes, recipient_type, channel)
        for addresses in chunks(list(consents), MAX_LIST_SIZE):
            try:
                said = _ask_for_list(client, sweep, path, addresses, channel)
            except Unanswered as failure:
                if not _goes_on_without(sweep, failure.answer):
                    raise
                codes_said = ",".join(failure.answer.codes)
                log.warning("sweep.unanswered", brand=sweep.brand_id, path=path, count=len(addresses), codes=codes_said)
            else:
                answered |= {consents[address]: its for address, its in _without_many_wrong(said).items()}
    return answered


def _without_many_wrong(said: dict[str, Holding]) -> dict[str, Holding]:
    """Single addresses are wrong. Where İYS calls most of a list so, it no longer takes what we send: no answer."""
    wrong = {address for address, its in said.items() if its is Holding.WRONG}
    is_single = len(wrong) <= max(1, len(said) - len(wrong))
    return said if is_single else {address: its for address, its in said.items() if address not in wrong}


def _goes_on_without(sweep: Sweep, answer: IysAnswer) -> bool:
    """Whether the rest is not to wait for an answer about a list: there is no right for its channel, or İYS has failed
    to answer about it time and again."""
    return not holds.CHANNEL_CODES.isdisjoint(answer.codes) or (
        concerns_list(answer) and sweep.attempts >= GOES_ON_AFTER
    )


def concerns_list(answer: IysAnswer) -> bool:
    """Whether İYS finds a fault in a list without saying where, says what cannot be read, or knows no such question."""
    is_fault = answer.action(Status.GRANTED) == Action.FIX or isinstance(answer.content.get("list"), list)
    return is_fault or answer.is_question_unknown


def _ask_for_list(
    client: Client, sweep: Sweep, path: str, addresses: list[str], channel: Channel
) -> dict[str, Holding]:  # fmt: skip
    """What İYS says, by address. Raises NotNow, and Unanswered where it says nothing of some."""
    said: dict[str, Holding] = {}
    for _ in range(1 + MAX_CORRECTIONS):
        body = json.dumps({"recipients": addresses}).encode()
        question = Operation.MULTI_STATUS
        answer = calls.ask(client, sweep.provider_id, question, path, body=body, priority=Priority.POLLING)
        holds.note_pull(sweep, answer)
        if isinstance(answer.content.get("list"), list):
            if (granted := read_granted(answer, addresses, brand_id=sweep.brand_id)) is None:
                break
            return said | {each: Holding.GRANTED if each in granted else Holding.ABSENT for each in addresses}
        is_not_taken = unasked_channels.is_not_taken(answer, addresses[0], channel)
        wrong = named_in_errors(answer, addresses) or (set(addresses) if is_not_taken else set())
        if not wrong:
            break
        log.warning("sweep.wrong_addresses", brand=sweep.brand_id, path=path, count=len(wrong), code=answer.code)
        said |= dict.fromkeys(wrong, Holding.NOT_TAKEN if is_not_taken else Holding.WRONG)
        addresses = [address for address in addresses if address not in wrong]
        if not addresses:
            return said
    raise Unanswered(answer)
