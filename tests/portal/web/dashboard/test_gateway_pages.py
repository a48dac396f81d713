"""Accounts at vendors of messages: asked about before they are stored, tried before they send, their secrets never
shown."""

import html
import json
import re
from datetime import timedelta

import pytest
import requests
import time_machine
from sqlalchemy import delete, update

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, limiter, vault
from portal.core.models import (
    AuditEntry,
    BrandGateway,
    Delivery,
    Domain,
    FormerBrandGateway,
    GatewayEvent,
    GatewayState,
    Mail,
    MailKind,
    Message,
    MessageGateway,
    MessageState,
    OperatorRole,
    Provider,
    Purpose,
    Role,
)
from portal.domain import address_proofs
from portal.domain.notifications import gateways, mails
from portal.jobs import gateway_alarms
from portal.services.messaging import routing, sweep_rows
from portal.services.messaging.fake_gateway import create_gateway
from portal.services.messaging.gateways.offered_vendors import bounce_domains
from portal.services.messaging.gateways.protocol import Reason
from portal.services.messaging.gateways.vendors import VENDORS
from portal.web.operator import message_checks
from portal.web.shared.gateway_words import REASONS
from tests import make, name_server, servers
from tests.mail_server import Listening, MailServer
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.gateways.test_vendors import UNKNOWN_VENDOR
from tests.portal.services.messaging.vendor_pushes import Vendor, work
from tests.portal.web.dashboard.staff import csrf_token, signed_in
from tests.portal.web.dashboard.test_ugly_forms import Filled

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/gateways"
NEW = f"{PAGE}/new?vendor=verimor"
VERIMOR = {"username": "908500000001", "password": "demo", "header": "DENEME", "per_second": "10"}
SECRET = "cok-gizli-anahtar"


@pytest.fixture
def fake(app, tmp_path):
    """The vendors' fake, by its address."""
    with servers.serving(create_gateway(tmp_path / "messages.db")) as url:
        app.config["MESSAGE_GATEWAY_URL"] = url
        yield url


def shown(page) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def prove(app, address: str = make.PHONE) -> str:
    """An address of Ayşe's team; its choice in the form."""
    with app.app_context():
        proof = address_proofs.request_code(
            db.session, vault(), "secret", parse(address), Purpose.SANDBOX, sends=False, language="tr", network="",
            at=clock.now(), sandbox_provider_id=make.brand().provider_id, notice=make.NOTICE,
        )  # fmt: skip
        proof.proved_at = clock.now()
        db.session.commit()
        return str(proof.id)


def stored(app, *, works: bool = False, provider_id: int | None = 0, **credentials) -> str:
    """The path of an account: Ayşe's, another provider's, or the operator's (None)."""
    with app.app_context():
        row = gateways.add_gateway(
            db.session, vault(), provider_id=make.brand().provider_id if provider_id == 0 else provider_id,
            vendor="verimor", header="DENEME", per_second=10, at=clock.now(), carries=AddressKind.PHONE,
            credentials=credentials or {"username": "908500000001", "password": "demo"},
        )  # fmt: skip
        if works:
            gateways.mark_tested(row, clock.now())
        db.session.commit()
        return f"{PAGE}/{row.id}"


def credentials_of(app, rows) -> dict:
    with app.app_context():
        return gateways.read_credentials(vault(), rows.one(MessageGateway))


def arrived(fake) -> list[dict]:
    return requests.get(f"{fake}/control/messages", timeout=5).json()["messages"]


