"""What nobody can read of what vendors and mailboxes tell, for a person: by each number or mailbox in it."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.services.messaging.gateways import json_values
from portal.services.messaging.gateways.mail_tokens import OWN_ID
from portal.services.messaging.gateways.protocol import BlockedAddress, InboundMessage, MailClue, Report
from portal.services.messaging.gateways.refusal_times import latest_moment
from portal.services.messaging.gateways.vendor_rows import MOST_ROWS, guess_address, guess_person, readings

MOBILE = re.compile(  # However it is written, also with a "%2B" before it.
    r"(?<![0-9])(?:(?:00)?90|0)?[ (]{0,2}5[0-9]{2}[ ).-]{0,2}[0-9]{3}[ .-]?[0-9]{2}[ .-]?[0-9]{2}(?![0-9])"
)
# Also what certainly is a number abroad; nothing in an id of hexadecimal digits.
PHONE = re.compile(
    rf"(?:(?<![0-9A-Fa-f])|(?<=%2B))(?:{MOBILE.pattern})(?![A-Fa-f]{{0,9}}[0-9])"
    r"|\+(?!90)[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![0-9])"
)
NO_NUMBER = re.compile(  # As names of ids and times end.
    r"(?:[/_-]id|(?:message|msg|sms|mo|job|batch|bulk|order|request|packet|package|campaign|custom|account|transaction|"
    r"inbox|sess(?:ion)?|mesaj|gorev|kayit|paket|islem)"
    r"[_-]?id|ref|reference|time|timestamp|date|code)(?:/[0-9]+)*$"
)
MESSAGE_ID = re.compile(r"(?<!custom)(?<!custom[_-])message[_-]?id(?:/[0-9]+)*$", re.IGNORECASE)
MAILBOX = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}[^\W\d_]")  # Also of an IDN.
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
LONG_NUMBER = re.compile(r"(?<![0-9])\+?[0-9]{11,15}(?![0-9])")  # Abroad, or a landline.
TEN_DIGITS = re.compile(r"(?<![0-9+])[1-9][0-9]{9}(?![0-9])")
SERVICE = "+908"  # Such as ours, to which people write.
MOST_LONG_NUMBERS = 1000
# Characters of what nobody can read; or beside a number, at least and at most.
WHOLE, AROUND, LONGEST_SMS = 4000, 300, 1600


def unread_replies(
    document: Any, names: re.Pattern[str] = MOBILE, people: Sequence[str] = (),
    is_known: Callable[[str], bool] = lambda digits: True,
) -> list[InboundMessage]:  # fmt: skip
    """What nobody can read, from these people; or else from each mobile number (or mailbox) in it, else from each other
    address, or from nobody: all of it, or of more than WHOLE characters what stands around each place of the address,
    to those before and after. Digits that may be two numbers, or an id, are somebody's only where `is_known` says
    so."""
    text = _unquoted(document) if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    around: dict[str, str] = {}
    ends: dict[str, int] = {}
    found = list(islice(names.finditer(text), MOST_ROWS)) or _other_addresses(text)
    stops, starts = (each.end() for each in found[:-1]), (each.start() for each in found[1:])
    for before, each, after in zip([0, *stops], found, [*starts, len(text)], strict=False):
        number = guess_person(each[0])
        number = number if len(readings(number)) == 1 or is_known(number) else ""
        begin = max(min(before, each.start() - AROUND), each.start() - LONGEST_SMS, ends.get(number, 0))
        ends[number] = min(max(after, each.end() + AROUND), each.end() + LONGEST_SMS)
        around[number] = f"{around.get(number, '')}…{text[begin : ends[number]]}…"
    shown = {each: around.get(each, f"{text[:WHOLE]}…") for each in people or around or [""]}
    return [
        InboundMessage(
            "", sender, "", text if len(text) <= WHOLE else said, clock.now(), is_dated=False, is_whole=False
        )
        for sender, said in shown.items()
    ]


def names_of(row: Any) -> list[str]:
    """The numbers of a row in a vendor's list; all of it where several people's stand under different names, since one
    may be whose it was entered by. One without a mobile number is for a person as well: what looks like another number
    may be an id."""
    told, found, by_name = json.dumps(row), numbers_in(row), dict[str, set[str]]()
    for place, value in json_values.leaves(row if isinstance(row, dict) else {}):
        by_name.setdefault(re.sub("/[0-9]+(?=/|$)", "", place), set()).update(people_at(place, value, guess_person))
    if len({frozenset(each) for each in by_name.values() if each}) > 1:
        return [told]
    return found + ([] if MOBILE.search(told) or (found and isinstance(row, str)) else [told])


def unread_refusals(
    told: str, carries: AddressKind, is_known: Callable[[str], bool] = lambda digits: True
) -> list[InboundMessage]:  # fmt: skip
    """What nobody can read in a list of refusals, from all whose numbers or mailboxes stand in it: of a row that is
    JSON those in its fields, if any. `carries`: what the account writes to. A mailbox beside a number may be a log-in
    at an account of numbers."""
    row = _parse(told)
    if carries == AddressKind.PHONE:
        return unread_replies(told, MOBILE, people_of(row), is_known)
    people = people_and_mailboxes(row)
    if row is not None and not people:
        rest = unread_replies(json.dumps(_without_ids(row), ensure_ascii=False), MAILBOX, (), is_known)
        people = [each.sender for each in rest]
    return unread_replies(told, MAILBOX, people, is_known)


def names_in(carries: AddressKind) -> re.Pattern[str]:
    """What names people in what nobody can read, where the account writes to numbers, or to mailboxes."""
    return MAILBOX if carries == AddressKind.EMAIL else MOBILE


def numbers_in(value: Any) -> list[str]:
    """Mobile numbers as ours, else others."""
    text = json.dumps(value)
    return [guess_address(each[0]) for each in MOBILE.finditer(text)] or [
        guess_address(each[0]) for each in _long_numbers(text)
    ]


def mailboxes_in(value: Any) -> list[str]:
    """Also in names, and as somebody's id; not where a message's id stands, which looks like one, and no id of ours."""
    leaves = [(place, each) for place, each in json_values.leaves(value) if not MESSAGE_ID.search(place)]
    found = (each for leaf in leaves for each in MAILBOX.finditer(_with_names(*leaf)))
    return list(dict.fromkeys(guess_address(each[0]) for each in found if not OWN_ID.match(each[0])))


def people_and_mailboxes(value: Any) -> list[str]:
    """All who stand in JSON, by mailbox or by number."""
    return [*mailboxes_in(value), *people_of(value)]


def is_id_field(place: str) -> bool:
    """Whether a field of JSON, by its pointer, is named like an id or a time, so that digits in it are no number."""
    return NO_NUMBER.search(place.lower()) is not None


def is_person(number: str) -> bool:
    """Whether it is a mobile number, or one abroad, or may be. Other Turkish ones are ours in some vendors' rows."""
    if number[:1] != "+":
        return number.isdecimal() and len(readings(number)) > 1
    return number[1:].isdecimal() and (number.startswith("+905") or number[:3] != "+90")


