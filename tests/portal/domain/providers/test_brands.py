"""Brands: headers that operators register, codes that belong to one, and what a passive one no longer begins."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import Brand, Connection, Consent, Provider, Recipient
from portal.domain import campaigns
from portal.domain.providers import brand_requests, brands, sandbox_mode, sender_headers
from portal.domain.providers.brands import AddressCount, CodeNotListed, SandboxBrand
from portal.domain.providers.sender_headers import BadHeader, HeaderProblem
from tests import make

pytestmark = pytest.mark.alike
LINE = "0850 999 99 99, dahili 4609"


@pytest.fixture
def provider(app):
    with app.app_context():
        yield make.provider()
        db.session.rollback()


def say(provider: Provider, *codes: int) -> None:
    """As if the last test of the connection had listed these brands."""
    connection = db.session.query(Connection).filter_by(provider_id=provider.id).one()
    connection.findings = {"brands": [{"code": code, "name": f"Marka {code}"} for code in codes]}
    db.session.flush()


def opened(provider: Provider, code: int | None = None) -> Brand:
    return brands.open_brand(db.session, provider, name="İkinci", code=code, at=clock.now())


@pytest.mark.parametrize("text", ["ABC", "ORNEK MAGZA", "Ornek-1", " A.B.C. ", "ELEVENCHARS", "A 1"])
def test_a_header_of_3_to_11_plain_characters_is_taken(text):
    assert sender_headers.validate_header(text) == " ".join(text.split())


@pytest.mark.parametrize(("text", "name"), [
    ("ORNEK MAGAZA", "Örnek Mağaza"), ("Elma", "ELMA"), ("A.B.C.", "A.B.C."), ("IYS", "Örnek Giysi"),
    ("G-IYS-I", "Giysi"), ("ING", "Deniz Holding"), ("T.C.", "Örnek Ticaret A.Ş."), ("TSK", "Tesisatçılık"),
    ("GETIR", "Getirim"), ("ZIRAAT", "Anadolu Ziraat Aletleri"), ("ZIRAAT", "Ziraat Aletleri"), ("ORNEK", "Örnek Moda"),
    ("ZIRAAT BANK", "Ziraat Banketleri"), ("TRENDYOL", "Trend Yol"), ("POLIS", "Metr\u043epolis"), ("", "Örnek"),
])  # fmt: skip
def test_a_header_or_keyword_is_a_reviewed_name_as_a_whole(text, name):
    """The operator decides on all others: a part of a name is another name."""
    is_whole = (text, name) in (("ORNEK MAGAZA", "Örnek Mağaza"), ("Elma", "ELMA"), ("A.B.C.", "A.B.C."))
    assert sender_headers.is_name(text, ["Başka Marka", name]) == is_whole


@pytest.mark.parametrize(
    ("text", "problem", "suggestion"),
    [
        ("ÖRNEK", HeaderProblem.TURKISH, "ORNEK"),
        ("şık giyim", HeaderProblem.TURKISH, "sik giyim"),
        ("İSTANBULMAĞAZA", HeaderProblem.TURKISH, None),
        ("AB", HeaderProblem.LENGTH, None),
        ("TWELVE CHARS", HeaderProblem.LENGTH, "TWELVE CHAR"),
        ("AB_CD", HeaderProblem.CHARACTERS, None),
        ("MARKA!", HeaderProblem.CHARACTERS, None),
        ("МАРКА", HeaderProblem.CHARACTERS, None),
        ("１２３ABC", HeaderProblem.CHARACTERS, None),
        ("08501234567", HeaderProblem.NO_LETTER, None),
        ("marka.com", HeaderProblem.DOMAIN, None),
        ("a.com.tr", HeaderProblem.DOMAIN, None),
    ],
)
def test_another_header_is_refused_with_a_cure(text, problem, suggestion):
    with pytest.raises(BadHeader) as refused:
        sender_headers.validate_header(text)

    assert (refused.value.problem, refused.value.suggestion) == (problem, suggestion)


def test_an_admitted_provider_brings_a_brand_that_iys_lists(provider):
    say(provider, make.BRAND_CODE, 700002, 700003)

    assert set(brands.brands_to_import(db.session, provider)) == {700002, 700003}
    made = opened(provider, 700002)
    assert (made.brand_code, made.is_sandbox) == (700002, False)
    named = brands.open_brand(db.session, provider, name="Marka 700003", code=700003, at=clock.now())
    assert (named.name, named.requested_name) == (provider.title, "Marka 700003")  # Firms name brands at İYS.
    assert brands.brands_to_import(db.session, provider) == {}


def test_a_code_that_iys_did_not_list_is_refused(provider):
    say(provider, make.BRAND_CODE)

    with pytest.raises(CodeNotListed):
        opened(provider, 700002)


def test_a_code_that_somebody_has_is_refused(provider):
    cems = make.provider(800001, 800002, "cem@example.com")
    cems.pending_iys_code = 800009
    say(provider, 800001, 800002, 800009, 700001)

    for code in (800001, 800002, 800009, make.BRAND_CODE, sandbox_mode.CODES.start, sandbox_mode.EXEMPT_CODES.start):
        with pytest.raises(sandbox_mode.CodeTaken):
            opened(provider, code)


def test_a_practising_brand_gets_a_number_that_iys_gave_to_nobody(provider):
    provider.admitted_at = None

    made = opened(provider)

    assert made.is_sandbox and made.brand_code in sandbox_mode.CODES
    assert not brands.has_own_codes(provider)


def test_a_passive_brand_launches_nothing(provider):
    campaign = make.campaign()
    make.add_to_audience(campaign, make.PHONE)
    brand = db.session.get_one(Brand, campaign.brand_id)

    brands.close_brand(brand, clock.now())
    with pytest.raises(campaigns.BrandClosed):
        campaigns.launch(db.session, campaign, clock.now())
    brands.reopen_brand(db.session, brand, clock.now())
    campaigns.launch(db.session, campaign, clock.now())

    assert campaign.launched_at is not None


def test_a_suspended_provider_launches_nothing(provider):
    campaign = make.campaign()
    make.add_to_audience(campaign, make.PHONE)
    provider.suspended_at = clock.now()

    with pytest.raises(campaigns.BrandClosed):
        campaigns.launch(db.session, campaign, clock.now())


def test_a_brand_of_the_sandbox_stays_closed_once_its_provider_has_left(provider):
    brand = db.session.query(Brand).filter_by(provider_id=provider.id).one()
    brand.is_sandbox, brand.closed_at = True, clock.now()

    with pytest.raises(SandboxBrand):
        brands.reopen_brand(db.session, brand, clock.now())


def test_counts_tell_what_people_decided_by_channel(app, browser):
    codes = make.codes(app, f"{make.PHONE}\n+905321234568\n{make.EMAIL}")
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    make.Person(browser, codes["+905321234568"]).decides(MESAJ="RET")
    make.Person(browser, codes[make.EMAIL]).decides(EPOSTA="ONAY")

    with app.app_context():
        brand = make.brand()
        found = brands.count_addresses(db.session, brand.provider_id)
        theirs = brands.count_addresses(db.session, brand.provider_id + 1)

    assert found == {
        brand.id: {Channel.SMS: AddressCount(1, 1), Channel.CALL: AddressCount(0, 1), Channel.EMAIL: AddressCount(1, 0)}
    }
    assert theirs == {}


def test_an_address_held_for_two_types_counts_once_and_its_refusal_before_its_grant(app):
    pairs = [("ONAY", "ONAY"), ("ONAY", "RET"), ("RET", "ONAY"), ("RET", "RET"), ("ONAY", None)]
    with app.app_context():
        make.add_to_audience(make.campaign(), "\n".join(f"+9053212345{number}" for number in range(10, 15)))
        brand, at = make.brand(), clock.now()
        for recipient, statuses in zip(db.session.query(Recipient).all(), pairs, strict=True):
            for type_, status in zip(RecipientType, statuses, strict=True):
                db.session.add(
                    Consent(
                        provider_id=brand.provider_id, brand_id=brand.id, recipient_id=recipient.id,
                        channel=Channel.SMS, recipient_type=type_, status=status, consent_date=at, effective_at=at,
                    )
                )  # fmt: skip
        db.session.flush()

        assert brands.count_addresses(db.session, brand.provider_id) == {brand.id: {Channel.SMS: AddressCount(2, 3)}}
        db.session.rollback()


def test_emptying_a_contact_line_needs_nobody_and_a_new_one_the_operator(app):
    with app.app_context():
        brand = make.brand()
        provider, brand.contact = db.session.get_one(Provider, brand.provider_id), "0850 111 11 11"
        for line, expected in ((LINE, ("0850 111 11 11", LINE)), (None, (None, None)), (LINE, (None, LINE))):
            wanted = {"name": brand.name, "contact": line}
            brand_requests.request_change(provider, brand, wanted, notices=(), at=clock.now())
            assert (brand.contact, brand.requested_contact) == expected
            assert (brand.requested_at is None) == (expected[1] is None)
        provider.admitted_at = None
        wanted["contact"] = "0850 222 22 22"
        brand_requests.request_change(provider, brand, wanted, notices=(), at=clock.now())
        assert brand.contact == "0850 222 22 22"  # The operator reviews it with the application.
        db.session.rollback()


@pytest.mark.parametrize(("field", "seen", "others"), [
    ("header", "ELMA", ("IYS", "ELM", "ORNEK")), ("keyword", "ELMA", ("TC", "ELM")),
    ("reply_number", "08509999999", ("4609", "08509999998")),
])  # fmt: skip
def test_what_stands_in_no_reviewed_name_or_line_waits_for_the_operator(app, field, seen, others):
    with app.app_context():
        brand = make.brand()
        provider = db.session.get_one(Provider, brand.provider_id)
        brand.name, brand.contact = "Elma", LINE

        def ask(text: str | None) -> tuple[str | None, str | None, bool]:
            wanted = {"name": brand.name, "contact": LINE, field: text}
            brand_requests.request_change(provider, brand, wanted, notices=(), at=clock.now())
            return getattr(brand, field), getattr(brand, f"requested_{field}"), brand.requested_at is not None

        assert ask(seen) == (seen, None, False)
        assert [ask(other) for other in others] == [(seen, other, True) for other in others]
        assert ask(None) == (None, None, False) and ask(others[0]) == (None, others[0], True)
        assert make.approve_request(brand)
        assert ask(others[0]) == (others[0], None, False)  # It stays approved, and is no name that others shorten.
        assert ask(others[0][:3])[1] == (others[0][:3] if others[0][:3] != others[0] else None)
        db.session.rollback()


@pytest.mark.parametrize("asked", ["Örnek Mağazacılık A.Ş.", "İYS'deki Ad", "Bir Banka"])
def test_a_new_brand_bears_the_firms_title_until_the_operator_has_seen_its_own_name(app, asked):
    with app.app_context():
        provider, code = make.provider(), 700002
        connection = db.session.query(Connection).one()
        connection.findings = {"brands": [{"code": code, "name": "İYS'deki Ad"}]}
        db.session.flush()

        brand = brands.open_brand(db.session, provider, name=asked, code=code, at=clock.now())

        assert (brand.name, brand.requested_name) == (provider.title, None if asked == provider.title else asked)
        db.session.rollback()