def test_an_account_is_checked_stored_tried_and_chosen(app, ayse, fake, rows):
    proof = prove(app)
    assert "Henüz gönderim hesabı yok" in shown(ayse.opens(PAGE))
    offered = shown(ayse.opens(f"{PAGE}/new"))
    assert all(name in offered for name in ("Verimor", "NetGSM", "İleti Merkezi", "Başka bir SMS", "SMTP"))

    path = ayse.posts(NEW, VERIMOR).location
    page = ayse.opens(path)
    assert "Denenmedi" in shown(page) and "/callbacks/" in page.text
    assert "artık gönderebilir" in shown(ayse.posts(f"{path}/test", {"address": proof}))
    (message,) = arrived(fake)
    assert "deneme" in message["text"] and message["to"].endswith(make.PHONE[-10:])
    gateway = rows.one(MessageGateway)
    assert gateway.state == GatewayState.WORKING and "Çalışıyor" in shown(ayse.opens(PAGE))

    with app.app_context():
        brand_id = make.brand().id
    ayse.posts(
        f"{PAGE}/brands/{brand_id}", {f"brand-{brand_id}-phone_1": str(gateway.id), f"brand-{brand_id}-phone_2": ""}
    )
    assert rows.one(BrandGateway).gateway_id == gateway.id
    assert f'selected value="{gateway.id}"' in ayse.opens(PAGE).text
    ayse.posts(f"{path}/removal")
    assert rows.one(MessageGateway).state == GatewayState.REMOVED and rows.count(BrandGateway) == 0
    assert ayse.opens(path).status_code == 404
    acts = [entry.act for entry in rows(AuditEntry) if "gateway" in entry.act]
    assert acts == ["gateway.added", "gateway.tested", "brand.gateways_set", "gateway.removed"]


def test_that_a_brand_never_used_other_accounts_is_said_of_those_that_the_page_showed_as_its(app, ayse, rows):
    """The page stands open while colleagues add an account and move the brand to it."""
    unused = "hiçbir hesapla gönderilmedi"
    first = path_id(stored(app, works=True))
    assert unused not in shown(ayse.opens(PAGE))  # No choice leaves an account.
    second = path_id(stored(app, works=True))
    with app.app_context():
        brand_id = make.brand().id
    action, phone = f"/brands/{brand_id}", f"brand-{brand_id}-phone_1"
    page = ayse.opens(PAGE).text
    assert unused in page and f"brand-{brand_id}-unused" not in Filled(page, action).fields
    said = Filled(page, action).fields.to_dict() | {phone: str(second), f"brand-{brand_id}-unused": "y"}

    def leaves() -> set[int]:
        ayse.posts(PAGE + action, said)
        return {each.gateway_id for each in rows(FormerBrandGateway)}

    assert leaves() == set()
    ayse.posts(PAGE + action, said | {phone: ""})  # It has all accounts again.
    entries = rows(AuditEntry, AuditEntry.act == "brand.gateways_set")
    assert [each.facts for each in entries] == [{"unused": [first]}, {"unused": []}]
    ayse.posts(PAGE + action, said)
    third = path_id(stored(app, works=True))
    ayse.posts(PAGE + action, Filled(ayse.opens(PAGE).text, action).fields.to_dict() | {phone: str(third)})
    assert {each.gateway_id for each in rows(FormerBrandGateway)} == {second}
    assert leaves() == {second, third}


def test_an_account_that_a_colleague_chose_meanwhile_is_left_as_a_former_one(app, ayse, rows):
    """The page had shown it as one of all that the brand shares."""
    first, second = (path_id(stored(app, works=True)) for _ in range(2))
    with app.app_context():
        brand_id = make.brand().id
    action, phone = f"/brands/{brand_id}", f"brand-{brand_id}-phone_1"
    said = Filled(ayse.opens(PAGE).text, action).fields.to_dict()
    ayse.posts(PAGE + action, said | {phone: str(first), f"brand-{brand_id}-unused": "y"})
    assert not rows(FormerBrandGateway)

    ayse.posts(PAGE + action, said | {phone: str(second), f"brand-{brand_id}-unused": "y"})

    assert [each.gateway_id for each in rows(FormerBrandGateway)] == [first]
    assert rows(AuditEntry, AuditEntry.act == "brand.gateways_set")[-1].facts == {"unused": []}


