"""Files that the operator brings for a provider: only with its leave, and never saying what only the firm knows."""

import io
import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import AuditEntry, BatchState, Decision, ImportBatch, Mail, MailKind, Provider, Role
from portal.domain.notifications.mails import read_facts
from portal.domain.providers import delegations
from tests import make
from tests.portal.services.imports.file_steps import csv_of, work_all
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.operator.conftest import DENIZ, assign

pytestmark = [pytest.mark.slow, pytest.mark.alike]

REASON = "Ayşe Hanım destek talebine ekledi."
# Neither when nor how, and on what ground; somebody's name beside each number.
INCOMPLETE = csv_of(
    "0532 987 65 43;Fatma Öztürk;Onay", "0533 234 56 78;Mehmet Şimşek;Ret", "0555 12;Kerem Uçar;Onay",
    header="Telefon;Müşteri;Durum",
)  # fmt: skip


def give_delegation(app, provider_id: int) -> None:
    with app.app_context():
        at = clock.now()
        delegations.delegate(db.session, provider_id, 1, clock.day(at) + timedelta(days=30), at)
        db.session.commit()


@pytest.fixture
def support(app, deniz, ayses):
    """Deniz, who answers for Ayşe's firm, which gave its leave."""
    assign(app, DENIZ, ayses)
    give_delegation(app, ayses)
    return deniz


def path_of(provider_id: int, *more) -> str:
    return "/".join(("/operator/providers", str(provider_id), "imports", *map(str, more)))


def bring(staff, rows, provider_id: int, content: bytes = INCOMPLETE, **other):
    brand = rows(make.Brand, make.Brand.provider_id == provider_id)[0]
    data = {"brand": brand.id, "reason": REASON, "file": (io.BytesIO(content), "izinler.csv")} | other
    return staff.posts(path_of(provider_id), data)


def layout_of(page: str) -> dict:
    """The layout form as the page shows it, to be posted back."""
    selects = re.findall(r'<select[^>]*name="(column_\d+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    chosen = {name: re.search(r'<option selected value="([^"]*)"', body) for name, body in selects}
    return {name: found[1] if found else "" for name, found in chosen.items()} | {
        "day_first": "day", "drawn": "0", "channels": ["MESAJ"],
    }  # fmt: skip


def batch_after_dry_run(app, support, rows, ayses) -> ImportBatch:
    """The incomplete file, uploaded, and its dry run as far as the operator can say."""
    assert bring(support, rows, ayses).status_code == 303
    work_all(app)
    batch = rows.one(ImportBatch)
    page = support.opens(path_of(ayses, batch.id)).text
    assert support.posts(path_of(ayses, batch.id, "layout"), layout_of(page)).status_code == 303
    work_all(app)
    return rows.one(ImportBatch)


def test_the_operator_asks_and_the_firm_answers_and_the_file_is_brought(app, support, ayses, rows):
    with app.app_context():
        provider = db.session.get_one(Provider, ayses)
        make.person(provider, "burak@example.com", Role.MANAGER)
        make.person(provider, "can@example.com", Role.AGENT)
    batch = batch_after_dry_run(app, support, rows, ayses)
    assert batch.on_behalf and batch.state == BatchState.DRY_RUN
    page = support.opens(path_of(ayses, batch.id)).text
    assert path_of(ayses, batch.id, "run") not in page
    assert support.posts(path_of(ayses, batch.id, "run")).status_code == 303
    assert rows.one(ImportBatch).state == BatchState.DRY_RUN

    asked = {"what": ["source", "date", "origin"]}
    for _ in range(2):  # The second time there is nothing to ask any more.
        assert support.posts(path_of(ayses, batch.id, "questions"), asked).status_code == 303

    assert rows.one(ImportBatch).asked == ["source", "date", "origin"]
    mails = rows(Mail, Mail.kind == MailKind.IMPORT_ASKED)
    with app.app_context():
        links = {read_facts(vault(), mail)["link"] for mail in mails}
    assert len(mails) == 2  # Ayşe and Burak; Can is an agent.
    (link,) = links
    answering = f"/dashboard/imports/{batch.id}/answer"
    assert link.endswith(answering)

    burak = signed_in(app, "burak@example.com")
    form = burak.opens(answering).text
    assert 'name="source"' in form and 'name="status"' not in form
    today = clock.day(clock.now()).isoformat()
    said = {"source": "HS_ISLAK_IMZA", "date": today, "origin": "Mağazadaki kâğıt formlar"}
    assert burak.posts(answering, said | {"date": ""}).status_code == 422
    assert burak.posts(answering, said).status_code == 303
    answered = rows.one(ImportBatch)
    assert answered.answered_at and answered.answered_by and answered.state == BatchState.MAPPED
    assert burak.posts(answering, said).status_code == 303  # Nothing is asked any more.

    work_all(app)
    page = support.opens(path_of(ayses, batch.id)).text
    assert support.posts(path_of(ayses, batch.id, "run")).status_code == 303
    assert rows.one(ImportBatch).state == BatchState.DRY_RUN  # Of no dry run that anybody saw.
    seen = {"seen": re.search(r'name="seen" value="([^"]+)"', page)[1]}
    assert support.posts(path_of(ayses, batch.id, "run"), seen).status_code == 303
    work_all(app)

    assert rows.one(ImportBatch).state == BatchState.DONE
    told = {(each.status, each.source) for each in rows(Decision)}
    assert (Status.GRANTED, "HS_ISLAK_IMZA") in told and (Status.REFUSED, "HS_KARAR") in told
    acts = [entry.act for entry in rows(AuditEntry) if entry.act.startswith("import.")]
    wanted = ["import.brought_for", "import.laid_out", "import.asked", "import.answered", "import.begun"]
    assert [act for act in acts if act in wanted] == wanted
    assert rows(AuditEntry, AuditEntry.act == "import.brought_for")[0].facts == {"reason": REASON}


