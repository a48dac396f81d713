"""İYS's queries: field rules of the status queries, the history of one key, and the changes feed of a brand."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from iys_sandbox import movements
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import JsonObject, Refused, refuse_if
from iys_sandbox.request_fields import parse_number
from iys_sandbox.rights import AuthorisedSender
from portal.core import iys_protocol
from portal.core.iys_protocol import MAX_LIST_SIZE, Channel, IysProblem, RecipientType, validate_address

MOST_ON_A_PAGE = 100
MOST_RECIPIENTS = 1000
# The changes feed has a brand's movements of the last 7 days except the last hour, oldest first, after a cursor.
OLDEST = timedelta(days=7)
WITHHELD = timedelta(minutes=60)


def history_page(sender: AuthorisedSender, body: object) -> JsonObject:
    """A page of the movements of the key that `body` names, newest consentDate first: H182, H183, H186, H187."""
    offset, limit = parse_paging()
    key = queried_key(sender, body)
    where = f"FROM movement WHERE {movements.OF_KEY}"
    newest_first = "ORDER BY coalesce(consent_date, '') DESC, seq DESC LIMIT ? OFFSET ?"
    with sandbox().store.reading() as db:
        found = db.execute(f"SELECT count(*) {where}", key).fetchone()[0]
        rows = db.execute(f"SELECT * {where} {newest_first}", (*key, limit, offset)).fetchall()
    pagination = {"totalCount": found, "pageSize": len(rows), "offset": offset}
    return {"list": [movements.as_list_item(row) for row in rows], "pagination": pagination}


def parse_paging() -> tuple[int, int]:
    """`offset` and `limit` of the query."""
    offset = parse_number("offset", "H182", 0)
    limit = parse_number("limit", "H183", MOST_ON_A_PAGE)
    if limit == 0:
        raise Refused(IysProblem("H187", ["limit"], limit))
    if limit > MOST_ON_A_PAGE:
        raise Refused(IysProblem("H186", ["limit"], limit))
    return offset, limit


def queried_key(sender: AuthorisedSender, body: object) -> movements.Key:
    """The key that a query for one consent names; all problems at once."""
    if not isinstance(body, dict):
        raise Refused(IysProblem("H097"))
    problems = [
        *_choice_problems("recipientType", body, RecipientType, missing="H170", wrong="H116"),
        *_choice_problems("type", body, Channel, missing="H111", wrong="H117"),
        *_recipient_problems(body),
    ]
    refuse_if(problems)
    sender.check_read_right(body["type"])
    return movements.key_of(sender.brand_code, body)


def multi_problems(named: JsonObject, body: object) -> list[IysProblem]:
    """Problems of a request for many addresses of one recipient type and channel, which are `named`."""
    found = [
        *_choice_problems("recipientType", named, RecipientType, missing="H170", wrong="H116"),
        *_choice_problems("type", named, Channel, missing="H111", wrong="H117"),
    ]
    return found or list(_list_problems(body, named["type"]))


def _choice_problems(
    field: str, fields: JsonObject, words: type[StrEnum], *, missing: str, wrong: str
) -> Iterator[IysProblem]:
    if field not in fields:
        yield IysProblem(missing, [field])
    elif fields[field] not in tuple(words):
        yield IysProblem(wrong, [field], fields[field])


def _recipient_problems(body: JsonObject) -> Iterator[IysProblem]:
    if "recipient" not in body:
        yield IysProblem("H114", ["recipient"])
        return
    for problem in validate_address(body["recipient"], body.get("type"), ["recipient"]):
        # Queries have a code of their own for a long phone.
        yield IysProblem("H166", problem.location, problem.value) if problem.code == "H160" else problem


def _list_problems(body: object, channel: str) -> Iterator[IysProblem]:
    if not isinstance(body, dict) or "recipients" not in body:
        yield IysProblem("H168", ["recipients"])
        return
    recipients = body["recipients"]
    if not isinstance(recipients, list):
        yield IysProblem("H478", ["recipients"], recipients)
    elif not recipients:
        yield IysProblem("H164", ["recipients"], recipients)
    elif len(recipients) > MOST_RECIPIENTS:
        yield IysProblem("H125", ["recipients"])
    else:
        for position, recipient in enumerate(recipients):
            yield from _listed_problems(recipient, channel, ["recipients", position])
        yield from _repeated_problems(recipients)


def _listed_problems(recipient: object, channel: str, location: list[str | int]) -> Iterator[IysProblem]:
    found = list(validate_address(recipient, channel, location))
    of_kind = [problem._replace(location=["recipient"]) for problem in found if problem.code == "H464"]
    yield from of_kind or found


def _repeated_problems(recipients: list[Any]) -> Iterator[IysProblem]:
    seen = set()
    for position, recipient in enumerate(recipients):
        same = str(recipient).lower()
        if same in seen:
            yield IysProblem("H193", ["recipients", position], recipient)
        seen.add(same)


def changes_page(sender: AuthorisedSender, query: Mapping[str, str]) -> JsonObject:
    """A page with `after` and `list`; H506, H507, and H098 for an invalid cursor.

    A cursor from before the window is no error in İYS's document: what lies between is passed over.
    """
    side = query.get("source", "IYS")
    if side not in ("HS", "IYS"):
        raise Refused(IysProblem("H506", ["source"], side))
    limit = parse_number("limit", "H507", MAX_LIST_SIZE)
    if not 0 < limit <= MAX_LIST_SIZE:
        raise Refused(IysProblem("H507", ["limit"], limit))
    rows = _movements_after(sender, side, _parse_cursor(query.get("after")), limit)
    return {"after": _cursor(rows[-1]) if rows else None, "list": [movements.as_feed_item(row) for row in rows]}


def _movements_after(sender: AuthorisedSender, side: str, after: tuple[str, str], limit: int) -> list[sqlite3.Row]:
    oldest, newest = (iys_protocol.format_wire_date(now() - age) for age in (OLDEST, WITHHELD))
    select = f"""SELECT * FROM movement WHERE brand_code = ? AND side = ? AND creation_date BETWEEN ? AND ?
        AND (creation_date, transaction_id) > (?, ?) AND type IN ({", ".join("?" * len(sender.rights))})
        ORDER BY creation_date, transaction_id, seq LIMIT ?"""  # nosec B608
    place = (sender.brand_code, side, max(oldest, after[0]), newest, *after)
    with sandbox().store.reading() as db:
        rows = db.execute(select, (*place, *sender.rights, limit + 1)).fetchall()
    return _whole_transactions(rows, limit)


def _whole_transactions(rows: list[sqlite3.Row], limit: int) -> list[sqlite3.Row]:
    """At most `limit` rows, not ending between two of one transactionId: the cursor could not tell them apart."""
    if len(rows) <= limit:
        return rows
    left_out = rows[limit]["transaction_id"]
    whole = [row for row in rows[:limit] if row["transaction_id"] != left_out]
    return whole or rows[:limit]


def _cursor(row: sqlite3.Row) -> str:
    created = int(iys_protocol.parse_wire_date(row["creation_date"]).timestamp() * 1000)
    return f"{created}_{row['transaction_id']}"


def _parse_cursor(cursor: str | None) -> tuple[str, str]:
    if not cursor:
        return "", ""
    time, _, transaction_id = cursor.partition("_")
    if not (time.isascii() and time.isdigit() and 9 < len(time) < 15 and transaction_id):
        raise Refused(IysProblem("H098"))
    return iys_protocol.format_wire_date(datetime.fromtimestamp(int(time) / 1000, UTC)), transaction_id
