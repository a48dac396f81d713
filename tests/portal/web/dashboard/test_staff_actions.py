"""Staff refuse for a person who asked, and see an address in full only with a reason that is kept."""

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.iys_protocol import Status
from portal.core.models import (
    AuditEntry,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    Provider,
    Recipient,
    Role,
    Submission,
)
from tests import make
from tests.portal.domain.consents.import_entries import bring
from tests.portal.domain.consents.import_entries import entry as entry_of_a_list
from tests.portal.web.dashboard.staff import csrf_token, signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

REASON = "Kişi aradı, adresini doğruluyorum"


@pytest.fixture
def fatma(app, rows) -> int:
    """Somebody who granted by her link; her id."""
    make.Person(app.test_client(), make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="ONAY")
    return next(each.id for each in rows(Recipient) if each.kind == "phone")


@pytest.fixture
def ayse(app, fatma):
    return signed_in(app)


def refuses(who, recipient_id: int, brand: int = 0, source: str = "HS_CAGRI_MERKEZI", channels=("MESAJ",), **other):
    data = {"brand": str(brand), "source": source, "channels": list(channels)} | other
    return who.posts(f"/dashboard/recipients/{recipient_id}/refusal", data)


def entry(rows, act: str) -> AuditEntry:
    return next(each for each in rows(AuditEntry) if each.act == act)


def test_a_refusal_for_somebody_is_obeyed_and_told(ayse, fatma, rows):
    answer = refuses(ayse, fatma, rows.one(Brand).id)

    refused = rows(Decision, Decision.status == Status.REFUSED)
    assert answer.status_code == 303
    assert [(each.channel, each.origin, each.source) for each in refused] == [
        ("MESAJ", DecisionOrigin.STAFF, "HS_CAGRI_MERKEZI")
    ]
    assert rows.count(Submission) == 3
    assert "Ret kaydedildi" in ayse.opens(f"/dashboard/recipients/{fatma}").text


def test_colleagues_at_one_address_are_counted_apart(app, ayse, fatma, rows, monkeypatch):
    """A whole call centre sits behind one; what one of them posts without end stops nobody else's caller."""
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    with app.app_context():
        make.person(db.session.scalar(select(Provider)), "burak@example.com", Role.AGENT, name="Burak")
        db.session.commit()
    burak = signed_in(app, "burak@example.com")

    answers = [refuses(ayse, fatma, source="").status_code for _ in range(61)]
    assert (answers[0], answers[-1]) == (422, 429)
    assert burak.posts("/desk/search", {"address": make.PHONE}).status_code == 303
    assert refuses(burak, fatma, rows.one(Brand).id).status_code == 303

    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1


CALLER = "0533 765 43 21"


@pytest.mark.parametrize("page", ["/dashboard/recipients", "/desk/search"])
def test_a_caller_whom_no_list_brought_is_refused_for_and_a_list_grants_nothing_later(app, ayse, rows, page):
    found = ayse.posts(page, {"address": CALLER})
    assert "Bu adres kayıtlarınızda yok" in found.text and f'name="address" value="{CALLER}"' in found.text
    data = {"address": CALLER, "brand": str(rows.one(Brand).id), "source": "HS_CAGRI_MERKEZI", "channels": ["MESAJ"]}
    known = rows.count(Recipient)
    wrong = ayse.posts("/dashboard/recipients/refusal", data | {"source": ""})
    assert wrong.status_code == 422 and "Kaydedilmedi" in wrong.text and rows.count(Recipient) == known

    answer = ayse.posts("/dashboard/recipients/refusal", data)

    assert answer.status_code == 303 and "Ret kaydedildi" in ayse.opens(answer.location).text
    refused = rows.one(Decision, Decision.status == Status.REFUSED)
    assert (refused.channel, refused.origin, refused.source) == ("MESAJ", DecisionOrigin.STAFF, "HS_CAGRI_MERKEZI")
    assert entry(rows, "recipient.refused").subject_id == refused.recipient_id
    with app.app_context():
        bring(make.brand(), entry_of_a_list(CALLER))
    assert rows.one(Consent, Consent.recipient_id == refused.recipient_id, Consent.channel == "MESAJ").status == "RET"


def test_who_did_it_and_how_it_was_asked_is_kept(ayse, fatma, rows):
    refuses(ayse, fatma, rows.one(Brand).id, channels=("MESAJ", "ARAMA"))

    kept = entry(rows, "recipient.refused")
    assert kept.actor_id and kept.sign_in_id and kept.subject_id == fatma
    assert kept.facts == {
        "channels": ["MESAJ", "ARAMA"], "source": "HS_CAGRI_MERKEZI", "brand": rows.one(Brand).id, "new": 2
    }  # fmt: skip


