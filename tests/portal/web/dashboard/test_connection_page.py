"""The connection page: by whose account, tested with a button, and every failure in words that say what to do."""

import html
import re

import pytest

from portal.core import clock, iys_protocol
from portal.core.extensions import db, limiter, vault
from portal.core.models import AuditEntry, Connection, Credential, CredentialKind, Provider, ProviderKind
from portal.domain.identity import accounts
from portal.services.iys.account_report import CallProblem, Findings, Subscription, explain_problem, forecast_quota
from portal.web.dashboard.iys.forwarding_status import block_of
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/connection"
OWN = {"username": make.USERNAME, "password": make.PASSWORD}


@pytest.fixture
def reached(app, sandbox):
    """The portal reaches the İYS in the box."""
    app.config["IYS_BASE_URL"] = sandbox.url
    return sandbox


@pytest.fixture
def unconnected(app, ayse):
    """Ayşe, before her firm was connected."""
    with app.app_context():
        db.session.query(Connection).delete()
        db.session.query(Credential).delete()
        db.session.commit()
    return ayse


@pytest.fixture
def partner(app) -> str:
    """A partner's account that the operator has, by its id."""
    with app.app_context():
        kept = accounts.store_partner_credential(
            db.session, vault(), integrator_code=700100, username="ortak", password="ortak-parola", at=clock.now()
        )
        db.session.commit()
        return str(kept.id)


