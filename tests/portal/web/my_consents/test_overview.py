"""What the overview shows of an address, and what it leaves out."""

import html
import json
import re
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
import time_machine
from sqlalchemy import insert, select, update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.ids import new_ids
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import (
    Annulment,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    Outcome,
    Provider,
    Receipt,
    Recipient,
    Submission,
)
from portal.domain.consents import locking, recipients, refusal_forwarding, refusals
from portal.domain.providers import sandbox_mode
from tests import make
from tests.portal.domain.complaints.cast import code_of
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.web.consent_points import visitor as at_the_till
from tests.portal.web.my_consents.conftest import LIST, UNKNOWN, Visitor
from tests.portal.web.my_consents.test_known_and_unknown import statements
from tests.portal.web.recipient.open_complaints import another_firm_hears, proves

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def granted(app, browser):
    """Fatma has granted SMS and refused calls at the first brand; she is at İzinlerim."""
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    visitor = Visitor(app, app.test_client())
    visitor.comes_in()
    return visitor


def another_provider(app, number: int = 2, name: str = "Başka Marka", holds: str = make.PHONE) -> int:
    """A second firm that holds the address too; its brand's id."""
    with app.app_context():
        made = make.provider(700000 + number, 700000 + number, f"owner{number}@example.com")
        made.title = f"{name} A.Ş."
        brand = db.session.scalar(select(Brand).where(Brand.provider_id == made.id))
        brand.name = name
        recipients.gather(db.session, vault(), made.id, [addresses.parse(holds)], clock.now())
        db.session.commit()
        return brand.id


def many_brands(app, count: int) -> None:
    with app.app_context():
        of = make.brand()
        facts = {"provider_id": of.provider_id, "created_at": clock.now(), "requires_name": False, "is_sandbox": False}
        ids = new_ids(count)
        rows = [facts | {"id": each, "brand_code": 800000 + n, "name": f"Marka {n:03d}"} for n, each in enumerate(ids)]
        db.session.execute(insert(Brand), rows)
        whose = db.session.scalar(select(Recipient.id).where(Recipient.kind == "phone"))
        heads = [
            {"id": key, "provider_id": of.provider_id, "brand_id": brand, "recipient_id": whose, "channel": "MESAJ",
             "recipient_type": "BIREYSEL", "status": "ONAY", "effective_at": clock.now(), "consent_date": clock.now()}
            for key, brand in zip(new_ids(count), ids, strict=True)
        ]  # fmt: skip
        db.session.execute(insert(Consent), heads)
        db.session.commit()


def test_an_address_that_came_on_the_29th_of_february_is_shown_like_any_other(app, granted):
    with app.app_context():
        db.session.execute(update(Recipient).values(created_at=datetime(2028, 2, 29, 12, tzinfo=UTC)))
        db.session.commit()

    assert granted.opens().status_code == 200


def test_it_says_what_holds_since_when_and_who_tells_iys(granted):
    page = granted.opens().text

    assert "İzinli, " in page and "Reddedildi (" in page
    assert "İYS&#39;ye İzinlink bildirecek." in page
    assert "1 markada kayıtlı" in page


def test_what_iys_took_is_told(app, granted, iys):
    make.forward_all(app, iys)

    page = granted.opens().text

    assert "İYS&#39;ye İzinlink bildirdi, İYS kabul etti" in page
    assert "İYS&#39;de görünen: onay" in page


def test_what_the_person_said_at_iys_is_called_theirs(app, granted):
    with app.app_context():
        grant = db.session.scalar(select(Consent).where(Consent.status == Status.GRANTED))
        other = db.session.scalar(select(Decision).where(Decision.id == grant.decision_id))
        facts = {c.name: getattr(other, c.name) for c in Decision.__table__.columns}
        (made,) = new_ids(1)
        db.session.execute(
            insert(Decision),
            [facts | {"id": made, "origin": DecisionOrigin.AT_IYS, "source": "IYS_WEB", "salt": b"s" * 16}],
        )
        grant.decision_id = made
        db.session.commit()

    assert "Bu kararı İYS&#39;de siz verdiniz." in granted.opens().text