def path_id(path: str) -> int:
    return int(path.rpartition("/")[2])


def test_what_the_vendor_refuses_is_explained_and_not_stored(ayse, fake, rows):
    answer = ayse.posts(NEW, VERIMOR | {"password": SECRET})

    assert answer.status_code == 422 and "şifreyi kabul etmedi" in shown(answer)
    assert SECRET not in answer.text and rows.count(MessageGateway) == 0


@pytest.mark.parametrize("wrong", [{"password": ""}, {"username": ""}, {"header": "ÖRNEK"}, {"per_second": "0"}])
def test_half_an_account_is_not_stored(ayse, fake, rows, wrong):
    assert ayse.posts(NEW, VERIMOR | wrong).status_code == 422
    assert rows.count(MessageGateway) == 0


def test_secrets_are_in_no_page_and_no_audit_entry(app, ayse, fake, rows):
    path = stored(app, username="908500000001", password=SECRET)

    pages = [ayse.opens(each).text for each in (PAGE, path, f"{path}/change")]

    assert not any(SECRET in page for page in pages) and "yeniden yazın" in pages[2]
    assert not any(SECRET in str(entry.facts) for entry in rows(AuditEntry))


def test_a_stored_secret_stays_with_its_account_only(app, ayse, fake, rows):
    path = stored(app)

    kept = ayse.posts(f"{path}/change", VERIMOR | {"password": "", "per_second": "25"})
    moved = ayse.posts(f"{path}/change", VERIMOR | {"password": "", "username": "908500000009"})

    assert (kept.status_code, moved.status_code) == (303, 422)
    assert rows.one(MessageGateway).per_second == 25
    assert credentials_of(app, rows) == {"username": "908500000001", "password": "demo"}


def test_a_stopped_account_is_told_with_its_cure_and_mailed_once(app, ayse, fake, rows):
    path = stored(app, works=True)
    with app.app_context():
        routing.stop(db.session, rows.one(MessageGateway).id, "INSUFFICIENT_CREDITS", Reason.NO_CREDIT)
        db.session.commit()
        for _ in range(2):
            gateway_alarms.notify_owners_of_gateways()

    for page in ("/dashboard/", PAGE, path):
        assert "bakiye yükleyin" in shown(ayse.opens(page)) and "INSUFFICIENT_CREDITS" in ayse.opens(page).text
    with app.app_context():
        facts = mails.read_facts(vault(), rows.one(Mail, Mail.kind == MailKind.GATEWAY_STOPPED))
        assert facts["vendor"] == "Verimor" and "INSUFFICIENT" not in str(facts)  # A vendor may say anything.
    ayse.posts(f"{path}/change", VERIMOR)
    assert rows.one(MessageGateway).state == GatewayState.WORKING
    assert "bakiye yükleyin" not in shown(ayse.opens("/dashboard/"))


LOGINS = {
    "verimor": [{"username": "908500000001", "password": "demo"}, {"username": "908500000009", "password": "demo"}],
    "netgsm": [{"username": "8500000001", "password": "demo"}, {"username": "8500000009", "password": "demo"}],
    "iletimerkezi": [{"key": "demo", "hash": "demo"}, {"key": "demo9", "hash": "demo"}],
}  # fmt: skip


