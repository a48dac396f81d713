"""NetGSM, REST v2. Its inbox empties itself when it is asked without dates, so it is always asked with them."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from portal.core import clock
from portal.services.messaging.gateways import json_values, row_rules, vendor_rows
from portal.services.messaging.gateways.http_call import ANSWER_TOO_LONG, NO_ANSWER
from portal.services.messaging.gateways.protocol import (
    Batch,
    Capabilities,
    GatewayError,
    InboundMessage,
    Lookup,
    LookupOutcome,
    Report,
    SendError,
)
from portal.services.messaging.gateways.vendor_gateway import AHEAD, MOST_PAGES, VendorGateway, reports_of_each

PAGE = 100
MOST_JOBS = 50  # In one query of reports.
LONGEST_INBOX = timedelta(days=30)
LEAST_HALVED = timedelta(hours=1)  # Where no answer may mean that it takes too long to make; else the vendor is down.
ROUNDING = timedelta(milliseconds=1)  # More than halves of halves may differ by.
LONGEST_READ = 300.0  # Seconds of one read of the inbox, within the lease of a sweep.
BEFORE, AFTER = timedelta(minutes=1), timedelta(minutes=5)  # Of a call's own time: where a lost batch is looked for.
NO_REPORTS, NO_MESSAGES = "60", "40"


class Netgsm(VendorGateway):
    """An account at NetGSM."""

    vendor = "netgsm"
    success: ClassVar = {"http": [200], "codes": ["00", "01", "02", ""]}
    features = Capabilities(most_messages=1000, pulls_reports=True, lookup_after=timedelta(minutes=2))

    def check(self) -> SendError | None:
        return self._check_header(lambda: self._ask("GET", "/msgheader"))

    def lookup(self, batch: Batch) -> Lookup:
        """By its time and its numbers: NetGSM keeps no id of ours."""
        at = batch.attempted_at or clock.now()
        numbers = {each.to for each in batch.messages}
        jobs: dict[str, set[str]] = defaultdict(set)
        for row in self._reports({}, at - BEFORE, at + AFTER):
            jobs[row.ref].add(row.to)
        alike = [ref for ref, there in jobs.items() if there == numbers]
        if len(alike) == 1:
            return Lookup(LookupOutcome.FOUND, alike[0])
        is_absent = not any(there & numbers for there in jobs.values())
        return Lookup(LookupOutcome.ABSENT if is_absent else LookupOutcome.CANNOT_TELL)

    def reports(self, refs: Sequence[str], since: datetime) -> list[Report]:
        """A ref may be several of NetGSM's jobs with commas between them."""
        ref_of = {job.strip(): ref for ref in refs for job in ref.split(",")}
        jobs = list(ref_of)
        some = {",".join(jobs[first : first + MOST_JOBS]) for first in range(0, len(jobs), MOST_JOBS)}
        found = reports_of_each(
            sorted(some), lambda each: list(self._reports({"jobids": each.split(",")}, since, clock.now() + AHEAD))
        )
        return [replace(each, ref=ref_of.get(each.ref, each.ref)) for each in found]

    def inbound(self, since: datetime, until: datetime) -> list[InboundMessage]:
        """The inbox has no pages: what is too much for one answer is asked for by halves of its time, and no time again
        that is as long as one that got no answer. A reply of the moment at which parts meet stands in both answers, and
        is told once."""
        found: list[InboundMessage] = []
        left, ends = [(max(since, until - LONGEST_INBOX), until)], time.monotonic() + LONGEST_READ
        while left:
            if time.monotonic() > ends:
                raise GatewayError(NO_ANSWER, found)
            first, last = left.pop()
            try:
                rows = self._ask("GET", "/inbox", query=self._inbox_dates(first, last), absent=[NO_MESSAGES])
            except GatewayError as failure:
                if not self._may_be_halved(failure.error, first, last):
                    raise GatewayError(failure.error, found) from failure
                left.append((first, last))
                asked_again = len(left) if failure.error == NO_ANSWER else 1  # None is shorter than this one.
                half = (last - first) / 2 + ROUNDING
                left[-asked_again:] = [part for each in left[-asked_again:] for part in _parts(*each, half)]
            else:
                told = row_rules.read_replies(
                    self.description["inbound_push"], json_values.lower_names(rows or []), self.own_text
                )
                found += (Counter(told) - Counter(found)).elements()
        return found

    def _inbox_dates(self, first: datetime, last: datetime) -> dict[str, str]:
        return {"startdate": self._inbox_date(first), "stopdate": self._inbox_date(last)}

    def _inbox_date(self, at: datetime) -> str:
        return clock.istanbul(at).strftime(self.secrets["secret.inbox_date_format"])

    def _may_be_halved(self, error: SendError, first: datetime, last: datetime) -> bool:
        """Whether an answer was too much, and each half is asked for with other dates, which may be of days."""
        middle = first + (last - first) / 2
        is_too_much = error == ANSWER_TOO_LONG or (error == NO_ANSWER and last - first > LEAST_HALVED)
        return is_too_much and self._inbox_date(middle) not in (self._inbox_date(first), self._inbox_date(last))

    def _reports(self, which: dict[str, Any], since: datetime, until: datetime) -> Iterator[Report]:
        dates = {"startdate": _report_date(since), "stopdate": _report_date(until)}
        for page in range(MOST_PAGES):
            query = {**which, **dates, "pagenumber": page, "pagesize": PAGE}
            document = json_values.lower_names(self._ask("POST", "/report", json=query, absent=[NO_REPORTS]) or [])
            rows = vendor_rows.read_reports(self.description["report_push"], document)
            yield from rows
            if len(rows) < PAGE:
                return


def _parts(first: datetime, last: datetime, longest: timedelta) -> list[tuple[datetime, datetime]]:
    """Parts of a time that are no longer than this, by halves; the latest first."""
    if last - first <= longest:
        return [(first, last)]
    middle = first + (last - first) / 2
    return [*_parts(middle, last, longest), *_parts(first, middle, longest)]


def _report_date(at: datetime) -> str:
    return clock.istanbul(at).strftime("%d.%m.%Y %H:%M:%S")
