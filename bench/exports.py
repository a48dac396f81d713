"""Exports: all consents of a provider as a workbook and as CSV, against the driver's fetch, a bare loop that decrypts
each address, and the same cells written by csv and by xlsxwriter."""

import csv
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import xlsxwriter
from sqlalchemy import select

from bench import environments
from bench.rounds import Effort, Goal, Result, in_turn
from bench.worker import MEGABYTE, resident_bytes
from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Brand, Consent, Decision, Recipient
from portal.domain.consents import bulk_import
from portal.domain.consents.may_send import may_send
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind
from portal.web.dashboard.records.exports import HEADERS, LINES
from portal.web.shared.downloads import Format, download
from tests import make

RATIO, MOST_MEGABYTES, AT_ONCE = 3, 40, 1000
COLUMNS = (
    Recipient.address, Consent.channel, Consent.recipient_type, Consent.status, Consent.consent_date, Decision.source,
    Consent.iys_status, Consent.iys_as_of, may_send(clock.now()),
)  # fmt: skip


@dataclass
class Export:
    """One export of a provider, which can be repeated."""

    wanted: ExportFilter

    def seconds(self, format: Format) -> float:
        """Until the last byte was made."""
        began = time.perf_counter()
        for _ in self._bytes(format):
            pass
        return time.perf_counter() - began

    def megabytes(self, format: Format) -> float:
        """By how much the process grows at most meanwhile."""
        before = most = resident_bytes(os.getpid())
        for number, _ in enumerate(self._bytes(format)):
            most = max(most, resident_bytes(os.getpid())) if number % 20 == 0 else most
        return (most - before) / MEGABYTE

    def _bytes(self, format: Format) -> Iterator[bytes]:
        rows = exports.rows(read_session(), vault(), self.wanted, clock.now())
        lines, header = map(LINES[ExportKind.CONSENTS], rows), list(map(str, HEADERS[ExportKind.CONSENTS]))
        return download(lines, header=header, sheet="izinler", name="izinler", format=format).iter_encoded()


def measure(database: str, effort: Effort) -> list[Result]:
    """Measure an export of as many consents as a large file has lines."""
    rounds = min(effort.rounds, 3)
    with (
        environments.new_portal_settings(database) as environ,
        environments.portal(environ) as app,
        app.test_request_context(),
    ):
        brand = make.brand()
        _add_consents(brand, effort.lines)
        export = Export(ExportFilter(ExportKind.CONSENTS, brand.provider_id))
        return [
            each
            for format, write in ((Format.CSV, _write_csv), (Format.XLSX, _write_workbook))
            for each in _measure_format(database, rounds, effort.lines, export, format, write)
        ]


def _measure_format(
    database: str, rounds: int, lines: int, export: Export, format: Format, write: Callable[[Iterable[Sequence]], None]
) -> list[Result]:
    growth = export.megabytes(format)  # First: memory of the yardstick stays with the process.
    bare, product = in_turn(rounds, lambda _: _time_bare_export(write), lambda _: export.seconds(format))
    return [
        Result(f"exports: {format}", database, f"s for {lines:,}", bare, product, Goal(RATIO, at_most=True)),
        Result(f"exports: {format}, memory", database, "MB", [MOST_MEGABYTES], [growth], Goal(1, at_most=True)),
    ]


def _add_consents(brand: Brand, count: int) -> None:
    at = clock.now().replace(microsecond=0)
    for first in range(0, count, AT_ONCE):
        entries = [
            bulk_import.Entry(number, parse(f"kisi{number}@example.com"), Channel.EMAIL, RecipientType.INDIVIDUAL,
                           Status.GRANTED, Source.WEB, at)
            for number in range(first, min(first + AT_ONCE, count))
        ]  # fmt: skip
        run = bulk_import.ImportRun(batch_id=None, user_id=None, grants_due_at=at, refusals_due_at=at, at=at)
        bulk_import.apply_import(db.session, vault(), brand, entries, run)
        db.session.commit()


def _time_bare_export(write: Callable[[Iterable[Sequence]], None]) -> float:
    began = time.perf_counter()
    joined = select(Recipient.id, Recipient.provider_id, *COLUMNS).join(Consent, Consent.recipient_id == Recipient.id)
    joined = joined.join(Brand, Brand.id == Consent.brand_id)
    found = db.session.execute(joined.join(Decision, Decision.id == Consent.decision_id)).all()
    db.session.rollback()
    opening = vault()
    write(
        (opening.read(sealed, Recipient.PLACE, provider_id, recipient_id), *map(str, rest))
        for recipient_id, provider_id, sealed, *rest in found
    )
    return time.perf_counter() - began


def _write_csv(rows: Iterable[Sequence]) -> None:
    csv.writer(io.StringIO()).writerows(rows)


def _write_workbook(rows: Iterable[Sequence]) -> None:
    book = xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