@pytest.mark.parametrize("vendor", LOGINS)
def test_an_account_that_gets_another_login_is_asked_by_the_former_one_as_well(app, ayse, rows, monkeypatch, vendor):
    """From when it was read last, as the former one may be dead; and where it gets that again, from then."""
    monkeypatch.setattr(VENDORS[vendor].gateway, "check", lambda _self: None)
    (own, former), days_ago, read_at = LOGINS[vendor], clock.now() - timedelta(days=5), clock.now() - timedelta(days=2)
    with app.app_context():
        path = f"{PAGE}/{delivery.add(vendor, login=former)}"
        db.session.execute(update(MessageGateway).values(swept_at=read_at))
        db.session.commit()
    form = {"header": "DENEME", "inbox_date_format": "%d%m%Y%H%M%S"}
    for pace in ("10", "20"):
        assert ayse.posts(f"{path}/change", form | own | {"per_second": pace}).status_code == 303

    with app.app_context():
        accounts = [(each.state, gateways.read_credentials(vault(), each)) for each in rows(MessageGateway)]
        db.session.execute(
            update(MessageGateway).where(MessageGateway.removed_at.is_not(None)).values(swept_at=days_ago)
        )
        db.session.commit()
    name = next(iter(own))
    assert rows.one(MessageGateway, MessageGateway.removed_at.is_(None)).swept_at == read_at
    assert [(state, read[name]) for state, read in accounts] == [
        (GatewayState.WORKING, own[name]), (GatewayState.REMOVED, former[name]),
    ]  # fmt: skip
    ayse.posts(f"{path}/change", form | former | {"per_second": "10"})
    assert rows.one(MessageGateway, MessageGateway.removed_at.is_(None)).swept_at == days_ago


def test_an_account_whose_inbox_cannot_be_read_for_an_hour_says_so(app, ayse, fake, rows):
    path = stored(app, works=True)
    assert "beri okuyamıyoruz" not in shown(ayse.opens(path))
    with app.app_context():
        db.session.execute(update(MessageGateway).values(swept_at=clock.now() - timedelta(minutes=61)))
        db.session.commit()
    assert "beri okuyamıyoruz" in shown(ayse.opens(path))


def test_an_account_whose_vendor_tells_no_reports_for_an_hour_says_so(app, ayse, fake, rows):
    path = stored(app, works=True)
    for minutes, is_told in ((59, False), (61, True)):
        with app.app_context():
            since = clock.now() - timedelta(minutes=minutes)
            db.session.execute(update(MessageGateway).values(reports_unread_since=since))
            db.session.commit()
        assert ("teslim raporlarını" in shown(ayse.opens(path))) == is_told


def plan_sweep(failures: int) -> None:
    gateway = db.session.query(MessageGateway).one()
    db.session.execute(delete(GatewayEvent))
    db.session.add(GatewayEvent(**sweep_rows.sweep_row(gateway, clock.now()), failures=failures))
    db.session.commit()


def test_owners_are_mailed_once_each_time_that_an_inbox_cannot_be_read_for_hours(app, ayse, fake, rows):
    stored(app, works=True)

    def mailed_after(hours: int, *, fails: bool | None) -> int:
        with app.app_context(), time_machine.travel(clock.now() + timedelta(hours=hours)):
            plan_sweep(int(bool(fails)))
            if fails is False:
                gateways.mark_inbox_read(db.session.query(MessageGateway).one(), clock.now())
                db.session.commit()
            for _ in range(2):
                gateway_alarms.notify_owners_of_gateways()
        return len(rows(Mail, Mail.kind == MailKind.INBOX_UNREAD))

    hours = [
        (0, False),
        (3, True),
        (4.5, None),
        (5, True),  # None: nobody asked, as the sender did not run.
        (9, True),
        (10, False),
        (13, True),
        (15, True),
    ]
    assert [mailed_after(each, fails=fails) for each, fails in hours] == [0, 0, 0, 1, 1, 1, 1, 2]


def test_a_test_message_goes_to_proved_addresses_only(app, ayse, fake, rows):
    path = stored(app)
    assert "Numara doğrula" in shown(ayse.opens(path))
    prove(app)

    answers = [ayse.posts(f"{path}/test", {"address": each}).status_code for each in ("", "+905329999999", "mine")]

    assert answers == [422] * 3 and rows.one(MessageGateway).state == GatewayState.UNTESTED
    assert arrived(fake) == []


