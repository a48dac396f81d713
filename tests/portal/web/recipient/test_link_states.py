"""Every state of a link × (asking, refusing) × (ONAY, RET, nothing held): what its page says and offers, and what a
posted grant and a posted refusal do. No link ends in nothing, and none ever loses a refusal."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

import shortlinks
from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    ContactKind,
    Decision,
    Delivery,
    Provider,
    Recipient,
    Submission,
)
from portal.domain import campaigns
from portal.domain.campaigns import default_texts
from portal.web.recipient.link_states import State
from tests import make
from tests.make import Person
from tests.portal.domain.consents.import_entries import bring, entry

pytestmark = pytest.mark.slow

ASK, REFUSE = CampaignKind.ASK, CampaignKind.REFUSE
HELD = {Status.GRANTED: "Şu an: onayınız var", Status.REFUSED: "Şu an: reddettiniz", None: "kayıtlı bir kararınız yok"}
OPEN = (State.LIVE, State.USED)
SAYS = {
    State.LIVE: None,
    State.USED: "karar verdiniz",
    State.EXPIRED: "süresi doldu",
    State.REVOKED: "geri çekti",
    State.SUPERSEDED: "yeni bir bağlantı gönderildi",
    State.DISOWNED: "artık başka birinin",
    State.GONE: "kullanmıyor. Reddederseniz",
    State.SUSPENDED: "durduruldu",
    State.BRAND: "Bu marka adına artık",
    State.CAMPAIGN: "sormayı bitirdi",
}
# What a refusing link does not know: it never ends by time, and a newer question is nothing to it.
ONLY_ASKING = (State.EXPIRED, State.SUPERSEDED)


@dataclass
class Case:
    """A link in a state, and when one comes to it."""

    person: Person
    at: object
    held: Status | None


def closes(model, **values):
    return lambda: db.session.execute(update(model).values(**values))


def newer_question(channels: str = "ARAMA,MESAJ") -> str:
    """As a consent point makes it: the person came there, and got a link of their own; its code."""
    at, of = clock.now(), make.brand()
    made = campaigns.open_campaign(
        db.session,
        of,
        name="Kasa",
        kind=ASK,
        channels=list(Channel),
        wording=default_texts.default_wording(of.name, ASK, make.NOTICE),
        contact=campaigns.Contact(ContactKind.VISIT, clock.day(at)),
        expires_at=at + timedelta(days=90),
        delivery=Delivery.POINT,
        at=at,
        today=clock.day(at),
    )
    recipient = db.session.query(Recipient).one()
    link_id, code = shortlinks.create(db.session, "a salt that only tests know", of.provider_id, at)
    db.session.add(
        AudienceEntry(
            provider_id=of.provider_id, campaign_id=made.id, recipient_id=recipient.id, link_id=link_id,
            channels=channels,
        )
    )  # fmt: skip
    return code


def takes_back() -> None:
    ids = [link.id for link in db.session.query(shortlinks.Link)]
    shortlinks.revoke(db.session, ids, clock.now())


COMES_ABOUT = {
    State.REVOKED: takes_back,
    State.SUPERSEDED: newer_question,
    State.DISOWNED: lambda: closes(Recipient, reassigned_at=clock.now())(),
    State.GONE: lambda: closes(Provider, left_at=clock.now())(),
    State.SUSPENDED: lambda: closes(Provider, suspended_at=clock.now())(),
    State.BRAND: lambda: closes(Brand, closed_at=clock.now())(),
    State.CAMPAIGN: lambda: closes(Campaign, closed_at=clock.now())(),
}


@pytest.fixture
def held():
    return None


@pytest.fixture(params=State, ids=str)
def state(request):
    return request.param


@pytest.fixture
def case(app, browser, state, kind, held) -> Case:
    """A link for Fatma's telephone, which a file of the provider says something of; then the state comes about."""
    long_ago = clock.now() - timedelta(days=40)
    with time_machine.travel(long_ago):
        code = make.codes(app, make.PHONE, kind=kind)[make.PHONE]
    person = Person(browser, code)
    with time_machine.travel(clock.now() - timedelta(days=20)):
        if held:
            with app.app_context():
                bring(make.brand(), *[entry(make.PHONE, held, channel=each) for each in PHONES])
        if state == State.USED:
            person.decides(ARAMA="RET")
        if state in COMES_ABOUT:
            with app.app_context():
                COMES_ABOUT[state]()
                db.session.commit()
    at = clock.now() if state == State.EXPIRED else clock.now() - timedelta(days=15)
    return Case(person, at, held)


PHONES = (Channel.SMS, Channel.CALL)


def offered(page: str) -> set[str]:
    return set(re.findall(r'type="radio" name="MESAJ" value="(\w+)"', page))


def grants(state: State, kind: CampaignKind) -> bool:
    return kind == ASK and state in OPEN