def test_a_double_click_is_one_refusal_and_says_no_more_than_is_sure(ayse, fatma, rows):
    for _ in range(2):
        refuses(ayse, fatma, rows.one(Brand).id)

    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1
    assert "bir onay varsa oraya da bildirilecek" in ayse.opens(f"/dashboard/recipients/{fatma}").text


@pytest.mark.parametrize(
    "wrong", [{"channels": ()}, {"channels": ("EPOSTA",)}, {"source": ""}, {"source": "HS_2015"}, {"brand": 1}]
)
def test_a_form_that_lacks_something_refuses_nothing(ayse, fatma, rows, wrong):
    answer = refuses(ayse, fatma, **({"brand": rows.one(Brand).id} | wrong))

    assert answer.status_code == 422
    assert rows(Decision, Decision.status == Status.REFUSED) == []


def test_nobody_grants_for_somebody_else(ayse, fatma, rows):
    refuses(ayse, fatma, rows.one(Brand).id)

    refuses(ayse, fatma, rows.one(Brand).id, status="ONAY", MESAJ="ONAY")

    assert next(head for head in rows(Consent) if head.channel == "MESAJ").status == Status.REFUSED


def test_a_suspended_provider_refuses_all_the_same(app, ayse, fatma, rows):
    with app.app_context():
        db.session.execute(update(Provider).values(suspended_at=clock.now()))
        db.session.commit()

    assert refuses(ayse, fatma, rows.one(Brand).id).status_code == 303
    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1


def test_a_passive_brand_is_refused_all_the_same(app, ayse, fatma, rows):
    with app.app_context():
        db.session.execute(update(Brand).values(closed_at=clock.now()))
        db.session.commit()

    assert refuses(ayse, fatma, rows.one(Brand).id).status_code == 303
    assert len(rows(Decision, Decision.status == Status.REFUSED)) == 1


def test_an_address_is_shown_once_with_a_reason_that_is_kept(ayse, fatma, rows):
    answer = ayse.posts(f"/dashboard/recipients/{fatma}/address", {"reason": REASON})

    assert make.PHONE in answer.text and answer.headers["Cache-Control"] == "no-store"
    assert make.PHONE not in ayse.opens(f"/dashboard/recipients/{fatma}").text
    kept = entry(rows, "recipient.unmasked")
    assert (kept.subject_id, kept.facts) == (fatma, {"reason": REASON})


@pytest.mark.parametrize(
    "reason",
    ["", "kısa", "         a", "\u200b" * 10, "\u2800" * 10, "\u3164" * 10, ".........,", "a@firma.example - ....."],
)
def test_without_a_reason_it_stays_masked(ayse, fatma, rows, reason):
    answer = ayse.posts(f"/dashboard/recipients/{fatma}/address", {"reason": reason})

    assert answer.status_code == 422
    assert make.PHONE not in answer.text
    assert "recipient.unmasked" not in [each.act for each in rows(AuditEntry)]


def test_an_address_in_the_reason_is_hidden(ayse, fatma, rows):
    ayse.posts(f"/dashboard/recipients/{fatma}/address", {"reason": "0532 123 45 67 aradı, fatma@example.com sordu"})

    kept = entry(rows, "recipient.unmasked").facts["reason"]
    assert "123" not in kept and "fatma" not in kept and "aradı" in kept


@pytest.mark.parametrize(("role", "status"), [(Role.AGENT, 303), (Role.AUDITOR, 403), (Role.DEVELOPER, 403)])
def test_who_answers_people_may_and_who_only_reads_may_not(app, fatma, rows, role, status):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", role)
    burak = signed_in(app, "burak@example.com")
    found = csrf_token(burak.browser, "/dashboard/")

    answer = burak.browser.post(
        f"/dashboard/recipients/{fatma}/refusal",
        data={"csrf_token": found, "brand": rows.one(Brand).id, "source": "HS_MESAJ", "channels": ["MESAJ"]},
    )

    assert answer.status_code == status


def test_a_stranger_reaches_nobody(app, fatma, rows):
    with app.app_context():
        make.provider(800001, 800001, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    assert refuses(cem, fatma).status_code == 404
    assert cem.posts(f"/dashboard/recipients/{fatma}/address", {"reason": REASON}).status_code == 404
    assert rows(Decision, Decision.status == Status.REFUSED) == []