def test_who_practises_is_told_that_campaigns_go_to_the_viewer(app, ayse):
    path = stored(app)
    with app.app_context():
        db.session.execute(db.update(Provider).values(admitted_at=None))
        db.session.commit()

    assert all("deneme görüntüleyicisine" in shown(ayse.opens(each)) for each in (PAGE, path))


@pytest.mark.parametrize(("role", "changes"), [(Role.DEVELOPER, 200), (Role.MANAGER, 403), (Role.AUDITOR, 403)])
def test_each_role_sees_and_changes_what_it_may(app, ayse, role, changes):
    path = stored(app)
    with app.app_context():
        make.person(db.session.get_one(Provider, make.brand().provider_id), "burak@example.com", role)
        db.session.commit()
    burak = signed_in(app, "burak@example.com")

    assert burak.opens(f"{path}/change").status_code == changes
    page = burak.opens(path)
    tried = burak.browser.post(f"{path}/test", data={"csrf_token": csrf_token(burak.browser, path)})
    assert tried.status_code == (422 if changes == 200 else 403)
    assert page.status_code == 200 and ("/callbacks/" in page.text) == (changes == 200)


def test_another_firms_and_the_operators_accounts_are_not_found(app, ayse):
    with app.app_context():
        cems = make.provider(700002, 700002, "cem@example.com").id
        db.session.commit()

    for path in (stored(app, provider_id=cems), stored(app, provider_id=None)):
        assert ayse.opens(path).status_code == ayse.opens(f"{path}/change").status_code == 404
        assert {ayse.posts(f"{path}/{act}").status_code for act in ("test", "domain", "removal")} == {404}
        assert ayse.posts(f"{path}/undecided", {"act": "sent"}).status_code == 404


def test_a_vendor_nobody_knows_is_described(app, ayse, fake, rows):
    new = f"{PAGE}/new?vendor=described&way=json"
    description = json.dumps(
        UNKNOWN_VENDOR | {"base_url": f"{fake}/nowhere", "basic": "{{secret.username}}:{{secret.key}}"}
    )
    described = {"description": description, "header": "DENEME", "per_second": "5"}

    asked = ayse.posts(new, described)
    assert asked.status_code == 422 and 'name="secret.username"' in asked.text
    wrong = ayse.posts(new, described | {"description": '{"base_url": "https://a.example"}'})
    assert "/most_messages" in shown(wrong)
    http = json.dumps(json.loads(description) | {"base_url": "http://api.example.com"})
    secrets = {"secret.username": "ayse", "secret.key": SECRET}
    forged = ayse.posts(new, described | {"description": description.replace("{{header}}", "PTTKARGO")} | secrets)
    assert forged.status_code == 422 and "hesaptan gelir" in shown(forged) and rows.count(MessageGateway) == 0
    assert "https://" in shown(ayse.posts(new, described | {"description": http} | secrets))
    footer = described | {"description": description.replace('"Body"', '"Footer": "{{secret.key}}", "Body"')} | secrets
    said = shown(ayse.posts(new, footer | {"secret.key": "Iade: ptt-ode.com/k"}))
    assert "(/send/body/Footer)" in said and "HTTP Basic ile" in said and rows.count(MessageGateway) == 0
    path = ayse.posts(new, described | secrets).location
    assert credentials_of(app, rows)["secret.key"] == SECRET
    failed = ayse.posts(f"{path}/test", {"address": prove(app)})
    assert failed.status_code == 422 and "Firma" in shown(failed) and SECRET not in failed.text


