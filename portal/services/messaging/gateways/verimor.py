"""Verimor, SMS API v2 (guide of September 2025). Push and pull have the same fields; pull is needed, as a push that
fails four times within a quarter of an hour is dropped."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from portal.core import clock
from portal.services.messaging.gateways import row_rules, unread_rows, vendor_rows
from portal.services.messaging.gateways.json_values import read_text
from portal.services.messaging.gateways.protocol import (
    Batch,
    BlockedAddress,
    Capabilities,
    ErrorClass,
    GatewayError,
    InboundMessage,
    Lookup,
    LookupOutcome,
    Reason,
    Report,
    SendError,
)
from portal.services.messaging.gateways.vendor_gateway import MOST_PAGES, VendorGateway, reports_of_each

PAGE = 100
NOT_FOLLOWED = SendError(ErrorClass.TEMPORARY, Reason.UNKNOWN, "not_followed")  # A page that tells of no next one.


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
        try:
            for rows in self._pages("/inbound_messages", times, _after_last):
                found += row_rules.read_replies(mapping, rows, self.own_text)
        except GatewayError as failure:
            raise GatewayError(failure.error, found) from failure
        return found

    def blocked(self, since: datetime) -> list[BlockedAddress]:
        found: list[BlockedAddress] = []
        try:
            for rows in self._pages("/blacklists", _at_offset([], 0), _at_offset):
                for each in rows:
                    told, source = read_text(each, "/created_at"), read_text(each, "/source")
                    end = vendor_rows.parse_end(told)
                    if end is None or end >= since:
                        at = vendor_rows.parse_time(told)  # The same at each sweep of that day.
                        found += [BlockedAddress(name, at, source) for name in unread_rows.names_of(each)]
        except GatewayError as failure:
            raise GatewayError(failure.error, found) from failure
        return found

    def _get(self, path: str, query: dict[str, str]) -> Any:
        """None where Verimor knows no such thing."""
        login = {name: self.secrets[f"secret.{name}"] for name in ("username", "password")}
        return self._ask("GET", path, query=login | query, absent=["404"])

    def _status(self, which: dict[str, str]) -> Iterator[Report]:
        """Reports of a campaign; none where Verimor knows no such one."""
        mapping = self.description["report_push"] | {"where": {}}
        for rows in self._pages("/status", which, _after_last, PAGE):
            yield from vendor_rows.read_reports(mapping, rows)

    def _pages(
        self, path: str, query: dict[str, str], follow: Callable[[list[Any], int], dict[str, str]], least: int = 1
    ) -> Iterator[list[Any]]:
        """Rows, a page at a time, until one has less than so many. `follow` says what the next one is asked by, after
        the rows of one and how many there were. Raises GatewayError where nothing does after a full page, or it comes
        again."""
        kept = {name: value for name, value in query.items() if name in ("id", "custom_id")}
        before, count = list[Any](), 0
        for _ in range(MOST_PAGES):
            rows = _rows_of(self._get(path, query))
            if rows != before:
                yield rows
            count += len(rows)
            following = {} if rows == before else follow(rows, count)
            if len(rows) < (least if following else PAGE):
                return
            if not following:
                break
            query, before = kept | following, rows
        raise GatewayError(NOT_FOLLOWED)


def _after_last(rows: list[Any], _: int = 0) -> dict[str, str]:
    """Times count for the first page only."""
    ids = (read_text(each, "/message_id") for each in reversed(rows))
    return next(({"greater_than": each} for each in ids if each), {})


def _at_offset(_: list[Any], count: int) -> dict[str, str]:
    return {"offset": str(count), "limit": str(PAGE)}


def _rows_of(answer: Any) -> list[Any]:
    """An answer, if it is a list, or the first list in it; itself where there is none."""
    values = list(answer.values()) if isinstance(answer, dict) else [answer]
    return next((each for each in values if isinstance(each, list)), [answer] if answer else [])
