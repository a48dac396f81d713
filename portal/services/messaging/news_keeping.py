"""What gateways tell us, kept piece by piece: each once, and none at the expense of another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from portal.core import clock
from portal.core.extensions import vault
from portal.core.models import Message, MessageGateway
from portal.domain.notifications import gateways
from portal.services.messaging import delivery_reports, event_contents, known_numbers, mail_answers, meant_brands
from portal.services.messaging.gateways import unread_rows
from portal.services.messaging.gateways.protocol import (
    DOUBTFUL_ANSWER,
    BlockedAddress,
    Feedback,
    InboundMessage,
    Reason,
    Report,
)
from portal.services.messaging.gateways.refusal_times import tells_time
from portal.services.messaging.savepoints import FailedPiece, run_in_savepoints

KNOWN_AFTER = timedelta(minutes=5)  # A report may come before the answer to the call that sent its message.


def keep_news(
    gateway: MessageGateway, news: Feedback, at: datetime, pushed_at: datetime | None = None,
    read_until: datetime | None = None, earlier: Sequence[event_contents.InboxAccount] = (),
) -> list[Report]:  # fmt: skip
    """Note what became of messages, and keep replies and refusals; the reports of messages that we do not know. A piece
    that fails is kept as one that nobody can read, with why.

    What has no time that can be read is the same within a minute of pushes and mails, and within a day of sweeps (of
    `read_until`, the last whole one), which see it again: for ever there by an id, or if nobody can read it."""
    secret, applied = gateways.read_secret(vault(), gateway), delivery_reports.apply_reports(gateway, news.reports, at)
    may_be_known = pushed_at is not None and at < pushed_at + KNOWN_AFTER
    lost, nobodys = _lost([] if may_be_known else [each for each in news.reports if each not in applied.matched])
    blocked = [known_numbers.with_known_address(gateway, each) for each in (*news.blocked, *lost)]
    listed = frozenset() if pushed_at else frozenset(each for each in blocked if not tells_time(each))
    told = [*blocked, *_refusals_reported(applied.matched, is_pushed=pushed_at is not None)]
    nameless = dict.fromkeys(filter(_is_nameless, told))
    nobodys += [reply for each in nameless for reply in _unread(gateway, each)]
    moment = f"{pushed_at:%Y-%m-%d %H:%M}" if pushed_at else clock.day(read_until or at).isoformat()

    def keep_reply(reply: InboundMessage) -> None:
        event_contents.keep_reply(gateway, secret, reply, at, moment, pushed_at, earlier)

    def keep_answered(reply: InboundMessage) -> None:
        if (answer := mail_answers.with_whose_word(gateway, reply, at)) is not None:
            keep_reply(answer)

    def keep_blocked(each: BlockedAddress) -> None:
        linked = mail_answers.with_linked(gateway, each, at)
        if linked.mail is not None and mail_answers.find_sent(gateway, linked.message_id) is None:
            keep_answered(linked.mail)
        else:
            event_contents.keep_blocked(gateway, secret, linked, at, moment, earlier=earlier, is_listed=each in listed)

    failed: list[FailedPiece[Report | InboundMessage | BlockedAddress]] = [
        *applied.failed,
        *run_in_savepoints([*news.replies, *nobodys], keep_answered),
        *run_in_savepoints([each for each in told if each not in nameless], keep_blocked),
    ]
    _keep_failed(gateway, failed, keep_answered, keep_reply)
    return applied.unknown


def _keep_failed(
    gateway: MessageGateway, failed: Sequence[FailedPiece[Report | InboundMessage | BlockedAddress]],
    keep_answered: Callable[[InboundMessage], None], keep_reply: Callable[[InboundMessage], None],
) -> None:  # fmt: skip
    odd = [each for each, _ in run_in_savepoints([unread_rows.as_unread(*each) for each in failed], keep_answered)]
    for piece, _ in run_in_savepoints(odd, lambda each: keep_reply(mail_answers.with_named(gateway, each))):
        keep_reply(piece)


def _unread(gateway: MessageGateway, told: BlockedAddress) -> list[InboundMessage]:
    """What a person has to read of it: as new as it is on its list."""
    replies = unread_rows.unread_refusals(told.address, gateway.carries, partial(known_numbers.is_known, gateway))
    return [replace(each, is_new=told.is_new) for each in replies]


def unread_replies(gateway: MessageGateway, told: str) -> list[InboundMessage]:
    """What a person has to read of what nobody can read."""
    names, is_known = unread_rows.names_in(gateway.carries), partial(known_numbers.is_known, gateway)
    return unread_rows.unread_replies(told, names, is_known=is_known)


def _lost(reports: Sequence[Report]) -> tuple[list[BlockedAddress], list[InboundMessage]]:
    """Refusals of messages that are of another account, or forgotten here; and those that name nobody, to be read."""
    named, nobodys = list[BlockedAddress](), list[InboundMessage]()
    for each in reports:
        if each.reason != Reason.BLOCKED_BY_VENDOR:
            continue
        if meant_brands.address_of(each.to) is not None:
            named.append(BlockedAddress(each.to, each.at, "report", word=each.code))
        else:
            nobodys.append(unread_rows.as_unread(each, each.code))
    return named, nobodys


def _is_nameless(told: BlockedAddress) -> bool:
    is_unclear = known_numbers.is_unclear(told) or meant_brands.address_of(told.address) is None
    return told.message_id is None and told.mail is None and is_unclear


def _refusals_reported(matched: Mapping[Report, Message], *, is_pushed: bool) -> Iterator[BlockedAddress]:
    """Of messages that a vendor's list of refusals stopped, or may have; those with a number in a push wait by their
    row."""
    for report, message in matched.items():
        if report.reason == Reason.BLOCKED_BY_VENDOR:
            yield BlockedAddress("", report.at, "report", message.id, report.code)
        elif report.may_refuse and not (is_pushed and unread_rows.is_person(report.to)):
            yield BlockedAddress("", report.at, DOUBTFUL_ANSWER, message.id, report.code)