def test_every_firm_that_holds_the_address_is_shown(app, granted):
    another_provider(app)
    another_provider(app, 3, "Yabancı Marka", UNKNOWN)

    page = granted.opens().text

    assert "Başka Marka" in page and "Kayıtlı bir kararınız yok." in page
    assert "Yabancı Marka" not in page
    assert page.index("Örnek Mağaza</h2>") < page.index("Başka Marka</h2>")  # Who may send comes first.


def test_only_brands_that_may_send_are_counted(app, granted):
    assert "1 markanın size ileti gönderme izni var." in granted.opens().text

    with app.app_context():
        db.session.execute(update(Consent).values(iys_status="RET"))
        db.session.commit()

    assert "Hiçbirinin ileti izni yok." in granted.opens().text


def test_a_merchants_consent_is_shown_beside_the_persons(app, granted):
    with app.app_context():
        head = db.session.scalar(select(Consent).where(Consent.status == Status.GRANTED))
        (made,) = new_ids(1)
        facts = {c.name: getattr(head, c.name) for c in Consent.__table__.columns}
        db.session.execute(insert(Consent), [facts | {"id": made, "recipient_type": RecipientType.MERCHANT}])
        db.session.commit()

    assert "İş adresi olarak (tacir ya da esnaf):" in granted.opens().text


def test_nothing_of_who_had_the_number_before_is_shown(app, granted):
    with app.app_context():
        whose = db.session.scalar(select(Recipient).where(Recipient.kind == "phone"))
        refusals.refuse_not_mine(
            db.session, vault(), whose, addresses.parse(make.PHONE), language="tr", request_metadata="{}",
            at=clock.now() + timedelta(seconds=5),
        )  # fmt: skip
        since = whose.reassigned_at
        db.session.commit()
        brand_id = db.session.scalar(select(Brand.id))
        before = [each.id for each in db.session.scalars(select(Decision)) if each.recorded_at < since]

    assert granted.opens().location == "/izinlerim/bitti"  # Whoever came in before may be another person.
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        granted.comes_in()
        page, past = granted.opens().text, granted.opens(f"/izinlerim/marka/{brand_id}").text
        exported = granted.opens("/izinlerim/izinlerim.json").json["brands"][0]

    assert len(before) == 2
    assert "İzinli, " not in page
    # What was refused then, on both channels; the grant and the refusal before are another person's.
    assert past.count('<p class="when">') == 2
    assert len(exported["history"]) == 2
    assert {each["since"] for each in exported["consents"]} == {clock.istanbul(since).isoformat(timespec="seconds")}


def test_the_order_of_channels_does_not_tell_what_an_earlier_holder_decided(app):
    addresses_ = ["+905551234501", "+905551234502"]
    codes, orders = make.codes(app, "\n".join(addresses_)), []
    make.Person(app.test_client(), codes[addresses_[0]]).decides(MESAJ="ONAY", ARAMA="ONAY")
    for address in addresses_:
        next_holder, not_mine = app.test_client(), f"/k/{codes[address]}/ben-degilim"
        form = re.search(r'name="form"[^>]*value="([^"]+)"', next_holder.get(not_mine).text)[1]
        next_holder.post(not_mine, data={"form": form})
        proves(next_holder, address)
        (held,) = next_holder.get("/izinlerim/izinlerim.json").json["brands"]
        orders.append([[each["channel"] for each in held[part]] for part in ("consents", "history")])

    assert orders[0] == orders[1] == [["MESAJ", "ARAMA"], ["ARAMA", "MESAJ"]]


