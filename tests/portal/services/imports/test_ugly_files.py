"""Every ugly file ends in the counts that its lines deserve, and each fix mends what it promises, end to end."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import BatchState, Decision, ImportBatch, ImportChunk, Recipient, Submission
from portal.domain.consents import recipients
from portal.domain.consents.bulk_import import WRITTEN, Effect
from portal.services.imports import batches, layout, uploads, worker
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.fixes import FIXES
from portal.services.imports.layout import Fix, Layout
from portal.services.imports.reading import FileProblem, Outline, Unreadable
from tests import make
from tests.files import broken, cells, texts, workbooks
from tests.files.people import ALL_FOUR

pytestmark = [pytest.mark.slow, pytest.mark.alike]

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=clock.ISTANBUL)  # A Wednesday.
ANSWERS = {
    "status": Status.GRANTED,
    "source": Source.WEB,
    "date": datetime(2026, 11, 24, 14, 2, tzinfo=clock.ISTANBUL),
    "origin": "Üyelik formu",
}
NOTHING_ELSE = "status source date origin"  # What is asked where a file holds addresses only.


@dataclass(frozen=True)
class Case:
    """A file, by the name it comes under; what is asked of the person who brings it; what its entries come to."""

    made: Callable[[], bytes]
    name: str
    asks: str
    tally: dict[str, int]
    fixes: dict[Fix, int] = field(default_factory=dict)  # How many entries each one mends, of those that are offered.
    says: dict[str, object] = field(default_factory=dict)  # Of the layout, where the guess cannot know.

    def __str__(self) -> str:
        return f"{name_of(self.made)} as {self.name}"


def name_of(made: object) -> str:
    return made.args[0].name if isinstance(made, partial) else getattr(made, "__name__", "")


def saved(name: str) -> Callable[[], bytes]:
    """A file that LibreOffice wrote."""

    return partial(Path.read_bytes, broken.SAVED / name)


FOUR = [  # The same four people, whatever is around them.
    (texts.utf8_commas, "liste.csv", ""),
    (texts.utf8_bom_semicolons, "liste.csv", ""),
    (texts.utf16_le_tabs, "liste.txt", ""),
    (texts.utf16_be_semicolons, "liste.csv", ""),
    (texts.windows_1254, "liste.csv", ""),
    (texts.iso_8859_9_pipes, "liste.txt", ""),
    (texts.pasted, "", ""),
    (texts.quoted_newlines, "liste.csv", ""),
    (texts.unclosed_quote, "liste.csv", ""),
    (texts.declared_separator, "liste.csv", ""),
    (texts.carriage_returns, "liste.csv", ""),
    (texts.mixed_ends, "liste.csv", ""),
    (texts.empty_lines, "liste.csv", ""),
    (texts.trailing_separators, "liste.csv", ""),
    (texts.ragged_rows, "liste.csv", ""),
    (texts.dos_end, "LISTE.TXT", ""),
    (texts.everything_quoted, "liste.csv", ""),
    (texts.title_above, "liste.csv", ""),
    (texts.no_header, "liste.csv", "origin"),
    (texts.english_header, "export.csv", ""),
    (texts.odd_order, "liste.csv", ""),
    (texts.names_twice, "liste.csv", ""),
    (texts.shouted_header, "liste.csv", ""),
    (texts.long_cell, "liste.csv", ""),
    (texts.commas_in_e_mails, "liste.csv", ""),
    (workbooks.plain, "liste.xlsx", ""),
    (workbooks.plain_by_xlsxwriter, "liste.xlsx", ""),
    (workbooks.inline_strings, "liste.xlsx", ""),
    (workbooks.merged_title, "liste.xlsx", ""),
    (workbooks.header_of_two_lines, "liste.xlsx", ""),
    (workbooks.empty_sheets_beside, "liste.xlsx", ""),
    (workbooks.hidden_sheet, "liste.xlsx", ""),
    (workbooks.beginning_at_c5, "liste.xlsx", ""),
    (workbooks.dressed_to_the_end, "liste.xlsx", ""),
    (workbooks.blank_far_below, "liste.xlsx", ""),
    (workbooks.with_macros, "liste.xlsm", ""),
    (workbooks.links_outside, "liste.xlsx", ""),
    (workbooks.wide_cell, "liste.xlsx", ""),
    (workbooks.line_ends_in_cells, "liste.xlsx", ""),
    (saved("people.xls"), "liste.xls", ""),
    (saved("people.xls"), "misnamed.xlsx", ""),
    (saved("people.ods"), "liste.ods", ""),
    (saved("people.xlsx"), "liste.xlsx", ""),
    (saved("title.xls"), "baslikli.xls", ""),
    (saved("title.ods"), "baslikli.ods", ""),
]
BOTH_SHEETS = {"says": {"sheets": (1, 2)}}
TWICE = {**ALL_FOUR, "repeated": 8}
TYPED = {"grant": 10, "phone_too_short": 1}
CASES = [
    *(Case(*facts, tally=ALL_FOUR) for facts in FOUR),
    Case(texts.only_addresses, "", NOTHING_ELSE, {"grant": 6, "no_sms": 1}),
    Case(texts.repeated_inside, "liste.csv", "source origin", {"grant": 2, "first_refusal": 1, "repeated": 4}),
    Case(cells.phones, "cep.csv", NOTHING_ELSE, {"grant": 24}),
    Case(cells.bad_phones, "cep.csv", NOTHING_ELSE, {
        "grant": 7, "no_sms": 1, "phone_scientific": 2, "phone_character": 2, "phone_too_short": 1,
        "phone_too_long": 2, "several": 1, "phone_national_only": 1, "phone_0900": 1, "phone_country_unclear": 1,
        "unknown": 1, "empty": 2,
    }),
    Case(cells.digits_lost, "gsm.csv", NOTHING_ELSE, {"phone_scientific": 8}),
    Case(cells.e_mails, "e-posta.csv", NOTHING_ELSE, {"grant": 8}),
    Case(cells.bad_e_mails, "e-posta.csv", NOTHING_ELSE, {
        "grant": 1, "email_turkish_letter": 3, "email_space": 3, "email_character": 2, "email_no_at": 1,
        "email_shape": 2, "email_domain": 1, "several": 1,
    }, {Fix.EMAIL_LETTERS: 3, Fix.EMAIL_SPACES: 2}),
    Case(cells.cured_twice, "e-posta.csv", NOTHING_ELSE, {"grant": 1, "email_turkish_letter": 1, "email_space": 1},
         {Fix.EMAIL_LETTERS: 1, Fix.EMAIL_SPACES: 1}),
    Case(cells.dates, "liste.csv", "status source origin", {"grant": 9}),
    Case(cells.bad_dates, "liste.csv", "status source origin", {
        "grant": 2, "late_grant": 2, "date_impossible": 2, "date_to_come": 2, "date_before_2015": 1,
        "date_unreadable": 1, "date_missing": 2,
    }, {Fix.DATE_SWAP: 2}),
    Case(cells.month_first, "export.csv", "status source origin", {"grant": 3}),
    Case(cells.before_2015, "eski.csv", "status origin", {
        "grant": 2, "date_not_2015": 1, "date_before_2015": 1, "late_grant": 1,
    }),
    Case(cells.date_and_time_apart, "liste.csv", "status source origin", {"grant": 3}),
    Case(cells.statuses, "liste.csv", "source date origin", {
        "grant": 8, "first_refusal": 9, "status_unknown": 6,  # Beside an unknown "X" neither "E" nor "1" grants.
    }),
    Case(cells.sources, "liste.csv", "status date origin", {
        "grant": 5, "source_refuses": 1, "source_of_iys": 2, "source_unknown": 1, "source_missing": 1,
    }),
    Case(cells.merchants, "firmalar.csv", "", {
        "grant": 1, "late_merchant": 1, "first_refusal": 3, "source_missing": 1, "type_unknown": 1}),
    Case(cells.column_per_channel, "crm.csv", "source origin", {
        "grant": 5, "first_refusal": 3, "status_unknown": 2, "no_sms": 1, "no_address": 1,
    }),
    Case(cells.channels_in_a_cell, "crm.csv", "source date origin", {
        "grant": 6, "first_refusal": 2, "channel_unfit": 2, "channel_unknown": 1,
    }),
    Case(cells.iys_spelling, "iys.csv", "origin", {"grant": 1, "first_refusal": 2}),
    Case(cells.unexplained, "liste.csv", "", {"grant": 1, "first_refusal": 1, "origin_missing": 1}),
    Case(cells.formulas_as_text, "liste.csv", NOTHING_ELSE, {"grant": 8, "refused_beside": 2}),
    Case(workbooks.three_sheets, "liste.xlsx", "", TWICE, **BOTH_SHEETS),
    Case(saved("three.xls"), "liste.xls", "", TWICE, **BOTH_SHEETS),
    Case(saved("three.ods"), "liste.ods", "", TWICE, **BOTH_SHEETS),
    Case(workbooks.group_over_sheets, "liste.xlsx", "", {
        "grant": 2, "first_refusal": 2, "status_unknown": 12,
    }, says={"sheets": (0, 1, 2)}),
    Case(workbooks.typed_cells, "liste.xlsx", "status source origin", TYPED),
    Case(saved("typed.xls"), "liste.xls", "status source origin", TYPED),
    Case(saved("typed.ods"), "liste.ods", "status source origin", TYPED),
    Case(workbooks.bare_serials, "liste.xlsx", "status source origin", {"grant": 2}),
    Case(workbooks.dates_of_1904, "mac.xlsx", "status source origin", {"grant": 1}),
    Case(workbooks.bare_serials_of_1904, "mac.xlsx", "source", {"date_unreadable": 1, "first_refusal": 1}),
    Case(workbooks.yes_and_no_cells, "liste.xlsx", "source date origin", {"grant": 2, "first_refusal": 2}),
    Case(workbooks.formulas_with_values, "liste.xlsx", NOTHING_ELSE, {"grant": 4}),
    Case(workbooks.formulas_without_values, "liste.xlsx", NOTHING_ELSE, {"grant": 2, "empty": 1}),
    Case(saved("formulas.ods"), "liste.ods", NOTHING_ELSE, {"grant": 4}),
    Case(saved("formulas.xlsx"), "liste.xlsx", NOTHING_ELSE, {"grant": 4}),
    Case(workbooks.error_cells, "liste.xlsx", NOTHING_ELSE, {"grant": 3}),
    Case(workbooks.csv_called_xlsx, "liste.xlsx", "status source origin", {"grant": 1}),
]  # fmt: skip
UNREADABLE = [
    (broken.nothing, "liste.csv", FileProblem.EMPTY),
    (broken.blanks, "liste.csv", FileProblem.EMPTY),
    (broken.only_header, "liste.csv", FileProblem.EMPTY),
    (broken.workbook_of_headers, "liste.xlsx", FileProblem.EMPTY),
    (broken.nuls, "liste.csv", FileProblem.BINARY),
    (broken.noise, "liste.csv", FileProblem.BINARY),
    (broken.png, "liste.png", FileProblem.IMAGE),
    (broken.pdf, "liste.pdf", FileProblem.PDF),
    (workbooks.html_called_xls, "liste.xls", FileProblem.HTML),
    (broken.other_zip, "liste.zip", FileProblem.ARCHIVE),
    (broken.half_a_workbook, "liste.xlsx", FileProblem.DAMAGED),
    (broken.without_its_sheet, "liste.xlsx", FileProblem.DAMAGED),
    (broken.torn_xml, "liste.xlsx", FileProblem.DAMAGED),
    (broken.half_an_xls, "liste.xls", FileProblem.DAMAGED),
    (broken.locked, "liste.xlsx", FileProblem.PASSWORD),
    (workbooks.entities, "liste.xlsx", FileProblem.DAMAGED),
    (broken.bomb, "liste.xlsx", FileProblem.WORKBOOK_TOO_LARGE),
    pytest.param(broken.bomb_of_rows, "liste.xlsx", FileProblem.TOO_MANY_LINES, marks=pytest.mark.long),
    (broken.too_many_columns, "liste.csv", FileProblem.TOO_MANY_COLUMNS),
    (broken.too_many_columns_in_a_sheet, "liste.xlsx", FileProblem.TOO_MANY_COLUMNS),
    (broken.endless_line, "liste.csv", FileProblem.LINE_TOO_LONG),
]


# Of some files, what stands in the end: address, channel, status, date on the wall, and whether İYS is to hear of it.
AYSE, BURAK, CAGRI, IPEK = "+905321234567", "+905332345678", "cagri@example.com", "+902123456789"
FRESH, AT_MIDNIGHT = "2026-11-24 14:02:00", "2026-11-24 00:00:00"
IN_ITS_MINUTE = "2026-11-24 14:02:59"
FOUR_DECIDED = {
    (AYSE, "MESAJ", "ONAY", FRESH, True), (AYSE, "ARAMA", "ONAY", FRESH, True),
    ("ayse@example.com", "EPOSTA", "ONAY", FRESH, True),
    (BURAK, "MESAJ", "ONAY", FRESH, True), (BURAK, "ARAMA", "ONAY", FRESH, True),
    (CAGRI, "EPOSTA", "RET", IN_ITS_MINUTE, True),
    (IPEK, "MESAJ", "RET", IN_ITS_MINUTE, True), (IPEK, "ARAMA", "RET", IN_ITS_MINUTE, True),
}  # fmt: skip
DECIDED = [
    (texts.quoted_newlines, FOUR_DECIDED),
    (texts.no_header, FOUR_DECIDED),
    (saved("title.xls"), FOUR_DECIDED),
    (workbooks.three_sheets, FOUR_DECIDED),
    (texts.repeated_inside, {
        ("a@example.com", "EPOSTA", "RET", IN_ITS_MINUTE, True), ("b@example.com", "EPOSTA", "ONAY", FRESH, True),
        ("c@example.com", "EPOSTA", "ONAY", FRESH, True),
    }),
    (cells.column_per_channel, {
        ("+905321000001", "MESAJ", "ONAY", FRESH, True), ("+905321000001", "ARAMA", "RET", IN_ITS_MINUTE, True),
        ("a@example.com", "EPOSTA", "ONAY", FRESH, True), ("+905321000002", "MESAJ", "RET", IN_ITS_MINUTE, True),
        ("+905321000003", "MESAJ", "ONAY", FRESH, True), ("+905321000003", "ARAMA", "ONAY", FRESH, True),
        (IPEK, "ARAMA", "ONAY", FRESH, True), ("c@example.com", "EPOSTA", "RET", IN_ITS_MINUTE, True),
    }),
    (cells.bad_dates, {  # With every fix that is offered.
        ("kisi1@example.com", "EPOSTA", "ONAY", FRESH, True),
        ("kisi2@example.com", "EPOSTA", "ONAY", "2026-11-13 00:00:00", False),
        ("kisi3@example.com", "EPOSTA", "ONAY", "2026-11-20 00:00:00", True),
        ("kisi4@example.com", "EPOSTA", "ONAY", "2026-11-19 23:59:00", False),
        ("kisi5@example.com", "EPOSTA", "ONAY", AT_MIDNIGHT, True),
        ("kisi6@example.com", "EPOSTA", "ONAY", "2026-11-12 00:00:00", False),
    }),
    (cells.before_2015, {
        ("kisi1@example.com", "EPOSTA", "ONAY", "2015-05-01 00:00:00", True),
        ("kisi2@example.com", "EPOSTA", "ONAY", "2015-05-01 00:00:00", True),
        ("kisi5@example.com", "EPOSTA", "ONAY", "2015-05-01 00:00:00", False),
    }),
]  # fmt: skip


@pytest.fixture
def on_wednesday() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_file_comes_to_what_its_lines_deserve(on_wednesday, app, case):
    with app.app_context():
        batch = read(case.made(), case.name)
        assert batch.state == BatchState.READ, batch.problem
        said = answered(batch, case)

        tally = run_dry(batch, said)

        assert tally == case.tally
        assert {fix: count_fixed(batch, said, fix) for fix in offered(tally)} == case.fixes


@pytest.mark.parametrize(("made", "name", "problem"), UNREADABLE, ids=name_of)
def test_what_cannot_be_read_says_why(on_wednesday, app, made, name, problem):
    with app.app_context():
        assert problem_of(made(), name) == problem


@pytest.mark.parametrize(("made", "decided"), DECIDED, ids=name_of)
def test_what_a_dry_run_foretold_is_written_once_and_known_when_it_comes_again(on_wednesday, app, made, decided):
    case = next(case for case in CASES if name_of(case.made) == name_of(made))
    with app.app_context():
        batch, expected = dry_run_with_all_fixes(case)
        ran = run(batch)
        again, known = dry_run_with_all_fixes(case)
        run(again)

        written = sum(ran[effect] for effect in WRITTEN if effect in ran)
        assert ran == expected
        assert known[Effect.KNOWN] == written
        assert all_decided() == decided


def dry_run_with_all_fixes(case: Case) -> tuple[ImportBatch, dict[str, int]]:
    batch = read(case.made(), case.name)
    said = answered(batch, case)
    for fix in offered(run_dry(batch, said)):
        said = said.with_fix(fix)
    return batch, run_dry(batch, said)


def run(batch: ImportBatch) -> dict[str, int]:
    """Say that it be written, and let the worker write it."""
    batches.start(db.session, batch, None, clock.now(), confirms=set(Confirmation))
    db.session.commit()
    batch = worked(batch.id)
    assert batch.state == BatchState.DONE
    return dict(batch.tally)


def all_decided() -> set[tuple]:
    rows = select(Decision, Recipient, Submission).join(Recipient, Recipient.id == Decision.recipient_id)
    found = [
        (
            recipients.address_of(vault(), recipient), decision.channel.value, decision.status.value,
            clock.istanbul(decision.consent_date).strftime("%Y-%m-%d %H:%M:%S"), submission is not None,
        )
        for decision, recipient, submission in db.session.execute(rows.outerjoin(Submission))
    ]  # fmt: skip
    db.session.rollback()
    assert len(set(found)) == len(found)
    return set(found)


def read(data: bytes, name: str) -> ImportBatch:
    """Upload it and let the worker cut it."""
    brand = make.brand()
    batch = uploads.store_upload(
        db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name=name,
        stream=io.BytesIO(data), at=clock.now(),
    )  # fmt: skip
    return worked(batch.id)


def worked(batch_id: int) -> ImportBatch:
    """Let the worker do all that there is to do."""
    while worker.work(batch_id):
        pass
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(ImportBatch, batch_id)


def answered(batch: ImportBatch, case: Case) -> Layout:
    """The guess, with what the person says: exactly what is asked, and what the case adds."""
    guessed = layout_of(batch)
    assert set(layout.missing(guessed)) - {"channels"} == set(case.asks.split())
    channels = guessed.channels or tuple(Channel)  # All are chosen where no column speaks of any.
    return replace(guessed, channels=channels, **{name: ANSWERS[name] for name in case.asks.split()}, **case.says)


def layout_of(batch: ImportBatch) -> Layout:
    return Layout.unpacked(vault().read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))


def outline_of(batch: ImportBatch) -> Outline:
    return Outline.unpacked(vault().read(batch.outline, ImportBatch.OUTLINE, batch.provider_id, batch.id))


def run_dry(batch: ImportBatch, said: Layout) -> dict[str, int]:
    """How many entries come to which word; the chunks say the same as the whole."""
    batches.set_layout(db.session, vault(), batch, said, clock.now())
    db.session.commit()
    batch = worked(batch.id)
    assert batch.state == BatchState.DRY_RUN
    chunks = db.session.query(ImportChunk).filter_by(batch_id=batch.id).order_by(ImportChunk.place)
    assert sum((Counter(chunk.tally or {}) for chunk in chunks), Counter()) == Counter(batch.tally)
    return dict(batch.tally)


def offered(tally: dict[str, int]) -> set[Fix]:
    return {fix for word in tally if (fix := FIXES.get(word))}


def count_fixed(batch: ImportBatch, said: Layout, fix: Fix) -> int:
    """How many entries with the problem of a fix have it no more."""
    before, after = (_fixable(run_dry(batch, said.with_fix(fix, on=on)), fix) for on in (False, True))
    return before - after


def _fixable(tally: dict[str, int], fix: Fix) -> int:
    return sum(count for word, count in tally.items() if FIXES.get(word) == fix)


def problem_of(data: bytes, name: str) -> str:
    try:
        batch = read(data, name)
    except Unreadable as unreadable:
        return unreadable.problem
    assert batch.state == BatchState.UNREADABLE
    return batch.problem
