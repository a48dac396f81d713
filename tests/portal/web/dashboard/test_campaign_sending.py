"""A campaign's sending from its pages: its time, its pause, its budget, its tags, and the firm's rules."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import (
    AuditEntry,
    Campaign,
    CampaignState,
    Delivery,
    GatewayState,
    Message,
    MessageGateway,
    MessageState,
    Provider,
    Role,
)
from portal.jobs.worker import run_launches
from tests import make
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.dashboard.test_gateway_pages import stored

pytestmark = [pytest.mark.slow, pytest.mark.alike]

LATER = clock.istanbul(clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def ready(app, ayse, draft) -> str:
    """The path of a draft with an audience."""
    path = f"/dashboard/campaigns/{draft}"
    ayse.posts(f"{path}/audience", {"text": f"{make.PHONE}\n{make.EMAIL}"})
    return path


@pytest.fixture
def running(app, ayse, rows) -> str:
    """The path of a campaign whose messages wait."""
    make.codes(app, delivery=Delivery.GATEWAY)
    return f"/dashboard/campaigns/{rows.one(Campaign).id}"


def acts(rows) -> list[str]:
    found = [entry.act for entry in rows(AuditEntry) if entry.subject in ("campaign", "provider")]
    return [each.removeprefix("campaign.") for each in found if each.startswith("campaign.")]


def test_a_launch_is_planned_changed_and_cancelled(ayse, ready, rows):
    for wrong in ("", "yarın", "2020-01-01T10:00", "9999-12-31T23:59"):
        answer = ayse.posts(f"{ready}/plan", {"launch_at": wrong})
        assert answer.status_code == 422 and rows.one(Campaign).state == CampaignState.DRAFT

    assert ayse.posts(f"{ready}/plan", {"launch_at": LATER}).status_code == 303
    campaign, page = rows.one(Campaign), ayse.opens(ready).text
    assert f"{clock.istanbul(campaign.launch_at):%Y-%m-%dT%H:%M}" == LATER
    assert "zamanında başlatılacak" in page and "Planlayan: Ayşe" in page and LATER in page
    assert "Listeyi getir" not in page and "Zamanı bekleniyor" in ayse.opens("/dashboard/campaigns").text

    ayse.posts(f"{ready}/plan/cancel")
    assert rows.one(Campaign).state == CampaignState.DRAFT and "Listeyi getir" in ayse.opens(ready).text
    ayse.posts(f"{ready}/launch")
    assert "Başlatan: Ayşe" in ayse.opens(ready).text
    assert acts(rows) == ["planned", "plan_cancelled", "launched"]


def test_what_is_missing_stands_on_the_page_with_its_reason(app, ayse, ready, rows):
    app.config["DEVELOPMENT"] = False
    page = ayse.opens(ready).text
    told = ayse.browser.post(f"{ready}/launch", data={"csrf_token": _token(ayse)}, follow_redirects=True).text

    assert "Yönetmelik md. 7" in page and "Onay bildirimleri" in page and "Kampanyayı başlat<" not in page
    assert "Kampanya başlatılmadı. Onay verene aynı gün bildirim gitmeli" in told
    assert rows.one(Campaign).launched_at is None


def _token(staff) -> str:
    from tests.portal.web.dashboard.staff import csrf_token

    return csrf_token(staff.browser, "/dashboard/recipients")


def test_sending_pauses_goes_on_and_stops(app, ayse, running, rows):
    page = ayse.opens(running).text
    assert "0 / 2 ileti" in page and "Sırada" in page and f"{running}/progress" in page
    assert "0 / 2 ileti" in ayse.opens(f"{running}/progress").text

    for act, state in (("pause", "paused"), ("pause", "paused"), ("resume", "running"), ("resume", "running")):
        assert ayse.posts(f"{running}/{act}").status_code == 303
        assert rows.one(Campaign).state == state
    ayse.posts(f"{running}/pause")
    assert "Duraklatıldı" in ayse.opens(running).text
    ayse.posts(f"{running}/stop")
    ayse.posts(f"{running}/resume")
    with app.app_context():
        run_launches()

    page = ayse.opens(running).text
    assert rows.one(Campaign).state == CampaignState.STOPPED
    assert {each.state for each in rows(Message)} == {"not_needed"} and "kampanya durduruldu" in page
    assert "Bağlantı verilmeyenler" in page and "Göndermeyi" not in page
    assert acts(rows) == ["paused", "resumed", "paused", "stopped"]


@pytest.mark.parametrize(("act", "state"), [("again", MessageState.WAITING), ("sent", MessageState.ACCEPTED)])
def test_what_no_vendor_can_tell_is_decided_on_the_campaigns_page(app, ayse, running, rows, act, state):
    asked, undecided = (each.id for each in sorted(rows(Message), key=lambda each: each.address_kind))  # The phone's.
    path = stored(app, works=True)
    gateway_id = rows.one(MessageGateway).id
    lost = {"gateway_id": gateway_id, "state": MessageState.UNCERTAIN, "batch_id": 7, "reason": "unknown"}
    with app.app_context():
        db.session.execute(update(MessageGateway).values(state=GatewayState.STOPPED, stopped_reason="no_credit"))
        db.session.execute(update(Message).values(lost | {"code": "MAINT"}))
        db.session.commit()
    page = ayse.opens(running).text
    assert "önce firmaya sorulur" in page and "Gönderildi say" not in page and page.count("Ulaştığı belli değil") == 1
    with app.app_context():
        db.session.execute(update(Message).where(Message.id == undecided).values(due_at=None))
        db.session.commit()
    page = ayse.opens(running).text
    assert "Firmanın sözcüğü: MAINT" in page and path in page and "running-undecided" in page
    assert "running-undecided" in ayse.opens(f"{running}/progress").text

    decision = {"act": act, "gateway": str(gateway_id), "word": "MAINT"}
    for wrong in ({"act": "x"}, {"word": "OTHER"}, {"gateway": ""}):
        ayse.posts(f"{running}/undecided", decision | wrong)
    with app.app_context():
        make.person(db.session.query(Provider).one(), "derya@example.com", Role.AUDITOR, "Derya")
    assert signed_in(app, "derya@example.com").posts(f"{running}/undecided", decision).status_code == 403
    assert ayse.posts(f"{running}/undecided", decision).status_code == 303

    assert {each.id: each.state for each in rows(Message)} == {asked: MessageState.UNCERTAIN, undecided: state}
    assert [each.subject for each in rows(AuditEntry) if each.act == "gateway.settled"][-1] == "campaign"
    page = ayse.opens(running).text
    assert "Gönderildi say" not in page and ("bakiye kalmamış" in page) == (act == "again")


def test_a_budget_is_set_in_parts_and_lira(ayse, running, rows):
    path = f"{running}/budget"
    for wrong in ({"most_parts": "0"}, {"most_lira": "100"}, {"part_price": "-1"}, {"most_parts": "çok"}):
        assert ayse.posts(path, wrong).status_code == 422

    ayse.posts(path, {"most_parts": "5000", "most_lira": "100", "part_price": "0,0385"})
    campaign = rows.one(Campaign)
    assert (campaign.most_parts, campaign.most_cost, campaign.part_price) == (5000, 10_000, 385)
    assert campaign.part_cap == 2597 and "2.597" in ayse.opens(running).text

    ayse.posts(path, {"most_parts": "", "most_lira": "200", "part_price": "9"})  # The price stays after the launch.
    campaign = rows.one(Campaign)
    assert (campaign.most_parts, campaign.most_cost, campaign.part_price) == (None, 20_000, 385)


def test_campaigns_are_found_by_tag(app, ayse, ready, rows):
    with app.app_context():
        make.campaign()
    assert ayse.posts(f"{ready}/details", {"tags": "a,b,c,d,e,f,g"}).status_code == 422

    ayse.posts(f"{ready}/details", {"tags": " kış  sezonu, mağaza,mağaza", "note": "Kasa fişleri."})

    path = "/dashboard/campaigns"
    tagged, others = ayse.opens(f"{path}?tag=mağaza").text, ayse.opens(f"{path}?tag=%25").text
    assert (tagged.count('<th scope="row">'), others.count('<th scope="row">')) == (1, 2)
    assert "kış sezonu" in tagged and "Kasa fişleri." in ayse.opens(ready).text


def test_the_owner_sets_the_firms_rules(app, ayse, ready, rows):
    path = "/dashboard/campaigns/rules"
    assert ayse.posts(path, {"sends_from": "21", "sends_until": "9"}).status_code == 422

    ayse.posts(path, {"sends_from": "8", "sends_until": "20", "needs_two_people": "y"})
    provider = rows.one(Provider)
    assert (provider.sends_from, provider.sends_until, provider.needs_two_people) == (8, 20, True)
    ayse.posts(f"{ready}/launch")
    assert rows.one(Campaign).launched_at is None  # Ayşe brought the list.

    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", Role.MANAGER, "Burak")
    burak = signed_in(app, "burak@example.com")
    assert burak.opens(path).status_code == 403
    burak.posts(f"{ready}/launch")
    assert "Başlatan: Burak" in burak.opens(ready).text