def test_a_mail_server_signs_with_a_key_to_publish(app, ayse, rows):
    server = MailServer()
    listening = Listening(server, authenticator=server.authenticate, auth_require_tls=False)
    listening.start()
    mail = {
        "host": "127.0.0.1", "security": "smtp", "port": str(listening.port), "username": "ornek",
        "password": "secret", "bounce_domain": "", "signs": "portal", "header": "Örnek Mağaza <bilgi@ornek.com.tr>",
        "per_second": "5",
    }  # fmt: skip
    try:
        refused = ayse.posts(f"{PAGE}/new?vendor=smtp", mail | {"header": "Örnek"})
        assert refused.status_code == 422 and "posta kutusu" in shown(refused)
        for other in ("PTT Kargo: gönderiniz bekliyor <bilgi@ornek.com.tr>", "Örnek Mağaza: kart <bilgi@ornek.com.tr>"):
            assert "firmanızın" in shown(ayse.posts(f"{PAGE}/new?vendor=smtp", mail | {"header": other}))
        assert "doğrulanmadı" in shown(ayse.posts(f"{PAGE}/new?vendor=smtp", mail))
        with app.app_context():
            make.prove_host(make.brand(), "ornek.com.tr")
        elsewhere = mail | {"bounce_domain": "posta.ornek.com.tr>, <https://evil.example/u?x="}
        refused = ayse.posts(f"{PAGE}/new?vendor=smtp", elsewhere)
        assert refused.status_code == 422 and 'href="#bounce_domain"' in refused.text
        foreign = shown(ayse.posts(f"{PAGE}/new?vendor=smtp", mail | {"bounce_domain": "posta.banka.example"}))
        assert "Geri dönen iletilerin alan adının firmanızın olduğu doğrulanmadı" in foreign
        login = {"imap_host": "127.0.0.1:1", "imap_username": "donus", "imap_password": "x"}
        unread = ayse.posts(f"{PAGE}/new?vendor=smtp", mail | {"feedback": "imap", **login})
        assert unread.status_code == 422 and 'href="#imap_host"' in unread.text and "imap_" in shown(unread)
        path = ayse.posts(f"{PAGE}/new?vendor=smtp", mail).location
        key = credentials_of(app, rows)["dkim_key"]
        page = ayse.opens(path)
        assert "izinlink._domainkey.ornek.com.tr" in page.text and "v=DKIM1" in page.text and key not in page.text
        assert ayse.posts(f"{path}/test", {"address": "mine"}).status_code == 200
        ayse.posts(f"{path}/change", mail | {"password": "", "per_second": "7"})
        with app.app_context():
            make.prove_host(make.brand(), "donus.example")
        ayse.posts(f"{path}/change", mail | {"bounce_domain": "donus.example"})
        with app.app_context():
            lost = update(Domain).where(Domain.host == "donus.example").values(missing_since=clock.now())
            db.session.execute(lost)
            db.session.commit()
        ayse.posts(f"{path}/change", mail | {"per_second": "8", "bounce_domain": "donus.example"})
        assert rows.one(MessageGateway).per_second == 8
        ayse.posts(f"{path}/change", mail | {"per_second": "7", "bounce_domain": "posta.ornek.com.tr"})
    finally:
        listening.stop()
    ((_, to, content),) = server.taken
    assert to == [make.AYSE] and "DKIM-Signature" in content
    assert credentials_of(app, rows)["dkim_key"] == key and rows.one(MessageGateway).per_second == 7
    assert bounce_domains(credentials_of(app, rows)) == {"donus.example", "posta.ornek.com.tr"}
    assert "e-posta ile ret adresi gösterilmiyor" not in ayse.opens(path).text
    with name_server.running_name_server() as names:
        app.config["DNS_SERVER"] = names.address
        checked = shown(ayse.posts(f"{path}/domain"))
        with app.app_context():
            db.session.execute(update(Domain).values(missing_since=clock.now()))
            db.session.commit()
        unproved = ayse.opens(path).text
    assert "e-posta ile ret adresi gösterilmiyor" in unproved and "posta.firmaniz.com olur" in unproved
    assert "SPF kaydı yok" in checked and "DKIM anahtarı yayımlanmamış" in checked