@pytest.mark.parametrize("way", ["another firm's link", "closed line"])
def test_nothing_tells_what_an_earlier_holder_decided(app, way):
    """Neither that they had refused, nor on which channel, nor at which brand."""
    earlier = [{}, {"MESAJ": "ONAY"}, {"ARAMA": "RET"}, {"MESAJ": "RET", "ARAMA": "ONAY"}]
    numbers = [f"+90555123450{place}" for place in range(len(earlier))]
    codes, shown = make.codes(app, "\n".join(numbers)), []
    with app.app_context():
        other = make.provider(700002, 700002, "oteki@firma.example")
        other.admitted_at = clock.now()
        db.session.commit()
        other_id = other.id
    for number, choices in zip(numbers, earlier, strict=True):
        if choices:
            make.Person(app.test_client(), codes[number]).decides(**choices)
        with app.app_context():
            address, at = addresses.parse(number), clock.now() + timedelta(seconds=5)
            (its_id,) = recipients.gather(db.session, vault(), other_id, [address], clock.now()).values()
            db.session.commit()
            if way != "closed line":
                whose = db.session.get_one(Recipient, its_id)
                refusals.refuse_not_mine(
                    db.session, vault(), whose, address, language="tr", request_metadata="{}", at=at
                )
                db.session.commit()
        if way == "closed line":
            closed = row("RET", ago=timedelta(seconds=-5), recipient=number, source="IYS_AHS_HAT_KAPATMA")
            MovementReceiver(app).receives(closed)
        with time_machine.travel(at + timedelta(minutes=2)):
            visitor = Visitor(app, app.test_client())
            proves(visitor.browser, number)
            told = visitor.opens("/izinlerim/izinlerim.json").text, visitor.opens().text
        shown.append([re.sub(r'value="[^"]*"|[0-9]+', "", each) for each in told])

    assert shown[1:] == shown[:-1]


def test_what_iys_held_of_who_had_the_number_before_is_shown_nowhere(app, granted):
    with app.app_context():
        whose = db.session.scalar(select(Recipient).where(Recipient.kind == "phone"))
        refusals.refuse_not_mine(
            db.session, vault(), whose, addresses.parse(make.PHONE), language="tr", request_metadata="{}",
            at=clock.now() + timedelta(seconds=5),
        )  # fmt: skip
        db.session.commit()
        brand_id = db.session.scalar(select(Brand.id))

    said = []
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        granted.comes_in()
        for outcome, held in ((Outcome.ACCEPTED, "RET"), (Outcome.NOT_NEEDED, None), (Outcome.WAITING, "ONAY")):
            with app.app_context():
                its = update(Submission).where(Submission.status == Status.REFUSED)
                db.session.execute(its.values(outcome=outcome, transaction_id=outcome.value, accepted_at=clock.now()))
                db.session.execute(update(Consent).values(iys_status=held, iys_as_of=clock.now()))
                db.session.commit()
            pages = granted.opens().text, granted.opens(f"/izinlerim/marka/{brand_id}").text
            exported = granted.opens("/izinlerim/izinlerim.json").json["brands"]
            said.append(([re.sub(r'value="[^"]*"', "", page) for page in pages], exported))

    assert said[0] == said[1] == said[2]


