"""The pages of a provider's files of consents, in each of their states, with things to show."""

from datetime import UTC, datetime
from types import SimpleNamespace as Thing

from portal.core.iys_protocol import Channel, Status
from portal.core.models import BatchState, ContactKind, Outcome
from portal.domain.consents.bulk_import import Effect
from portal.services.imports.batches import Progress
from portal.services.imports.layout import Field, Fix, Layout
from portal.services.imports.outline import Outline, Sheet
from portal.services.imports.queries import GroupCounts, Row, RowGroup, Sample
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.row_results import RowProblem, SkipReason
from portal.services.imports.stored_rows import Cell
from portal.services.imports.undo import Undoable
from portal.web.dashboard.imports.batch_page import Figures
from portal.web.dashboard.imports.batches import Listed, NewImportForm
from portal.web.dashboard.imports.fixes import Mended
from portal.web.shared.column_layout_form import form_of
from portal.web.shared.column_layout_page import LayoutPage
from portal.web.shared.fix_labels import CURES, PILES, words_form
from portal.web.shared.row_result_labels import all_told, told
from tests.architecture.pages_of_packages import standing

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
HEADER = ("Telefon", "E-posta", "Durum", "Tarih")
LINES = [(1, list(HEADER)), (2, ["0532 123 45 67", "", "ONAY", "24.11.2026 14:02"]), (3, ["0533 765 43 21"])]
TALLY = {Effect.GRANT: 3, Effect.LATE_GRANT: 2, SkipReason.REPEATED: 1, RowProblem.STATUS_UNKNOWN: 4}
PROBLEM = next(iter(FileProblem))
CELLS = (Cell(Field.PHONE, "Telefon", "0532 123 45 67"), Cell(Field.STATUS, "", "belki"))
SAMPLE = Sample(1, 5, "Sayfa1", Channel.SMS, CELLS)
WORKING = (BatchState.UPLOADED, BatchState.MAPPED, BatchState.RUNNING, BatchState.UNDOING)
RUN = (BatchState.STOPPED, BatchState.DONE, BatchState.UNDONE)


def page(state: BatchState, **other) -> dict:
    batch = Thing(
        id=1, state=state, created_at=AT, lines=1000, position=1, on_behalf=True, only_refusals=True, annulled=7,
        new_addresses=3, layout=b"",
    )  # fmt: skip
    return {
        "batch": batch, "name": "müşteriler.xlsx", "brand_name": "Örnek Mağaza", "by": "Ayşe",
        "is_working": state in WORKING, "has_run": state in RUN,
        "may_drop": True, "may_undo": True, "waits": False,
    } | other  # fmt: skip


def working(state: BatchState, **other) -> dict:
    usual = {"progress": Progress(310, 1000, 120.5, 95.0)}
    return page(state, **(usual | other))


def run(**other) -> dict:
    good, problems = all_told(TALLY)
    return {
        "piles": GroupCounts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "good": good, "problems": problems, "late": 2, "contact": None,
        "total": 55,
    } | other  # fmt: skip


def rehearsed(**other) -> dict:
    good, problems = all_told(TALLY)
    return page(
        BatchState.DRY_RUN, figures=Figures.of(TALLY), good=good, problems=problems, writes=5, total=10,
        curable={RowProblem.STATUS_UNKNOWN.value}, cured=[(each, CURES[each]) for each in Fix],
        standing=standing(),
    ) | other  # fmt: skip


def layout(*, sheets: int = 1, columns: dict | None = None, tried: bool = False) -> LayoutPage:
    outline = Outline("xlsx", None, None, tuple(Sheet(f"Sayfa{n}", 3, 4, 1, HEADER, n, 1) for n in range(sheets)))
    chosen = Layout(columns={Field.PHONE: 0, Field.STATUS: 2} if columns is None else columns)
    form = form_of(outline, chosen, {"status": {"belki": 12}})
    if tried:
        form.validate()
        form.columns[1].chosen.errors = ["A sütunu da bu."]
    return LayoutPage(form, outline.sheets[0], LINES, is_as_posted=not tried)


def new(**other) -> dict:
    return {"form": NewImportForm([Thing(id=1, name="Örnek Mağaza")])} | other


def tried(context: dict) -> dict:
    context["form"].validate()
    return context


def listed(number: int, state: BatchState) -> Listed:
    return Listed(page(state)["batch"], f"dosya {number}.xlsx", "Örnek Mağaza", Figures.of(TALLY))


def lines(word: str, **other) -> dict:
    return page(BatchState.DRY_RUN) | {
        "told": told(word, 4), "samples": [SAMPLE], "columns": ["Telefon", "Durum"], "after": 9, "is_first": False,
        "cure": None, "cure_words": None, "mended": [], "words_form": None,
    } | other  # fmt: skip