def shown(page) -> str:
    """The page's words, without markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def test_who_is_not_connected_is_told_why_to_connect(unconnected):
    page = shown(unconnected.opens(PAGE))

    assert "üç iş günü" in page and "Hesabı kaydet" in page
    assert "Bağlantıyı dene" not in page


def test_an_account_is_kept_and_then_tested(unconnected, reached, rows):
    answer = unconnected.posts(PAGE, OWN)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert rows.one(Connection).forwarding_enabled_at is not None

    unconnected.posts(f"{PAGE}/test")

    page = shown(unconnected.opens(PAGE))
    assert "Bağlantı çalışıyor" in page
    assert "Etkin" in page and "SMS, Telefon araması, E-posta" in page
    assert [entry.act for entry in rows(AuditEntry)][-2:] == ["connection.made", "connection.tested"]


def test_the_password_is_shown_nowhere(unconnected, rows):
    unconnected.posts(PAGE, OWN)

    assert make.PASSWORD not in unconnected.opens(PAGE).text
    assert make.PASSWORD.encode() not in rows.one(Credential).password
    assert not any(make.PASSWORD in str(entry.facts) for entry in rows(AuditEntry))


def test_a_refused_password_does_not_come_back_in_the_form(unconnected):
    answer = unconnected.posts(PAGE, {"username": "", "password": "gizli-parola"})

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert "gizli-parola" not in answer.text


@pytest.mark.parametrize("form", [{}, {"username": "x"}, {"password": "x"}, {"username": "x" * 121, "password": "x"}])
def test_half_an_account_is_not_kept(unconnected, rows, form):
    assert unconnected.posts(PAGE, form).status_code == 422
    assert rows.count(Connection) == 0


def test_a_wrong_password_is_said_with_its_cure(unconnected, reached):
    unconnected.posts(PAGE, OWN | {"password": "yanlış"})
    unconnected.posts(f"{PAGE}/test")

    page = shown(unconnected.opens(PAGE))

    assert iys_protocol.sentence_of("invalid_request") in page and iys_protocol.cure_of("invalid_request") in page


def test_an_iys_that_is_away_is_said_to_be_away(app, ayse):
    app.config["IYS_BASE_URL"] = "http://127.0.0.1:9"

    ayse.posts(f"{PAGE}/test")

    page = shown(ayse.opens(PAGE))
    assert "Bağlantı çalışıyor" not in page and "yeniden deneyin" in page


def test_a_partner_is_offered_only_where_there_is_one(ayse, app):
    assert "İş ortağıyla bağlan" not in ayse.opens(PAGE).text
    with app.app_context():
        accounts.store_partner_credential(
            db.session, vault(), integrator_code=7, username="o", password="p", at=clock.now()
        )
        db.session.commit()

    assert "İş ortağıyla bağlan (no 7)" in ayse.opens(PAGE).text


def test_a_partner_writes_nothing_until_tested(ayse, partner, reached, rows):
    facts = {"iysCode": make.IYS_CODE, "brands": [make.BRAND_CODE], "title": "ÖRNEK MAĞAZACILIK ANONİM ŞİRKETİ"}
    reached.add_account("ortak", "ortak-parola", 700100, [], kind="partner", integrator_code=700100, acts_for=[facts])
    ayse.posts(f"{PAGE}/partner", {"partner": partner})
    assert "hiçbir karar iletilmez" in shown(ayse.opens(PAGE))

    ayse.posts(f"{PAGE}/test")

    page = shown(ayse.opens(PAGE))
    assert "Bağlantı çalışıyor" in page and "hiçbir karar iletilmez" not in page
    assert rows.one(Connection).forwarding_enabled_at is not None


def test_two_titles_that_differ_are_shown_side_by_side(ayse, partner, reached):
    facts = {"iysCode": make.IYS_CODE, "brands": [make.BRAND_CODE], "title": "Başka Ticaret Limited Şirketi"}
    reached.add_account("ortak", "ortak-parola", 700100, [], kind="partner", integrator_code=700100, acts_for=[facts])
    ayse.posts(f"{PAGE}/partner", {"partner": partner})
    ayse.posts(f"{PAGE}/test")

    page = shown(ayse.opens(PAGE))

    assert "Örnek Mağazacılık A.Ş." in page and "Başka Ticaret Limited Şirketi" in page
    assert "hiçbir karar iletilmez" in page


@pytest.mark.parametrize("chosen", ["", "0", "x", "1" * 30])
def test_a_partner_that_is_none_is_not_found(ayse, partner, rows, chosen):
    assert ayse.posts(f"{PAGE}/partner", {"partner": chosen}).status_code == 404
    assert rows.one(Connection).forwarding_enabled_at is not None


def test_another_providers_own_account_is_no_partner(app, ayse, rows):
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
    hers = rows(Credential)[0]

    cem = signed_in(app, "cem@example.com")

    assert cem.posts(f"{PAGE}/partner", {"partner": str(hers.id)}).status_code == 404
    assert hers.kind == CredentialKind.DIRECT


def test_a_provider_sees_its_own_account_only(app, ayse):
    with app.app_context():
        cem = make.provider(700002, 700002, "cem@example.com")
        accounts.connect(db.session, vault(), cem, username="cems-account", password="x", at=clock.now())
        db.session.commit()

    assert "cems-account" not in ayse.opens(PAGE).text


def test_nothing_is_tested_where_nothing_is_connected(unconnected):
    assert unconnected.posts(f"{PAGE}/test").status_code == 404


def test_new_accounts_are_few_an_hour(app, ayse):
    limiter.enabled = True

    answers = [ayse.posts(PAGE, OWN).status_code for _ in range(6)]

    assert answers[:5] == [303] * 5 and answers[5] == 429


def test_a_block_is_told_with_its_cure(app, ayse):
    with app.app_context():
        make.hold("H520", until=clock.now().replace(year=2100))

    page = shown(ayse.opens(PAGE))

    assert iys_protocol.sentence_of("H520") in page and iys_protocol.cure_of("H520") in page


def test_an_older_good_test_is_not_held_against_a_block(app, ayse, reached):
    ayse.posts(PAGE + "/test")
    assert "Bağlantı çalışıyor" in shown(ayse.opens(PAGE))
    with app.app_context():
        make.hold("H520", until=clock.now().replace(year=2100))

    page = shown(ayse.opens(PAGE))

    assert "Bağlantı çalışıyor" not in page and "H520" in page


CODES = sorted(iys_protocol.CODES)


def test_a_trouble_of_the_account_is_told_by_its_code():
    known = {code: iys_protocol.CODES[code] for code in CODES}
    told = {code: explain_problem(CallProblem("brands", each.http, code)) for code, each in known.items()}

    assert told == {code: (each.sentence, each.cure) for code, each in known.items()}


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (CallProblem("brands", 0), "cevap gelmedi"),
        (CallProblem("brands", 503), "cevap gelmedi"),
        (CallProblem("brands", 0, not_now=True), "şu anda sorulamıyor"),
        (CallProblem("brands", 200), "okunamadı"),
        (CallProblem("brands", 204), "okunamadı"),
        (CallProblem("brands", 429), "sınırına"),
        (CallProblem("brands", 401), "oturumu kabul etmedi"),
        (CallProblem("brands", 403), "izin vermedi"),
        (CallProblem("brands", 422), "okunamadı"),
        (CallProblem("brands", 403, "X999"), "tanınmayan"),
    ],
)
def test_a_trouble_without_a_known_code_is_told_all_the_same(trouble, words):
    sentence, cure = explain_problem(trouble)

    assert words in sentence and cure


def test_only_the_grants_of_a_full_quota_wait(app, ayse):
    with app.app_context():
        make.hold("H525", until=clock.now().replace(year=2100))
        provider_id = db.session.query(Connection).one().provider_id
        assert block_of(provider_id, clock.now()).only_grants
        db.session.rollback()

    assert "retler iletiliyor" in shown(ayse.opens("/dashboard/"))


def package(**facts) -> Subscription:
    usual = {"state": "ACTIVE", "package": "P", "ends": "", "limit": 1000, "used": 400, "may_exceed": False}
    return Subscription(**usual | facts)


@pytest.mark.parametrize(
    ("subscription", "share", "days"),
    [
        (package(added=300, over_days=30.0), 0.4, 60),
        (package(added=0, over_days=30.0), 0.4, None),
        (package(added=5, over_days=1.0), 0.4, 120),
        (package(used=1000, added=5), 1.0, 0),
        (package(used=2000, added=5), 1.0, 0),
        (package(used=999, added=300, over_days=30.0), 0.999, 0),
    ],
)
def test_the_quota_is_foreseen_at_the_pace_of_the_last_days(subscription, share, days):
    told = forecast_quota(subscription)

    assert (told.share, told.days) == (share, days)


@pytest.mark.parametrize("subscription", [None, package(limit=None, used=None), package(limit=0, used=0)])
def test_nothing_is_foreseen_without_numbers(subscription):
    assert forecast_quota(subscription) is None


@pytest.mark.parametrize("found", [Findings(), Findings(brands=())])
def test_nothing_found_is_not_in_order(found):
    assert not found.is_clear


def of_ayse(app, **values) -> None:
    with app.app_context():
        db.session.execute(db.update(Provider).values(values))
        db.session.commit()


def test_who_practises_is_told_where_decisions_go_and_connects_nothing(app, ayse, rows):
    of_ayse(app, admitted_at=None)
    app.config["SANDBOX_URL"] = "http://127.0.0.1:8001"

    page = shown(ayse.opens(PAGE))

    assert "deneme ortamına iletilir" in page and "Hesabı kaydet" not in page
    assert ayse.posts(PAGE, OWN).status_code == 409
    assert ayse.posts(f"{PAGE}/partner", {"partner": "1"}).status_code == 409
    assert rows.count(Credential) == 1


@pytest.mark.parametrize("path", [PAGE, "/dashboard/", "/dashboard/forwarding"])
def test_who_practises_without_a_sandbox_is_told_that_decisions_wait(app, ayse, path):
    of_ayse(app, admitted_at=None)

    assert "deneme ortamı şu anda kapalı" in shown(ayse.opens(path))


@pytest.mark.parametrize("path", [PAGE, "/dashboard/", "/dashboard/forwarding"])
def test_who_is_exempt_is_asked_for_no_account(app, unconnected, path):
    of_ayse(app, kind=ProviderKind.EXEMPT)

    page = shown(unconnected.opens(path))

    assert "bildirim yükümlülüğünüz yok" in page
    assert "Hesabı kaydet" not in page and "İYS hesabını bağla" not in page