@pytest.mark.parametrize(
    ("act", "states"),
    [("sent", {MessageState.ACCEPTED}), ("again", {MessageState.WAITING}), ("x", {MessageState.UNCERTAIN})],
)
def test_what_nobody_can_tell_is_decided_by_a_person(app, ayse, rows, act, states):
    path = stored(app, works=True)
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    uncertain = {"state": MessageState.UNCERTAIN, "due_at": None, "batch_id": 7, "attempts": 9}
    with app.app_context():
        db.session.execute(db.update(Message).values(gateway_id=rows.one(MessageGateway).id, **uncertain))
        db.session.commit()
    assert "1 iletinin ulaşıp ulaşmadığı belli değil" in shown(ayse.opens(path))

    ayse.posts(f"{path}/undecided", {"act": act})

    assert {each.state for each in rows(Message)} == states
    assert (rows.one(Message).due_at is not None) == (act == "again")
    assert ("belli değil" in shown(ayse.opens(path))) == (act == "x")


def test_the_last_report_stands_on_the_accounts_page_also_one_that_nobody_reads(app, browser, ayse, rows):
    path = stored(app, works=True)
    vendor = Vendor(app, browser, rows.one(MessageGateway).id)
    assert "Hiç rapor gelmedi" in shown(ayse.opens(path))
    told = {"type": "outbound", "message_custom_id": "17", "campaign_id": "7", "dest": "905321234567"}

    vendor.pushes(told | {"status": "DELIVERED"})  # Of a test message, which has no row.
    work(app)
    page = shown(ayse.opens(path))
    assert ", Ulaştı" in page and "Hiç rapor" not in page and "Okunamayan" not in page
    for unknown in (told | {"status": "GARIP"}, {"tanimsiz": "905321234567", "kime": "kim@example.com"}):
        vendor.pushes(unknown)
        work(app)
        page = shown(ayse.opens(path))
        assert ", Ulaştı" in page and (unknown.get("status") or "tanimsiz") in page
        assert "905321234567" not in page and "kim@example.com" not in page

    with app.test_request_context():
        assert [each.tone for each in message_checks.run_all(clock.now()) if "raporu okunamadı" in each.finding]


def test_reloading_the_answer_to_a_test_sends_no_second_message(app, ayse, fake):
    proof, path = prove(app), ayse.posts(NEW, VERIMOR).location
    once = re.search(r'name="once" value="([^"]+)"', ayse.opens(path).text)[1]

    answers = [ayse.posts(f"{path}/test", {"address": proof, "once": once}) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 303] and len(arrived(fake)) == 1
    assert "Bir tane daha" in shown(ayse.opens(path))


@pytest.mark.parametrize("path", [f"{PAGE}/999", f"{PAGE}/999/change"])
def test_what_is_not_there_is_not_found(ayse, path):
    assert ayse.opens(path).status_code == 404


def test_every_reason_is_explained():
    assert REASONS.keys() == set(Reason)


def test_new_accounts_are_few_an_hour(app, ayse, fake):
    limiter.enabled = True

    answers = [ayse.posts(NEW, VERIMOR | {"password": "yanlış"}) for _ in range(21)]

    assert [each.status_code for each in answers] == [422] * 20 + [429]
    assert "sonrasında yeniden deneyin" in shown(answers[20]) and "908500000001" in answers[20].text


def test_the_operator_has_accounts_of_its_own(app, fake, rows):
    with app.app_context():
        make.provider()
        make.staff("derya@operator.example", OperatorRole.ADMIN)
    derya = signed_in(app, "derya@operator.example")

    path = derya.posts("/operator/gateways/new?vendor=verimor", VERIMOR).location
    assert derya.posts(f"{path}/test", {"address": "5"}).status_code == 422
    assert derya.posts(f"{path}/test", {"address": "0532 123 45 67"}).status_code == 200

    gateway = rows.one(MessageGateway)
    assert (gateway.provider_id, gateway.state) == (None, GatewayState.WORKING)
    assert "Çalışıyor" in shown(derya.opens("/operator/gateways")) and derya.opens(path).status_code == 200
    assert derya.posts(f"{path}/removal").status_code == 303