def pile(which: RowGroup, outcome: Outcome = Outcome.PARKED, **other) -> dict:
    row = Row(1, 5, CELLS, "+90 5•• ••• •• 67", 1, Channel.SMS, Status.GRANTED, outcome, "H120")
    bare = Row(2, None, (), "a•••@e•••.com", 2, Channel.EMAIL, Status.REFUSED, outcome, None)
    return page(BatchState.DONE) | run() | {
        "pile": which, "words": PILES[which], "rows": [row, bare], "columns": ["Telefon", "Durum"], "after": 2,
        "is_first": False, "sentences": {"H120": "Adres hatalı."}, "cures": {"H120": "Düzeltin."},
    } | other  # fmt: skip


def cure() -> dict:
    mended = [Mended(5, "ayşe@example.com", "ayse@example.com")]
    return lines("email_turkish_letter", cure=Fix.EMAIL_LETTERS, cure_words=CURES[Fix.EMAIL_LETTERS], mended=mended)


OF_IMPORTS = {
    ("dashboard/imports/batches.html", ""): lambda: {
        "listed": [listed(number, state) for number, state in enumerate(BatchState)],
        "before": 1,
        "is_first": False,
    },
    ("dashboard/imports/batches.html", "at first"): lambda: {"listed": [], "before": None, "is_first": True},
    ("dashboard/imports/new_batch.html", ""): new,
    ("dashboard/imports/new_batch.html", "tried"): lambda: tried(new()),
    ("dashboard/imports/new_batch.html", "unreadable"): lambda: new(problem=PROBLEM),
    **{("dashboard/imports/batch.html", str(state)): lambda state=state: working(state) for state in WORKING},
    ("dashboard/imports/batch.html", "waits for the worker"): lambda: working(
        BatchState.UPLOADED, progress=Progress(0, 0, None, None)
    ),
    **{("dashboard/imports/batch.html", str(state)): lambda state=state: page(state) | run() for state in RUN},
    ("dashboard/imports/batch.html", "done without trouble"): lambda: (
        page(BatchState.DONE, may_undo=False) | run(good=[], problems=[], late=0)
    ),
    ("dashboard/imports/batch.html", "late with a contact"): lambda: (
        page(BatchState.DONE) | run(contact=ContactKind.FORM)
    ),
    ("dashboard/imports/batch.html", "unreadable"): lambda: page(BatchState.UNREADABLE, problem=PROBLEM),
    ("dashboard/imports/batch.html", "dropped"): lambda: page(BatchState.DROPPED),
    ("dashboard/imports/batch.html", "read"): lambda: page(BatchState.READ, page=layout()),
    ("dashboard/imports/batch.html", "read, several sheets"): lambda: page(BatchState.READ, page=layout(sheets=3)),
    ("dashboard/imports/batch.html", "read, tried"): lambda: page(BatchState.READ, page=layout(columns={}, tried=True)),
    ("dashboard/imports/batch.html", "rehearsed"): rehearsed,
    ("dashboard/imports/batch.html", "rehearsed, no room"): lambda: rehearsed(no_room=True),
    ("dashboard/imports/batch.html", "rehearsed, asked"): lambda: rehearsed(waits=True, problems=[], cured=[]),
    ("dashboard/imports/batch.html", "rehearsed, nothing good"): lambda: rehearsed(writes=0, good=[]),
    ("dashboard/imports/layout.html", ""): lambda: page(BatchState.DRY_RUN, page=layout()),
    ("dashboard/imports/rows.html", "cure"): cure,
    ("dashboard/imports/rows.html", "words"): lambda: lines(
        "status_unknown", words_form=words_form({"status": {"belki": 3}})
    ),
    ("dashboard/imports/rows.html", "good"): lambda: lines("late_grant", is_first=True, after=None),
    ("dashboard/imports/rows.html", "none"): lambda: lines("origin_missing", samples=[]),
    **{("dashboard/imports/group.html", each): lambda each=each: pile(each) for each in RowGroup},
    ("dashboard/imports/group.html", "none"): lambda: pile(RowGroup.REFUSED, rows=[], columns=[]),
    ("dashboard/imports/group.html", "never told"): lambda: pile(RowGroup.NOT_NEEDED, rows=[], columns=[]),
    ("dashboard/imports/drop.html", ""): lambda: page(BatchState.READ, still=True),
    ("dashboard/imports/drop.html", "too late"): lambda: page(BatchState.DONE, still=False),
    ("dashboard/imports/undo.html", ""): lambda: page(BatchState.DONE, still=True, counts=Undoable(5, 2)),
    ("dashboard/imports/undo.html", "too late"): lambda: page(BatchState.DONE, still=True, counts=Undoable(0, 2)),
    ("dashboard/imports/no_recipients.html", ""): lambda: page(BatchState.DONE),
}