def _parse(told: str) -> Any:
    """What it holds if it is JSON, or else None."""
    try:
        return json_values.parse(told)
    except ValueError:
        return None


def _without_ids(value: Any) -> Any:
    """Without ids of messages, which look like mailboxes."""
    if isinstance(value, dict):
        return {name: _without_ids(each) for name, each in value.items() if not MESSAGE_ID.search(f"/{name}")}
    return [_without_ids(each) for each in value] if isinstance(value, list) else value


def _with_names(place: str, value: Any) -> str:
    """A single value of JSON after the names that lead to it."""
    return f"{place.replace('~1', '/').replace('~0', '~')} {value}"


def people_of(row: Any) -> list[str]:
    """Those in a row, also by digits that may be two numbers."""
    found = [people_at(*each, guess_person) for each in json_values.leaves(row)]
    return list(dict.fromkeys(each for people in found for each in people))


def people_at(place: str, value: Any, guess: Callable[[str], str] = guess_address) -> list[str]:
    """Those whose numbers stand in a single value or its name, also abroad without a plus where it is the whole."""
    found = [guess_address(each[0]) for each in PHONE.finditer(_with_names(place, value))]
    whole = [] if is_id_field(place) else [guess(str(value).strip())]
    return list(dict.fromkeys(each for each in [*found, *whole] if is_person(each)))


def _unquoted(text: str) -> str:
    """Without the encoding of forms, and of JSON, where quotation marks have it."""
    text = unquote_plus(text) if "%22" in text else text
    text = ESCAPED.sub(lambda each: chr(int(each[1], 16)), text) if "\\u" in text else text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _long_numbers(text: str) -> list[re.Match[str]]:
    found = ((each, guess_address(each[0])) for each in islice(LONG_NUMBER.finditer(text), MOST_LONG_NUMBERS))
    return [each for each, number in found if number.startswith("+") and not number.startswith(SERVICE)]


def _other_addresses(text: str) -> list[re.Match[str]]:
    """Of the other kind than the account's; and long numbers, and digits that may be two numbers, where no mobile
    stands in it."""
    mobiles, mailboxes = (list(islice(each.finditer(text), MOST_ROWS)) for each in (MOBILE, MAILBOX))
    unclear = [each for each in islice(TEN_DIGITS.finditer(text), MOST_LONG_NUMBERS) if is_person(each[0])]
    return sorted([*mailboxes, *(mobiles or [*_long_numbers(text), *unclear])], key=lambda each: each.start())


def as_unread(piece: Report | InboundMessage | BlockedAddress, why: str) -> InboundMessage:
    """A piece of news that failed, and what was raised in place of a keyword. A refusal's date stays, of a day its end,
    since what it may answer depends on that."""
    said = {name: value for name, value in asdict(piece).items() if value}
    if isinstance(piece, InboundMessage) and not piece.is_dated:
        del said["received_at"]
    sender = said.get("sender") or said.get("address") or (said.get("to", "") if isinstance(piece, Report) else "")
    text = json.dumps(said, default=str, ensure_ascii=False)
    told_at = latest_moment(piece) if isinstance(piece, BlockedAddress) else None
    ours = () if isinstance(piece, InboundMessage) or piece.message_id is None else (piece.message_id,)
    return InboundMessage(
        "", sender, "", text, told_at or clock.now(), keyword=why, is_dated=told_at is not None, is_whole=False,
        is_sender_proved=not isinstance(piece, InboundMessage) or piece.is_sender_proved,
        clue=piece.clue if isinstance(piece, InboundMessage) else MailClue(ours),
    )  # fmt: skip