@pytest.mark.alike
@pytest.mark.parametrize(
    ("kind", "held"), [(ASK, None), (ASK, Status.GRANTED), (REFUSE, Status.REFUSED)], ids=["asks", "granted", "refused"]
)
def test_a_link_explains_itself_and_takes_what_it_may(case, state, kind, held, rows):
    with time_machine.travel(case.at):
        answer = case.person.opens()
    before = rows.count(Decision)
    with time_machine.travel(case.at + timedelta(seconds=10)):
        granting = case.person.decides(MESAJ="ONAY")
    granted = rows(Decision)[before:]
    with time_machine.travel(case.at + timedelta(seconds=20)):
        refusing = case.person.decides(MESAJ="RET")

    assert answer.status_code == 200
    assert_says(answer.text, state, kind, held)
    assert (granting.status_code, len(granted)) == ((303, 1) if grants(state, kind) else (409, 0))
    assert grants(state, kind) or 'role="alert"' in granting.text
    assert refusing.status_code == 303
    assert {head.status for head in rows(Consent, Consent.channel == Channel.SMS)} == {Status.REFUSED}
    made = rows(Decision)[before:]
    assert [each.status for each in made] == ["ONAY"] * len(granted) + ["RET"]
    assert {each.decision_id for each in rows(Submission)} >= {each.id for each in made}


def assert_says(page: str, state: State, kind: CampaignKind, held: Status | None) -> None:
    """What became of the link, what it still takes, and what holds today."""
    says = None if kind == REFUSE and state in ONLY_ASKING else SAYS[state]
    assert [words for words in SAYS.values() if words and words in page] == ([says] if says else [])
    assert offered(page) == ({"ONAY", "RET"} if grants(state, kind) else {"RET"})
    assert ("gönderebilir mi?" in page) == grants(state, kind)
    assert ("onay verilemez" in page) == (kind == ASK and state not in (*OPEN, State.SUPERSEDED))
    assert "Hepsini reddet" in page and "/ben-degilim" in page
    by_sms = re.search(r"<legend>SMS</legend>(.*?)</fieldset>", page, re.DOTALL)[1]
    shown = [words for words in HELD.values() if words in by_sms]
    says_nothing = state == State.DISOWNED or (held is None and grants(state, kind))  # The one is another person's.
    assert shown == ([] if says_nothing else [HELD[held]])


@pytest.mark.alike
@pytest.mark.parametrize("kind", [ASK, REFUSE], ids=["asks", "refuses"])
def test_refusing_needs_no_page_that_was_served(case, rows):
    with time_machine.travel(case.at):
        answer = case.person.posts(all="RET")

    assert answer.status_code == 303
    assert {head.status for head in rows(Consent)} == {"RET"}


@pytest.mark.parametrize(("channels", "is_superseded"), [("MESAJ", False), ("ARAMA,MESAJ", True)])
def test_a_newer_link_takes_the_place_of_one_only_where_it_asks_for_all_of_it(app, browser, channels, is_superseded):
    fatma = Person(browser, make.codes(app, make.PHONE)[make.PHONE])
    assert "ONAY" in offered(fatma.opens().text)
    with app.app_context():
        newer_question(channels)
        db.session.commit()

    assert (SAYS[State.SUPERSEDED] in fatma.opens().text) == is_superseded


@pytest.mark.parametrize("over", [State.CAMPAIGN, State.SUSPENDED, State.GONE, State.BRAND, State.REVOKED])
def test_a_refusing_link_that_is_over_shows_our_words_and_not_the_firms(app, browser, over):
    """Approved by mistake, say: taking the approval back closes the campaign, and suspending the firm its links."""
    parcel = "PTT: gönderiniz gümrükte"
    firms = default_texts.Wording(parcel, parcel, parcel, parcel, make.NOTICE)
    code = make.codes(app, make.PHONE, kind=REFUSE, wording=firms)[make.PHONE]
    for path in ("/k/", "/u/"):
        assert parcel in Person(browser, code, path).opens().text
    with app.app_context():
        COMES_ABOUT[over]()
        db.session.commit()

    for path in ("/k/", "/u/"):
        for language in ("tr", "en"):
            page = Person(browser, code, path).opens(query_string={"lang": language}).text
            assert parcel not in page and "Örnek Mağaza" in page


def test_a_page_that_was_drawn_before_is_drawn_anew_in_another_state(app, browser):
    fatma = Person(browser, make.codes(app, make.PHONE)[make.PHONE])
    pages = [fatma.opens().text]
    for come_about in (COMES_ABOUT[State.CAMPAIGN], COMES_ABOUT[State.BRAND], COMES_ABOUT[State.GONE]):
        with app.app_context():
            come_about()
            db.session.commit()
        pages.append(fatma.opens().text)

    assert [offered(page) for page in pages] == [{"ONAY", "RET"}] + [{"RET"}] * 3
    said = (State.CAMPAIGN, State.BRAND, State.GONE)
    assert all(SAYS[state] in page for state, page in zip(said, pages[1:], strict=True))


@pytest.mark.parametrize("earlier", [{}, {"MESAJ": "RET"}, {"MESAJ": "ONAY", "ARAMA": "RET"}])
def test_a_link_after_a_closed_line_tells_nothing_of_who_had_the_number(app, browser, earlier):
    """A closure ends grants alone, so a channel that it refused would tell of one."""
    person = Person(browser, make.codes(app, make.PHONE)[make.PHONE])
    if earlier:
        person.decides(**earlier)
    with app.app_context(), time_machine.travel(clock.now() + timedelta(minutes=5)) as later:
        at = clock.now().replace(microsecond=0)
        closes(Recipient, closed_at=at)()
        granted = update(Consent).where(Consent.status == Status.GRANTED)
        db.session.execute(granted.values(status=Status.REFUSED, effective_at=at, consent_date=at))
        later.shift(60)
        code = newer_question()
        db.session.commit()
        page = browser.get(f"/k/{code}").text

    assert 'name="MESAJ"' in page and 'name="ARAMA"' in page
    assert HELD[Status.REFUSED] not in page and HELD[Status.GRANTED] not in page
