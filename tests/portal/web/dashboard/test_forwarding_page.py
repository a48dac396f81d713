"""The forwarding page: what waits and since when, what stands in the way, and what a person does about a case."""

import html
import re
from datetime import timedelta

import pytest
import time_machine

from portal.app import create_app
from portal.core import clock, iys_protocol
from portal.core.extensions import db, limiter
from portal.core.ids import new_id
from portal.core.models import (
    AuditEntry,
    BulkRequest,
    BulkState,
    Connection,
    Consent,
    Credential,
    Decision,
    IysRate,
    Lane,
    Outcome,
    Submission,
)
from portal.domain.consents.urgency import AMBER, RED
from portal.services.iys import circuit_breaker, rate_limit
from tests import databases, make
from tests.conftest import SECRETS
from tests.make import Person
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/forwarding"


def shown(page) -> str:
    """The page's words, without markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def change(app, **values) -> None:
    """Make all submissions be so."""
    with app.app_context():
        db.session.query(Submission).update(values)
        db.session.commit()


def park(app, code: str | None = "H121") -> None:
    change(app, outcome=Outcome.PARKED, due_at=None, code=code)


def lanes(page) -> dict[str, list[str]]:
    """The rows of the lanes, by name: waiting, oldest, amber, red, blocked."""
    rows = re.findall(r"<tr>\s*<th scope=\"row\">([^<]+)</th>(.*?)</tr>", page.text, re.DOTALL)
    return {name: [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in cells.split("</td>")] for name, cells in rows}


def test_an_empty_page_says_that_nothing_waits(ayse):
    page = ayse.opens(PAGE)

    assert "Burada bakılacak bir kayıt yok" in shown(page)
    assert {name: row[0] for name, row in lanes(page).items()} == {
        "Retler": "0", "Tekil onaylar": "0", "Toplu onaylar": "0",
    }  # fmt: skip


def test_what_waits_is_counted_by_its_lane(app, fatma):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    told = lanes(signed_in(app).opens(PAGE))

    assert (told["Retler"][0], told["Tekil onaylar"][0], told["Toplu onaylar"][0]) == ("1", "1", "0")


@pytest.mark.parametrize(
    ("age", "late", "words"),
    [
        (AMBER - timedelta(minutes=1), ("0", "0"), None),
        (AMBER, ("1", "0"), "24 saati geçti"),
        (RED - timedelta(minutes=1), ("1", "0"), "24 saati geçti"),
        (RED, ("1", "1"), "48 saati geçti"),
    ],
)
def test_age_is_told_in_amber_and_in_red(app, fatma, rows, age, late, words):
    fatma.decides(ARAMA="RET")

    with time_machine.travel(rows.one(Submission).created_at + age, tick=False):
        page = signed_in(app).opens(PAGE)
        overview = signed_in(app).opens("/dashboard/").text
        history = signed_in(app).opens(f"/dashboard/recipients/{rows(Consent)[0].recipient_id}").text

    assert tuple(lanes(page)["Retler"][2:4]) == late
    for other in ("24 saati geçti", "48 saati geçti"):
        assert (other in page.text) == (other in history) == (other == words)
    assert f"<dt>24 saatten uzun bekleyen</dt><dd>{late[0]}</dd>" in overview
    assert f"<dt>48 saatten uzun bekleyen</dt><dd>{late[1]}</dd>" in overview


def test_what_ended_waits_no_more(app, fatma):
    fatma.decides(ARAMA="RET")
    change(app, outcome=Outcome.ACCEPTED, due_at=None)

    assert lanes(signed_in(app).opens(PAGE))["Retler"][0] == "0"


def test_who_is_not_connected_is_led_to_connect(app, ayse):
    with app.app_context():
        db.session.query(Connection).delete()
        db.session.query(Credential).delete()
        db.session.commit()

    assert "Henüz İYS'ye bağlı değilsiniz" in shown(ayse.opens(PAGE))


def test_an_iys_that_does_not_answer_is_said_so(app, ayse):
    with app.app_context():
        db.session.add(IysRate(name=circuit_breaker.HOST, next_at=clock.now() + timedelta(seconds=40), failures=7))
        db.session.commit()

    assert "7 deneme sonuçsuz kaldı" in shown(ayse.opens(PAGE))


@pytest.mark.parametrize(
    ("code", "facts", "title", "why"),
    [
        ("H520", {}, "kabul etmiyor (H520)", iys_protocol.sentence_of("H520")),
        ("H525", {}, "retler iletiliyor", iys_protocol.cure_of("H525")),
        ("H353", {"of": True}, "Örnek Mağaza markasının bildirimlerini", iys_protocol.cure_of("H353")),
        ("H355", {"of": True, "channel": "EPOSTA"}, "E-posta bildirimlerini", "Diğer marka ve kanallarınızın"),
        ("no_answer", {"of": True}, "bildirimlerine cevap vermiyor", "denemeler sürer"),
        ("low_ratio", {}, "Onaylarınız bekletiliyor; retler iletiliyor.", "kayıtların nedenlerini giderin"),
    ],
)
def test_what_is_held_is_told_with_brand_channel_cause_and_next_try(app, ayse, code, facts, title, why):
    with app.app_context():
        of = {"of": make.brand()} if "of" in facts else {}
        make.hold(code, until=clock.now() + timedelta(minutes=7), **facts | of)

    page = shown(ayse.opens(PAGE))

    assert title in page and why in page and "Sonraki deneme" in page


@pytest.mark.parametrize(
    ("calls", "failures", "words"),
    [
        (150, 140, "Henüz oran hesaplanmaz: 150 istek"),
        (1000, 100, "%90 İyi. 1.000 istekten 100 tanesi kabul edilmedi."),
        (1000, 200, "%80 Düşük"),
        (1000, 300, "%70 Çok düşük"),
    ],
)
def test_the_gauge_is_told_with_what_it_means(app, ayse, calls, failures, words):
    with app.app_context():
        rate_limit.add_to_tally(db.session, "add", clock.now(), calls=calls, failures=failures)
        db.session.commit()

    assert words in shown(ayse.opens(PAGE))


def test_a_case_is_told_with_address_cause_and_cure(app, fatma):
    fatma.decides(MESAJ="ONAY")
    park(app, "H121")

    page = signed_in(app).opens(PAGE)

    assert "H121" in page.text and iys_protocol.sentence_of("H121") in shown(page)
    assert iys_protocol.cure_of("H121") in shown(page)
    assert "1234567" not in page.text and "123 45 67" not in page.text


def test_a_cured_case_is_sent_again_and_taken_at_once_although_its_brand_is_held(app, fatma, sandbox, iys, rows):
    fatma.decides(MESAJ="ONAY")
    park(app)
    with app.app_context():
        make.hold("H353", until=clock.now() + timedelta(minutes=7), of=make.brand())
    ayse, submission = signed_in(app), rows.one(Submission)

    answer = ayse.posts(f"{PAGE}/{submission.id}/resend")
    assert answer.status_code == 303
    make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert rows.one(Submission).payload == submission.payload and len(sandbox.movements()) == 1
    assert rows(AuditEntry, AuditEntry.act == "submission.resent")[0].facts == {"code": "H121"}
    assert "Burada bakılacak bir kayıt yok" in shown(ayse.opens(PAGE))


def test_pressing_twice_sends_once(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    park(app)
    ayse, submission = signed_in(app), rows.one(Submission)

    for _ in range(2):
        assert ayse.posts(f"{PAGE}/{submission.id}/resend").status_code == 303

    assert len(rows(AuditEntry, AuditEntry.act == "submission.resent")) == 1
    assert "zaten yolda" in shown(ayse.opens(PAGE))


def test_what_cannot_be_helped_has_no_button_but_a_reason(app, fatma):
    fatma.decides(MESAJ="ONAY")
    park(app)

    with time_machine.travel(clock.now() + timedelta(days=20)):
        page = signed_in(app).opens(PAGE)

    assert "/resend" not in page.text and "/close" in page.text
    assert "Üç iş günü geçti" in shown(page)


def test_a_closed_case_leaves_the_list_and_the_count(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    park(app)
    ayse = signed_in(app)

    ayse.posts(f"{PAGE}/{rows.one(Submission).id}/close")

    assert "Burada bakılacak bir kayıt yok" in shown(ayse.opens(PAGE))
    assert "<dt>Elle bakılmalı</dt><dd>0</dd>" in ayse.opens("/dashboard/").text
    assert rows(AuditEntry, AuditEntry.act == "submission.closed")[0].facts["outcome"] == "parked"


def test_closing_twice_is_said_to_be_done(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    park(app)
    ayse = signed_in(app)

    for _ in range(2):
        ayse.posts(f"{PAGE}/{rows.one(Submission).id}/close")

    assert "Bu kayıt kapatılmış" in shown(ayse.opens(PAGE))
    assert len(rows(AuditEntry, AuditEntry.act == "submission.closed")) == 1


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.BLOCKED, Outcome.ACCEPTED])
def test_what_is_no_case_can_be_neither_closed_nor_sent(app, fatma, rows, outcome):
    fatma.decides(MESAJ="ONAY")
    change(app, outcome=outcome)
    ayse, before = signed_in(app), rows.one(Submission)

    for act in ("close", "resend"):
        assert ayse.posts(f"{PAGE}/{before.id}/{act}").status_code == 303

    after = rows.one(Submission)
    assert (after.outcome, after.closed_at, after.due_at) == (outcome, None, before.due_at)


def test_cases_are_chosen_by_how_they_ended(app, fatma):
    fatma.decides(MESAJ="ONAY")
    change(app, outcome=Outcome.BLOCKED, code="H520")
    ayse = signed_in(app)

    assert "kendiliğinden iletilir" not in shown(ayse.opens(PAGE))
    page = shown(ayse.opens(f"{PAGE}?show=blocked"))
    assert "Engel kalkınca kendiliğinden iletilir" in page and iys_protocol.sentence_of("H520") in page


@pytest.mark.parametrize("query", ["?show=x", "?before=x", "?before=-1", "?show=parked&before=99999999999999999999999"])
def test_a_query_that_means_nothing_shows_the_page(ayse, query):
    assert ayse.opens(PAGE + query).status_code == 200


@pytest.mark.parametrize(
    ("outcome", "words"), [(Outcome.PARKED, "içeriği açılamadı"), (Outcome.EXPIRED, "üç iş gününden eski")]
)
def test_a_case_without_a_code_has_its_story_too(app, fatma, outcome, words):
    fatma.decides(MESAJ="ONAY")
    change(app, outcome=outcome, due_at=None, code=None)

    assert words in shown(signed_in(app).opens(PAGE))


@pytest.fixture
def held(app, ayse) -> int:
    """A list of hers that waits for a word, by its id."""
    with app.app_context():
        brand = make.brand()
        bulk = BulkRequest(
            provider_id=brand.provider_id, brand_id=brand.id, endpoint="/", size=740, state=BulkState.HELD,
            created_at=clock.now(),
        )  # fmt: skip
        db.session.add(bulk)
        db.session.commit()
        return bulk.id


def test_a_held_list_goes_when_somebody_says_so(ayse, held, rows):
    assert "740 onay" in shown(ayse.opens(PAGE))

    ayse.posts(f"{PAGE}/lists/{held}/release")

    bulk = rows.one(BulkRequest)
    assert bulk.state == BulkState.FORMED and bulk.due_at <= clock.now()
    assert bulk.released_at and bulk.released_by
    assert "740 onay" not in shown(ayse.opens(PAGE))
    assert rows(AuditEntry, AuditEntry.act == "list.released")[0].facts == {"size": 740}


def test_a_list_is_let_go_once(ayse, held, rows):
    for _ in range(2):
        assert ayse.posts(f"{PAGE}/lists/{held}/release").status_code == 303

    assert len(rows(AuditEntry, AuditEntry.act == "list.released")) == 1
    assert "artık izninizi beklemiyor" in shown(ayse.opens(PAGE))


# What a provider reads for each code, asked of one page after another over all of them.
CODES = sorted(iys_protocol.CODES)
MORE = 5  # Known to nobody.


@pytest.fixture(scope="module")
def stories(template, tmp_path_factory) -> dict[str, str]:
    """The cases of the whole table as the pages show them: code → the words of its card."""
    folder = tmp_path_factory.mktemp("stories")
    url = databases.empty_copy(template, folder)
    app = create_app({**SECRETS, "INSTANCE": str(folder), "DATABASE_URL": url})
    app.testing, limiter.enabled = True, False
    Person(app.test_client(), make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    _park_one_of_each(app, [*CODES, *(f"X{number:03}" for number in range(MORE))])
    cards = _cards(signed_in(app))
    app.extensions["visit_recorder"].stop()
    databases.close_connections(app)
    return {re.search(r"<strong>(\S+)</strong>", card)[1]: card for card in cards}


def _park_one_of_each(app, codes) -> None:
    with app.app_context():
        first = db.session.query(Submission).one()
        columns = {column.key: getattr(first, column.key) for column in Submission.__table__.columns}
        columns |= {"outcome": Outcome.PARKED, "due_at": None, "lane": Lane.PEOPLE}
        first.outcome, first.due_at, first.code = Outcome.PARKED, None, codes[0]
        template_decision = db.session.get_one(Decision, first.decision_id)
        facts = {column.key: getattr(template_decision, column.key) for column in template_decision.__table__.columns}
        for code in codes[1:]:
            decision_id = new_id()
            db.session.execute(template_decision.__table__.insert().values(**facts | {"id": decision_id}))
            row = columns | {"id": new_id(), "decision_id": decision_id, "code": code}
            db.session.execute(Submission.__table__.insert().values(**row))
        db.session.commit()


def _cards(ayse) -> list[str]:
    cards, address = [], PAGE
    while address:
        page = ayse.opens(address).text
        cards += re.findall(r'<li class="case">.*?</li>', page, re.DOTALL)
        older = re.search(r'href="([^"]+)">Daha eskiler', page)
        address = html.unescape(older[1]) if older else None
    return cards


def words(card: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", card)))


def test_the_pages_together_show_each_case_once(stories):
    assert len(stories) == len(CODES) + MORE


def test_a_provider_reads_what_each_code_means_and_what_to_do(stories):
    meant = {code: f"{code} {iys_protocol.CODES[code].sentence} {iys_protocol.CODES[code].cure}" for code in CODES}

    assert {code: stories[code] for code in CODES if meant[code] not in words(stories[code])} == {}


def test_a_code_that_nobody_knows_is_said_to_be_unknown(stories):
    unknown = [words(stories[f"X{number:03}"]) for number in range(MORE)]

    assert [card for card in unknown if "tanınmayan bir cevap" not in card] == []
