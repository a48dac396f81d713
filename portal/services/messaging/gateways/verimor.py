"""Verimor, SMS API v2 (guide of September 2025). Push and pull have the same fields; pull is needed, as a push that
fails four times within a quarter of an hour is dropped."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from portal.core import clock
from portal.services.messaging.gateways import row_rules, unread_rows, vendor_rows
from portal.services.messaging.gateways.json_values import read, read_text
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
from portal.services.messaging.gateways.vendor_gateway import MOST_PAGES, VendorGateway, reports_of_each

PAGE = 100


class Verimor(VendorGateway):
    """An account at Verimor."""

    vendor = "verimor"
    success: ClassVar = {"http": [200]}
    features = Capabilities(most_messages=1000, pulls_reports=True)

    def check(self) -> SendError | None:
        return self._check_header(lambda: self._get("/headers", {}))

    def lookup(self, batch: Batch) -> Lookup:
        """By our id of the batch. Where a batch went in several calls, its numbers tell which arrived."""
        numbers = {each.to for each in batch.messages}
        ref_of = {each.to: each.ref for each in self._status({"custom_id": str(batch.id)}) if each.to in numbers}
        if not ref_of:
            return Lookup(LookupOutcome.ABSENT)
        if ref_of.keys() == numbers and len(set(ref_of.values())) == 1:
            return Lookup(LookupOutcome.FOUND, ref_of.popitem()[1])
        return Lookup(LookupOutcome.CANNOT_TELL)

    def reports(self, refs: Sequence[str], since: datetime) -> list[Report]:
        return reports_of_each(refs, lambda ref: list(self._status({"id": ref})))

    def inbound(self, since: datetime, until: datetime) -> list[InboundMessage]:
        times = {"from_time": clock.istanbul(since).isoformat(), "to_time": clock.istanbul(until).isoformat()}
        mapping = self.description["inbound_push"] | {"where": {}}
        found: list[InboundMessage] = []
        for rows in self._pages("/inbound_messages", times):
            found += row_rules.read_replies(mapping, rows, self.own_text)
            if any(each.is_dated and each.received_at > until for each in found[-1:]):
                break
        return found

    def blocked(self, since: datetime) -> list[BlockedAddress]:
        found: list[BlockedAddress] = []
        for page in range(MOST_PAGES):
            query = {"offset": str(page * PAGE), "limit": str(PAGE)}
            answer = self._get("/blacklists", query)
            listed = read(answer, ("/records", "/data", "")) or []
            records = listed if isinstance(listed, list) else [listed]
            for each in records:
                told, source = read_text(each, "/created_at"), read_text(each, "/source")
                end = vendor_rows.parse_end(told)
                if end is None or end >= since:
                    at = vendor_rows.parse_time(told)  # The same at each sweep of that day.
                    found += [BlockedAddress(name, at, source) for name in unread_rows.names_of(each)]
            if len(records) < PAGE:
                break
        return found

    def _get(self, path: str, query: dict[str, str]) -> Any:
        """None where Verimor knows no such thing."""
        login = {name: self.secrets[f"secret.{name}"] for name in ("username", "password")}
        return self._ask("GET", path, query=login | query, absent=["404"])

    def _status(self, which: dict[str, str]) -> Iterator[Report]:
        """Reports of a campaign; none where Verimor knows no such one."""
        mapping = self.description["report_push"] | {"where": {}}
        for rows in self._pages("/status", which):
            yield from vendor_rows.read_reports(mapping, rows)

    def _pages(self, path: str, query: dict[str, str]) -> Iterator[list[Any]]:
        """Rows, a hundred at a time. Times count for the first page only: the next begin after an id."""
        for _ in range(MOST_PAGES):
            rows = self._get(path, query)
            if not rows:
                return
            yield rows
            last = read_text(rows[-1], "/message_id") if isinstance(rows, list) else ""
            if len(rows) < PAGE or not last:
                return
            kept = {name: value for name, value in query.items() if name in ("id", "custom_id")}
            query = kept | {"greater_than": last}