def test_what_iys_held_before_is_not_told_beside_the_next_holders_grant(app, rows):
    """Until İYS took that, what it holds is the earlier holder's."""
    said = []
    make.Person(app.test_client(), make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    at_the_till.opened(app, brand_id=rows(Brand)[0].id)
    another_firm_hears(app, clock.now() + timedelta(seconds=5))
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        at_the_till.Visitor(app).decides(MESAJ="ONAY")
        visitor = Visitor(app, app.test_client())
        proves(visitor.browser)
        paths = (LIST, f"/izinlerim/marka/{rows(Brand)[0].id}", f"/m/{code_of(app, rows(Receipt)[-1])}")
        cases = (
            (Outcome.WAITING, None), (Outcome.WAITING, "RET"), (Outcome.WAITING, "ONAY"), (Outcome.NOT_NEEDED, "ONAY"),
            (Outcome.ACCEPTED, "ONAY"),
        )  # fmt: skip
        for outcome, held in cases:
            with app.app_context():
                db.session.execute(update(Submission).values(outcome=outcome))
                db.session.execute(update(Consent).values(iys_status=held, iys_as_of=clock.now() - timedelta(days=9)))
                db.session.commit()
            pages = [re.sub(r'value="[^"]*"', "", visitor.opens(path).text) for path in paths]
            said.append((visitor.opens("/izinlerim/izinlerim.json").json["brands"], *pages))

    assert "İYS'ye İzinlink bildirecek. İYS'de şu an ne göründüğünü bilmiyoruz." in html.unescape(said[0][1])
    for each in said[1:3]:
        assert each == said[0]
    assert said[3][:3] == said[0][:3] and "zaten kayıtlı" not in said[3][3]
    assert "İYS'de görünen: onay" in html.unescape(said[4][1])


def test_an_earlier_holders_refusal_that_is_renewed_after_the_change_is_not_the_next_ones(app, rows):
    make.Person(app.test_client(), make.codes(app)[make.PHONE]).decides(ARAMA="RET")
    another_firm_hears(app, clock.now() + timedelta(seconds=5))
    with time_machine.travel(clock.now() + timedelta(minutes=2)), app.app_context():
        db.session.execute(update(Submission).values(outcome=Outcome.EXPIRED, due_at=None))
        refused = rows.one(Decision)
        locking.lock_recipient_of(db.session, refused.consent_id)
        refusal_forwarding.renew(db.session, vault(), refused.id, (make.IYS_CODE, make.BRAND_CODE), clock.now())
        db.session.commit()
        visitor = Visitor(app, app.test_client())
        proves(visitor.browser)
        exported = visitor.opens("/izinlerim/izinlerim.json").json["brands"]

    assert rows.count(Decision) == 2
    assert [(each["consents"], each["history"]) for each in exported] == [([], []), ([], [])]


def test_a_refusal_that_an_earlier_holders_grant_called_for_is_shown_to_nobody_else(app, granted):
    """İYS tells of a grant to the earlier holder as a merchant only afterwards: it is refused, and that shows it."""
    with app.app_context():
        whose = db.session.scalar(select(Recipient).where(Recipient.kind == "phone"))
        facts = {"language": "tr", "request_metadata": "{}", "at": clock.now() + timedelta(seconds=5)}
        refusals.refuse_not_mine(db.session, vault(), whose, addresses.parse(make.PHONE), **facts)
        db.session.commit()
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        granted.comes_in()
        before = granted.opens("/izinlerim/izinlerim.json").json["brands"]
        MovementReceiver(app).receives(row("ONAY", ago=timedelta(hours=30), recipientType="TACIR", source="HS_WEB"))
        with app.app_context():
            refused = Decision.recipient_type == RecipientType.MERCHANT, Decision.status == Status.REFUSED
            assert db.session.scalar(select(Decision.id).where(*refused))

        assert granted.opens("/izinlerim/izinlerim.json").json["brands"] == before


@pytest.mark.parametrize("is_admitted", [False, True])
def test_a_new_holder_heard_by_one_firm_sees_no_firms_past_and_may_still_refuse(app, granted, rows, is_admitted):
    first = rows(Brand)[0].id
    second = another_provider(app)
    granted.posts("/izinlerim/silme", provider="all")
    with app.app_context():
        brand = db.session.get_one(Brand, second)
        db.session.get_one(Provider, brand.provider_id).admitted_at = clock.now() if is_admitted else None
        whose = db.session.scalar(select(Recipient).where(Recipient.provider_id == brand.provider_id))
        refusals.refuse_not_mine(
            db.session, vault(), whose, addresses.parse(make.PHONE), language="tr", request_metadata="{}",
            at=clock.now() + timedelta(seconds=5),
        )  # fmt: skip
        db.session.commit()
    stands = rows.one(Consent, Consent.brand_id == first, Consent.channel == "MESAJ")

    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        granted.comes_in()
        page, past = granted.opens().text, granted.opens(f"/izinlerim/marka/{first}").text
        exported = granted.opens("/izinlerim/izinlerim.json").json
        pdf = pypdfium2.PdfDocument(granted.opens("/izinlerim/izinlerim.pdf").data)[0].get_textpage().get_text_range()
        erasure = granted.opens("/izinlerim/silme").text
        history = {len(each["history"]) for each in exported["brands"] if "Örnek" in each["name"]}
        assert ("İzinli, " in page, "/m/" in past, history) == (
            (False, False, {0}) if is_admitted else (True, True, {2})
        )
        # What the firm holds still stands, so nobody is told that it may send nothing.
        assert stands.status == Status.GRANTED and "Hiçbirinin ileti izni yok" not in page
        assert ("Adres el değiştirmeden önceki kayıtlar" in page) is is_admitted
        assert ("Adres el değiştirmeden önceki kayıtlar" in pdf, bool(exported["shown_since"])) == (is_admitted,) * 2
        assert ("/s/" in erasure) is not is_admitted
        granted.posts("/izinlerim/silme", provider="all")
        assert "Silinmesini iste</button>" not in granted.opens("/izinlerim/silme").text
        granted.posts(LIST, refuse=str(first))
        assert "/m/" in granted.opens(f"/izinlerim/marka/{first}").text
    assert rows.one(Consent, Consent.id == stands.id).status == Status.REFUSED


def test_a_line_that_only_another_firm_knows_to_be_closed_hides_nothing(app, granted):
    """By its sandbox or a push, which may say anything; what İYS tells otherwise each firm's recipients know."""
    with app.app_context():
        other = make.provider(iys_code=make.IYS_CODE + 1, brand_code=make.BRAND_CODE + 1, email="oteki@firma.example")
        other.admitted_at = clock.now()
        (whose,) = recipients.gather(db.session, vault(), other.id, [addresses.parse(make.PHONE)], clock.now()).values()
        db.session.get_one(Recipient, whose).closed_at = clock.now() + timedelta(seconds=5)
        db.session.commit()

    assert "İzinli, " in granted.opens().text


def test_practice_is_marked_and_over_it_is_left_out(app, granted):
    with app.app_context():
        db.session.execute(update(Brand).values(brand_code=990_000_001, is_sandbox=True))
        db.session.commit()
    while_it_lasts = granted.opens().text
    with app.app_context():
        db.session.execute(update(Brand).values(closed_at=clock.now()))
        db.session.commit()
    afterwards = granted.opens().text

    assert "Deneme</span>" in while_it_lasts
    assert "gösterilecek bir kayıt yok" in afterwards


def test_who_need_tell_iys_nothing_is_said_so(app, granted):
    with app.app_context():
        db.session.execute(update(Provider).values(iys_code=980_000_001))
        db.session.execute(update(Submission).values(code="EXEMPT", outcome=Outcome.NOT_NEEDED))
        db.session.commit()

    assert "kayıt yapmak zorunda değil" in granted.opens().text


def test_a_refusal_that_iys_need_not_hear_of_is_explained_as_on_its_receipt(app, granted):
    with app.app_context():
        db.session.execute(update(Consent).values(status="RET", iys_status=None))
        db.session.execute(update(Submission).values(outcome=Outcome.NOT_NEEDED))
        db.session.commit()

    page = granted.opens().text

    assert "İYS'de geri alınacak bir onay yok; ret burada kayıtlı ve geçerli." in page.replace("&#39;", "'")
    assert "bilmiyoruz" not in page
    assert page.index("İYS") == page.index("İYS (İleti Yönetim Sistemi), ticari ileti")


def test_an_address_nobody_holds_any_more_is_told_so(app, granted):
    with app.app_context():
        db.session.execute(update(Recipient).values(index_odd=b"x" * 32).where(Recipient.kind == "phone"))
        db.session.commit()

    assert "gösterilecek bir kayıt yok" in granted.opens().text
    assert granted.opens("/izinlerim/silme").status_code == 200
    assert granted.opens("/izinlerim/izinlerim.pdf").status_code == 200
    assert granted.posts(LIST, refuse="all").status_code == 404


def test_two_hundred_brands_are_shown_a_page_at_a_time(app, granted):
    many_brands(app, 200)
    names = []
    for number in range(1, 12):
        names += re.findall(r'<h2 id="brand-[^>]+>(.+?)</h2>', granted.opens(f"{LIST}?sayfa={number}").text)

    assert len(names) == len(set(names)) == 201
    assert names[1:] == sorted(names[1:])


@pytest.mark.parametrize("asked", ["0", "-1", "99999", "abc", "9" * 400, "٣", ""])
def test_a_page_that_is_none_is_the_nearest(app, granted, asked):
    assert granted.opens(LIST, query_string={"sayfa": asked}).status_code == 200


def test_two_hundred_brands_are_read_in_a_few_statements(app, granted):
    with statements(app) as few:
        granted.opens()
    many_brands(app, 200)
    with statements(app) as many:
        granted.opens()

    assert [each for each, _ in few] == [each for each, _ in many]
    assert len(few) <= 9


def test_the_history_of_a_brand_says_how_it_came_to_be(app, granted):
    with app.app_context():
        brand_id = db.session.scalar(select(Brand.id))

    page = granted.opens(f"/izinlerim/marka/{brand_id}").text

    assert "Kişisel bağlantı." in page
    assert page.count('class="when"') == 2


@pytest.mark.parametrize(
    ("code", "says"), [(None, "Geri alındı; İYS'ye bildirilmedi."), (sandbox_mode.EXEMPT, "Geri alındı.")]
)
def test_what_was_taken_back_is_said_so_and_iys_named_only_where_it_hears(app, granted, code, says):
    with app.app_context():
        void = db.session.scalar(select(Decision).where(Decision.status == Status.GRANTED))
        db.session.add(Annulment(decision_id=void.id, provider_id=void.provider_id, at=clock.now()))
        db.session.execute(update(Submission).values(outcome=Outcome.ANNULLED, code=code))
        db.session.commit()
        brand_id = void.brand_id

    page = granted.opens(f"/izinlerim/marka/{brand_id}").text.replace("&#39;", "'")

    assert f"Kişisel bağlantı. {says}</p>" in " ".join(page.split())


def test_a_brand_where_one_is_not_known_has_no_page(app, granted):
    theirs = another_provider(app, 3, "Yabancı Marka", UNKNOWN)

    assert granted.opens(f"/izinlerim/marka/{theirs}").status_code == 404
    assert granted.opens("/izinlerim/marka/1").status_code == 404


def test_everything_can_be_taken_along_as_json(app, granted, iys):
    make.forward_all(app, iys)
    another_provider(app)

    answer = granted.opens("/izinlerim/izinlerim.json")
    content = json.loads(answer.text)

    assert answer.headers["Content-Disposition"] == 'attachment; filename="izinlerim.json"'
    assert content["address"] == "+90 5•• ••• •• 67" and make.PHONE not in answer.text
    first, second = content["brands"]
    assert {(each["channel"], each["status"], each["iys_status"]) for each in first["consents"]} >= {
        ("MESAJ", "ONAY", "ONAY")
    }
    assert [each["origin"] for each in first["history"]] == ["link", "link"]
    assert first["history"][0]["decided_at"].endswith("+03:00")
    assert (second["name"], second["consents"], second["history"]) == ("Başka Marka", [], [])


def test_and_as_pdf(app, granted):
    answer = granted.opens("/izinlerim/izinlerim.pdf")

    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert make.PHONE.encode() not in answer.data


def test_a_long_pdf_has_all_of_it(app, granted):
    many_brands(app, 200)

    assert granted.opens("/izinlerim/izinlerim.pdf").data.count(b"/Type /Page") > 10


@pytest.mark.parametrize("path", ["/izinlerim/izinlerim.json", "/izinlerim/izinlerim.pdf", "/izinlerim/silme", LIST])
def test_nothing_of_it_is_shown_without_the_cookie(app, granted, path):
    assert app.test_client().get(path).location == "/izinlerim"
    assert app.test_client().post(path.replace("izinlerim.json", "cik")).status_code in (410, 405)


def test_a_lost_receipt_is_found_in_the_brands_history(app, granted):
    with app.app_context():
        brand_id = db.session.scalar(select(Brand.id))
    page = granted.opens(f"/izinlerim/marka/{brand_id}").text

    (receipt,) = set(re.findall(r'href="(/m/\w+)"', page))
    assert f'href="{receipt}/sikayet"' in page
    assert granted.opens(receipt).status_code == 200