def test_the_operator_vouches_for_grants_beside_a_note_that_refuses_or_brings_refusals(app, support, ayses, rows):
    day = clock.istanbul(clock.now()).strftime("%d.%m.%Y")
    lines = [f"0532 987 65 43;ONAY;{day};HS_WEB;Form;RET", f"0533 234 56 78;RET;{day};HS_WEB;;"]
    lines.append(f"0534 345 67 89;ONAY;{day};HS_WEB;Form;")
    bring(support, rows, ayses, csv_of(*lines, header="Telefon;Durum;Tarih;Kaynak;Dayanak;Not"))
    work_all(app)
    batch_id = rows.one(ImportBatch).id
    support.posts(path_of(ayses, batch_id, "layout"), layout_of(support.opens(path_of(ayses, batch_id)).text))
    work_all(app)

    page = support.opens(path_of(ayses, batch_id)).text
    seen = {"seen": re.search(r'name="seen" value="([^"]+)"', page)[1]}
    support.posts(path_of(ayses, batch_id, "run"), seen)

    begun = rows.one(ImportBatch)
    assert begun.tally["refused_beside"] == begun.tally["grant"]
    assert 'name="unread"' in page and "1 hücrede ret yazıyor" in page
    assert (begun.state, begun.only_refusals, begun.problem) == (BatchState.RUNNING, True, "unread")


def test_the_operator_vouches_for_grants_after_peoples_own_refusals(app, support, ayses, rows):
    fatma = make.Person(app.test_client(), make.codes(app, make.PHONE)[make.PHONE])
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        fatma.decides(MESAJ="RET")
    date = clock.istanbul(clock.now()).strftime("%d.%m.%Y %H:%M:%S")
    bring(support, rows, ayses, csv_of(f"{make.PHONE};ONAY;{date};HS_WEB;Form"))
    work_all(app)
    address = path_of(ayses, rows.one(ImportBatch).id)
    support.posts(f"{address}/layout", layout_of(support.opens(address).text))
    work_all(app)

    page = support.opens(address).text
    seen = {"seen": re.search(r'name="seen" value="([^"]+)"', page)[1]}
    support.posts(f"{address}/run", {"after_refusal": "yes"} | seen)

    assert rows.one(ImportBatch).tally == {"over_refusal": 1} and 'name="after_refusal"' in page
    assert rows.one(ImportBatch).after_refusal_confirmed_at


