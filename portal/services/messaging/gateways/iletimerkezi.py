"""İleti Merkezi, API v1 in JSON. An order has one id and reports name numbers only, so no number stands in it twice.

Its shared short code blocks whoever sends a word that the account has not defined: block list and replies go together.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from portal.core import clock
from portal.services.messaging.gateways import json_values, row_rules, unread_rows, vendor_rows
from portal.services.messaging.gateways.json_values import objects_with
from portal.services.messaging.gateways.protocol import (
    Batch,
    BlockedAddress,
    Capabilities,
    InboundMessage,
    Lookup,
    LookupOutcome,
    Report,
    SendError,
)
from portal.services.messaging.gateways.vendor_gateway import AHEAD, MOST_PAGES, VendorGateway, reports_of_each

PAGE = 1000
LONGEST_RANGE = timedelta(days=9)  # Of orders in one query: ten days are refused.
DUPLICATES = timedelta(minutes=10)
UNKNOWN_ORDER = "455"
BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=5)  # Of a call's own time: where a lost batch is looked for.
# The documentation names no fields of the inbox, and not the zone of its times.
INBOX_OVERLAP = timedelta(days=1)
INBOX = {
    "items": vendor_rows.ANYWHERE,
    "id": "/id",
    "from": ["/number", "/from", "/sender", "/gsm"],
    "to": ["/to", "/receiver", "/shortcode"],
    "keyword": "/keyword",
    "text": ["/message", "/text", "/body", "/content"],
    "at": ["/date", "/received_at", "/receivedat", "/created_at", "/datetime"],
}
# Of pulled reports, other than of pushed ones.
PULLED = {"items": "", "where": {}, "ref": "/ref", "to": "/number"}


class IletiMerkezi(VendorGateway):
    """An account at İleti Merkezi."""

    vendor = "iletimerkezi"
    success: ClassVar = {"codes": ["200"]}
    features = Capabilities(most_messages=1000, pulls_reports=True, lists_whole_inbox=True, lists_since=True)

    def check(self) -> SendError | None:
        return self._check_header(lambda: self._post("get-sender", {}))

    def lookup(self, batch: Batch) -> Lookup:
        """By its time and its numbers: an order holds no id of ours."""
        first = batch.attempted_at or clock.now() - DUPLICATES
        last = (batch.attempted_at or clock.now()) + AFTER
        numbers = {each.to for each in batch.messages}
        alike = [
            ref
            for ref in self._orders(first - BEFORE, last, len(numbers))
            if {each.to for each in self._order_reports(ref)} == numbers
        ]
        if len(alike) == 1:
            return Lookup(LookupOutcome.FOUND, alike[0])
        return Lookup(LookupOutcome.CANNOT_TELL if alike else LookupOutcome.ABSENT)

    def reports(self, refs: Sequence[str], since: datetime) -> list[Report]:
        return reports_of_each(refs, self._order_reports)

    def inbound(self, since: datetime, until: datetime) -> list[InboundMessage]:
        found = row_rules.read_replies(INBOX, json_values.lower_names(self._rows("get-inbox", {})), self.own_text)
        return [each for each in found if each.received_at >= since - INBOX_OVERLAP]

    def blocked(self, since: datetime) -> list[BlockedAddress]:
        first, last = (f"{clock.istanbul(at):%Y-%m-%d %H:%M:%S}" for at in (since, clock.now() + AHEAD))
        found: list[BlockedAddress] = []
        for page in range(1, MOST_PAGES):
            query = {"blacklist": {"filter": {"start": first, "end": last}, "page": page, "rowCount": PAGE}}
            answer = self._rows("get-blacklist", query)
            listed = list(json_values.listed(answer))
            found += [BlockedAddress(name, None) for row in listed for name in unread_rows.names_of(row)]
            found += [] if listed else [BlockedAddress(each, None) for each in unread_rows.numbers_in(answer)]
            if len(listed) < PAGE:
                break
        return found

    def _rows(self, operation: str, content: dict[str, Any]) -> dict[str, Any]:
        """All that an answer holds beside its status: which fields it has is not documented."""
        answer = json_values.read(self._post(operation, content), "/response") or {}
        return {name: each for name, each in answer.items() if name != "status"}

    def _post(self, operation: str, content: dict[str, Any], absent: Sequence[str] = ()) -> Any:
        login = {"authentication": {name: self.secrets[f"secret.{name}"] for name in ("key", "hash")}}
        return self._ask("POST", f"/{operation}/json", json={"request": login | content}, absent=absent)

    def _orders(self, since: datetime, until: datetime, size: int) -> Iterator[str]:
        """Ids of orders of so many messages, submitted between these times."""
        at = clock.now()
        days = {"start": str(clock.day(max(since, at - LONGEST_RANGE))), "end": str(clock.day(at))}
        for page in range(1, MOST_PAGES):
            document = self._post("get-reports", {"filter": days | {"page": page}}, absent=[UNKNOWN_ORDER])
            orders = list(objects_with(document, "id", "total"))
            for order in orders:
                submitted = vendor_rows.parse_time(str(order.get("submitAt") or order.get("sendAt") or ""))
                if str(order["total"]) == str(size) and (submitted is None or since <= submitted <= until):
                    yield str(order["id"])
            if not orders:
                return

    def _order_reports(self, ref: str) -> list[Report]:
        """Reports of one order. A message of an order that was not sent has failed, whatever its own state says."""
        found: list[Report] = []
        for page in range(1, MOST_PAGES):
            document = self._post("get-report", {"order": {"id": ref, "page": page, "rowCount": PAGE}}, [UNKNOWN_ORDER])
            order = json_values.read(document, "/response/order") or {}
            is_unsent = str(order.get("status")) == "115"
            rows = [
                {**each, "status": "115"} if is_unsent else each
                for each in objects_with(order.get("message"), "number")
            ]
            found += vendor_rows.read_reports(
                self.description["report_push"] | PULLED, [row | {"ref": ref} for row in rows]
            )
            if len(rows) < PAGE:
                break
        return found
