"""Acceptance of messages, the same for each vendor: repeats, control numbers, credits, and what arrives on the phone.

The last four digits of a number decide: 0001 is delivered, 0002 expires, 0003 fails, 0004 is blocked by İYS when
commercial, 0005 is on the block list, 0006 stays accepted for ever, 0007 is reported twice, 0008 before the answer,
0009 loses the answer, 0010 gets HTTP 503 twice, 0011 an unknown state, 0012 replies "RET" by itself, 0013 "ONAY".
"""

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import g, request

from portal.core import addresses
from portal.core.sms_parts import Alphabet
from portal.services.messaging.fake_gateway import pushes
from portal.services.messaging.fake_gateway.accounts import FakeAccount
from portal.services.messaging.fake_gateway.lengths import arriving, parts
from portal.services.messaging.fake_gateway.phone import ShownMessage
from portal.services.messaging.fake_gateway.state import LONGEST_HANG, DeliveryOutcome, SentMessage, State, state

OUTCOMES = {
    "0002": DeliveryOutcome.EXPIRED,
    "0003": DeliveryOutcome.FAILED,
    "0005": DeliveryOutcome.ON_BLOCK_LIST,
    "0006": DeliveryOutcome.PENDING,
    "0011": DeliveryOutcome.ODD,
}
BLOCKED_IF_COMMERCIAL, ON_BLOCK_LIST, REPORTED_EARLY, ANSWER_LOST, BUSY = "0004", "0005", "0008", "0009", "0010"
BUSY_TIMES = 2
ARRIVING = (DeliveryOutcome.DELIVERED, DeliveryOutcome.ODD)
DAY = timedelta(hours=24)


class Refusal(Exception):
    """A vendor's refusal of a call. `code` is the vendor's own or an HTTP status; `status` replaces the usual one."""

    def __init__(self, code: str, status: int | None = None):
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Item:
    """A message of a call, checked. `to` is canonical."""

    to: str
    text: str = field(repr=False)
    own_id: str = ""


@dataclass(frozen=True)
class Order:
    """Messages of one call."""

    items: Sequence[Item]
    header: str
    custom_id: str = ""
    is_commercial: bool = False
    alphabet: Alphabet | None = None  # None: by the text.
    send_at: datetime | None = None

    def parts(self, item: Item) -> int:
        return parts(item.text, self.alphabet)

    def credits(self) -> int:
        return sum(map(self.parts, self.items))


def require_account(vendor: str, username: object, password: object, code: str, address_code: str = "") -> FakeAccount:
    """The account whose API may be used, from this IP address. Raises Refusal(code), or of `address_code`."""
    account = state().account(vendor, username, password)
    if account is None or not account.may_use_api:
        raise Refusal(code)
    if account.allowed_addresses and request.remote_addr not in account.allowed_addresses:
        raise Refusal(address_code or code)
    return account


def refuse_while_busy(account: FakeAccount, numbers: Sequence[str]) -> None:
    """HTTP 503 for a number ending in 0010, twice; then it goes through."""
    for number in numbers:
        if number.endswith(BUSY):
            with state().lock:
                state().busy[account.vendor, number] += 1
                if state().busy[account.vendor, number] <= BUSY_TIMES:
                    raise Refusal("503")
                state().busy[account.vendor, number] = 0


def is_repeat(account: FakeAccount, order: Order, item: Item, within: timedelta) -> bool:
    """Whether the account sent this text to this number with this header within that time."""
    before = state().repeats.get((*account.key, order.header, item.to, item.text))
    return before is not None and state().now() - before < within


def accept(
    account: FakeAccount,
    order: Order,
    *,
    refuse_repeats: Callable[[], None] = lambda: None,
    repeats_fail_within: timedelta | None = None,
    batch_size: int | None = None,
) -> str:
    """Accept messages; the batch's id, or several with commas between them where a batch has a size.

    `refuse_repeats` raises Refusal, and no other call comes between; repeats within `repeats_fail_within` are accepted
    and not delivered.
    """
    here = state()
    sent: list[SentMessage] = []
    with here.lock:
        refuse_repeats()
        size = batch_size or len(order.items)
        for first in range(0, len(order.items), size):
            batch_id = next(here.batch_ids)
            batch = [
                _accept_item(here, account, order, batch_id, each, repeats_fail_within)
                for each in order.items[first : first + size]
            ]
            here.batches[batch_id] = batch
            sent += batch
        account.credits -= sum(each.parts for each in sent)
    arrived = [each for each in sent if each.outcome in ARRIVING and each.word is None]
    here.phone.add(_shown(each, order.alphabet) for each in arrived)
    _finish(here, sent)
    return ",".join(map(str, dict.fromkeys(each.batch_id for each in sent)))


def _accept_item(
    here: State, account: FakeAccount, order: Order, batch_id: int, item: Item, repeats_fail_within: timedelta | None
) -> SentMessage:
    repeated = repeats_fail_within is not None and is_repeat(account, order, item, repeats_fail_within)
    outcome = DeliveryOutcome.DUPLICATE if repeated else _outcome(here, account, order, item)
    sent_at = order.send_at or here.now()
    due_at = None if outcome == DeliveryOutcome.PENDING else sent_at + timedelta(seconds=here.settings["report_delay"])
    message = SentMessage(
        id=next(here.ids),
        account=account,
        batch_id=batch_id,
        custom_id=order.custom_id,
        own_id=item.own_id,
        to=item.to,
        header=order.header,
        text=item.text,
        parts=order.parts(item),
        outcome=outcome,
        word=here.words.pop(item.to, None),
        sent_at=sent_at,
        due_at=due_at,
    )
    here.repeats[(*account.key, order.header, item.to, item.text)] = here.now()
    if due_at:
        heapq.heappush(here.results, (due_at, message.id, message))
    return message


def _outcome(here: State, account: FakeAccount, order: Order, item: Item) -> DeliveryOutcome:
    control = item.to[-4:]
    if control == ON_BLOCK_LIST:
        here.block(account, item.to, "ret_web")
    if here.is_blocked(account, item.to):
        return DeliveryOutcome.ON_BLOCK_LIST
    if control == BLOCKED_IF_COMMERCIAL and order.is_commercial:
        return DeliveryOutcome.BLOCKED_BY_IYS
    return OUTCOMES.get(control, DeliveryOutcome.DELIVERED)


def _shown(message: SentMessage, alphabet: Alphabet | None) -> ShownMessage:
    return ShownMessage(
        id=f"{message.account.vendor}-{message.id}-{message.sent_at.timestamp()}",
        masked_address=addresses.mask(message.to),
        text=arriving(message.text, alphabet),
        received_at=message.sent_at.isoformat(),
        header=message.header,
        parts=parts(message.text, alphabet, with_operator_code=True),
    )


def _finish(here: State, sent: Sequence[SentMessage]) -> None:
    """What a control number asks for between acceptance and the answer."""
    early = [each for each in sent if each.to.endswith(REPORTED_EARLY)]
    if early:
        with here.lock:
            here.results = [each for each in here.results if each[2] not in early]
            for message in early:
                message.due_at = here.now()
                here.results.append((message.due_at, message.id, message))
            heapq.heapify(here.results)
        pushes.deliver_due(here)
    if g.get("loses_answer") or any(each.to.endswith(ANSWER_LOST) for each in sent):
        keep_waiting(here)


def keep_waiting(here: State) -> None:
    """Let the caller wait longer than it will, then answer 504."""
    time.sleep(min(here.settings["hang_seconds"], LONGEST_HANG))
    raise Refusal("504")