def test_addresses_and_names_are_masked_for_the_operator_whatever_it_takes_columns_for(app, support, ayses, rows):
    batch = batch_after_dry_run(app, support, rows, ayses)
    pages = [support.opens(path_of(ayses, batch.id)).text]
    # Whoever takes the column of names for one of words sees no names, either.
    posted = layout_of(pages[0])
    name_column = next(name for name, field in posted.items() if name.startswith("column_") and field != "phone")
    for field in ("status", "source", "channel"):
        others = {name: "" for name, value in posted.items() if value == field}
        support.posts(path_of(ayses, batch.id, "layout"), posted | others | {name_column: field})
        work_all(app)
        pages.append(support.opens(path_of(ayses, batch.id)).text)

    for page in pages:
        assert "+90 5•• ••• •• 43" in page and "Müşteri" in page
        for hidden in ("987 65", "5329876543", "Fatma", "Öztürk", "Şimşek", "Kerem", "0555 12"):
            assert hidden not in page


def test_without_leave_nothing_is_brought_and_nothing_of_a_file_is_seen(app, deniz, ayses, rows):
    assign(app, DENIZ, ayses)
    page = deniz.opens(path_of(ayses))
    assert page.status_code == 200 and "yetki vermemiş" in page.text and 'type="file"' not in page.text
    assert bring(deniz, rows, ayses).status_code == 303
    assert rows.count(ImportBatch) == 0

    give_delegation(app, ayses)
    batch = batch_after_dry_run(app, deniz, rows, ayses)
    with app.app_context():
        delegations.withdraw(db.session, ayses, 1, clock.now())
        db.session.commit()

    for path in (path_of(ayses, batch.id),):
        assert deniz.opens(path).location.endswith(path_of(ayses))
    for act, data in (("layout", {}), ("questions", {"what": ["date"]}), ("run", {})):
        assert deniz.posts(path_of(ayses, batch.id, act), data).location.endswith(path_of(ayses))
    after = rows.one(ImportBatch)
    assert (after.state, after.asked, after.layout) == (batch.state, None, batch.layout)
    deniz.posts(path_of(ayses, batch.id, "drop"))  # To throw away needs no leave.
    assert rows.one(ImportBatch).state == BatchState.DROPPED


def test_at_a_suspended_provider_nothing_is_brought(app, support, ayses, rows):
    with app.app_context():
        db.session.get_one(Provider, ayses).suspended_at = clock.now()
        db.session.commit()

    assert "durdurulmuş" in support.opens(path_of(ayses)).text
    assert bring(support, rows, ayses).status_code == 303
    assert rows.count(ImportBatch) == 0


def test_only_who_answers_for_a_provider_finds_its_files_and_never_the_firms_own(app, support, ayses, newcomer, rows):
    give_delegation(app, newcomer)
    batch = batch_after_dry_run(app, support, rows, ayses)

    assert support.opens(path_of(newcomer)).status_code == 404
    assert support.posts(path_of(newcomer)).status_code == 404
    assert support.opens(path_of(newcomer, batch.id)).status_code == 404
    with app.app_context():
        db.session.get_one(ImportBatch, batch.id).on_behalf = False
        db.session.commit()
    assert support.opens(path_of(ayses, batch.id)).status_code == 404
    for act in ("layout", "questions", "run", "drop"):
        assert support.posts(path_of(ayses, batch.id, act)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"reason": ""}, "En az 10 harfle"),
        ({"reason": "0532 123 45 67"}, "En az 10 harfle"),
        ({"file": ""}, "Bir dosya seçin"),
        ({"file": (io.BytesIO(b""), "bos.csv")}, 'role="alert"'),
        ({"file": (io.BytesIO(b"%PDF-1.7"), "izin.pdf")}, "PDF"),
        ({"brand": "17"}, 'role="alert"'),
    ],
)
def test_a_file_that_cannot_be_taken_comes_back_with_the_reason(app, support, ayses, rows, wrong, words):
    answer = bring(support, rows, ayses, **wrong)

    assert answer.status_code == 422 and words in answer.text
    assert rows.count(ImportBatch) == 0


def test_the_operator_cannot_say_what_only_the_firm_knows(app, support, ayses, rows):
    batch = batch_after_dry_run(app, support, rows, ayses)
    page = support.opens(path_of(ayses, batch.id)).text
    facts = {"source": "HS_WEB", "date": "2026-11-20", "origin": "Uydurma", "recipient_type": "TACIR", "status": "ONAY"}

    support.posts(path_of(ayses, batch.id, "layout"), layout_of(page) | facts)
    work_all(app)

    assert support.posts(path_of(ayses, batch.id, "run")).status_code == 303
    assert rows.one(ImportBatch).state == BatchState.DRY_RUN
    assert rows.count(Decision) == 0
