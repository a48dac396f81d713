"""Imports: 250,000 lines of a workbook from upload to consents, under load, against bench/import_yardsticks.py."""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import xlsxwriter
from flask import Flask

from bench import background_load, decisions, environments, import_yardsticks, servers
from bench.rounds import Effort, Goal, Result
from bench.worker import Worker
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import BatchState, ImportBatch
from portal.services.imports import batches, uploads
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.layout import Layout, missing
from tests import make

RATIO, MOST_MEGABYTES, SLOWER, FLAT = 1.6, 450, 3, 1.25
HEADER = ["Ad Soyad", "Telefon", "E-posta", "İzin Durumu", "İzin Tarihi", "Kaynak", "Dayanak"]
LONGER = 4  # A text has so many times the lines of the workbook.
PEOPLE = 3000  # Who open their page and decide meanwhile.
GUIDE = {"intake": 20, "dry_run": 20, "run": 40}  # Seconds for 250,000 lines, a guide; not a goal.


@dataclass
class Bench:
    """One database, one web server, one worker."""

    app: Flask
    environ: dict[str, str]
    worker: Worker

    def import_file(self, name: str, file: Path, *, to_its_end: bool = True) -> dict[str, float]:
        """Seconds of each phase. Raises RuntimeError where one does not end as it should."""
        with self.app.app_context():
            began = time.perf_counter()
            with file.open("rb") as stream:
                batch_id = self._upload(name, stream)
            took = {"intake": time.perf_counter() - began + self.worker.work(batch_id)}
            took["dry_run"] = self._run_phase(batch_id, BatchState.READ, _confirm, BatchState.DRY_RUN)
            if to_its_end:
                took["run"] = self._run_phase(batch_id, BatchState.DRY_RUN, _begin, BatchState.DONE)
            db.session.rollback()
        return took

    def _upload(self, name: str, stream) -> int:
        brand = make.brand()
        batch_id = uploads.store_upload(
            db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name=name,
            stream=stream, at=clock.now(),
        ).id  # fmt: skip
        db.session.rollback()  # Nobody else could write while this transaction is open.
        return batch_id

    def _run_phase(self, batch_id: int, before: BatchState, act, after: BatchState) -> float:
        batch = _at(batch_id, before)
        act(batch)
        db.session.commit()
        took = self.worker.work(batch_id)
        _at(batch_id, after)
        return took


def measure(database: str, effort: Effort) -> list[Result]:
    """One round: it takes minutes, and each figure is beside a yardstick of the same minutes."""
    lines = effort.lines
    with (
        environments.new_portal_settings(database) as environ,
        open_bench(environ) as bench,
        servers.product(environ) as web,
    ):
        folder = Path(bench.environ["INSTANCE"])
        with bench.app.app_context():
            codes = list(make.codes(bench.app, environments.phone_list(PEOPLE)).values())
            posts = list(decisions.decision_posts(codes, bench.app.config["LINK_SALT"], decisions.CHOICES["phone"]))
        load = background_load.BackgroundLoad(web, codes, posts)
        idle = load.run_during(lambda: time.sleep(4 * effort.seconds))
        workbook = _write_workbook(folder / "liste.xlsx", lines)
        during = load.run_during(lambda: bench.import_file("liste.xlsx", workbook))
        took, peak = during.result, bench.worker.peak_megabytes()
        yardsticks = import_yardsticks.measure_steps(bench.app, workbook, lines)
    with environments.new_portal_settings(database) as environ, open_bench(environ) as bench:
        short, long = (_peak_of_csv(bench, lines * times) for times in (1, LONGER))
    return [
        Result("imports: in all", database, f"s for {lines:,}", [sum(yardsticks.values())], [sum(took.values())],
               Goal(RATIO, at_most=True)),
        *(Result(f"imports: of the yardsticks, {name}", database, "s", [sum(yardsticks.values())], [seconds])
          for name, seconds in yardsticks.items()),
        *(Result(f"imports: {name}, beside a guide", database, "s", [GUIDE[name] * lines / 250_000], [seconds])
          for name, seconds in took.items()),
        Result("imports: peak memory", database, "MB", [MOST_MEGABYTES], [peak], Goal(1, at_most=True)),
        Result("imports: GET p99 meanwhile", database, "ms", [idle.p99_get], [during.p99_get],
               Goal(SLOWER, at_most=True)),
        Result("imports: longest POST meanwhile", database, "ms", [idle.longest_post], [during.longest_post]),
        Result(f"imports: memory of {LONGER} × the lines of CSV", database, "MB", [short], [long],
               Goal(FLAT, at_most=True)),
    ]  # fmt: skip


@contextmanager
def open_bench(environ: dict[str, str]) -> Iterator[Bench]:
    with environments.portal(environ) as app, Worker(os.environ | environ) as worker:
        yield Bench(app, environ, worker)


def _peak_of_csv(bench: Bench, lines: int) -> float:
    """Megabytes that intake and dry run of a CSV of so many lines take at most."""
    file = write_csv(Path(bench.environ["INSTANCE"]) / "liste.csv", lines)
    bench.worker.reset_peak()
    bench.import_file("liste.csv", file, to_its_end=False)
    return bench.worker.peak_megabytes()


def file_rows(count: int) -> Iterator[list[str]]:
    """People with a telephone and an e-mail address each; one in ten refuses."""
    date = clock.istanbul(clock.now()).strftime("%d.%m.%Y 00:00")
    for number in range(count):
        status = "RET" if number % 10 == 0 else "ONAY"
        phone = f"0{533 + number // 10_000_000} {number // 10_000 % 1000:03} {number // 100 % 100:02} {number % 100:02}"
        yield ["Ayşe Yılmaz", phone, f"uye{number}@example.com", status, date, "HS_WEB", f"Form {number}"]


def write_csv(file: Path, lines: int) -> Path:
    with file.open("w", encoding="utf-8") as out:
        out.write(";".join(HEADER) + "\n")
        out.writelines(";".join(row) + "\n" for row in file_rows(lines))
    return file


def _write_workbook(file: Path, count: int) -> Path:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for place, row in enumerate(file_rows(count), 1):
            sheet.write_row(place, 0, row)
    file.write_bytes(out.getvalue())
    return file


def _confirm(batch: ImportBatch) -> None:
    assert batch.layout
    guessed = Layout.unpacked(vault().read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))
    guessed = replace(guessed, channels=tuple(Channel))
    if missing(guessed):
        raise RuntimeError(f"The guess lacks {missing(guessed)}.")
    batches.set_layout(db.session, vault(), batch, guessed, clock.now())


def _begin(batch: ImportBatch) -> None:
    assert batch.tally is not None
    if not set(batch.tally) <= {"grant", "first_refusal"}:
        raise RuntimeError(f"All lines are good: {batch.tally}")
    batches.start(db.session, batch, None, clock.now(), confirms=set(Confirmation))


def _at(batch_id: int, state: BatchState) -> ImportBatch:
    db.session.rollback()
    batch = db.session.get_one(ImportBatch, batch_id)
    if batch.state != state:
        raise RuntimeError(f"The batch is {batch.state} ({batch.problem}), not {state}.")
    return batch
