"""Whoever belongs to another provider finds nothing here, at any address that names a thing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import (
    TEST,
    AddressProof,
    ApiKey,
    AudienceEntry,
    AudienceList,
    AuditEntry,
    BatchState,
    Brand,
    BulkRequest,
    BulkState,
    Campaign,
    Complaint,
    ComplaintStep,
    DayState,
    Difference,
    DifferenceKind,
    Domain,
    EventKind,
    Factor,
    GatewayEvent,
    Inquiry,
    Membership,
    Network,
    OneTimeLinkKind,
    OperatorRole,
    OrderKind,
    PackageOrder,
    Paper,
    PaperKind,
    Provider,
    Purpose,
    Receipt,
    Recipient,
    ReconciledDay,
    Role,
    SignIn,
    Submission,
    WebhookAlgorithm,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)
from portal.domain import address_proofs, packages
from portal.domain.identity import one_time_links
from portal.domain.notifications import gateways
from portal.services.iys.reconciliation import day_file
from tests import make
from tests.portal.domain.complaints.cast import opened, told
from tests.portal.services.documents.test_signed_papers import picture
from tests.portal.web.callbacks.registration import registered
from tests.portal.web.consent_points import visitor
from tests.portal.web.dashboard import import_batches
from tests.portal.web.dashboard.staff import csrf_token, signed_in
from tests.portal.web.dashboard.test_campaign_pages import FORM
from tests.portal.web.dashboard.test_point_pages import FORM as POINT

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def things(app, rows) -> dict[str, int]:
    """Ayşe's things, by the name of their id in addresses."""
    code = make.codes(app)[make.PHONE]
    make.Person(app.test_client(), code).decides(MESAJ="RET")
    campaign = rows.one(Campaign)
    with app.app_context():
        draft = make.campaign()
        make.add_to_audience(draft, make.PHONE)
        draft_id = draft.id
        held = BulkRequest(
            provider_id=draft.provider_id, brand_id=draft.brand_id, endpoint="/", size=1, state=BulkState.HELD,
            created_at=clock.now(),
        )  # fmt: skip
        db.session.add(held)
        db.session.commit()
        bulk_id = held.id
        order_id = ordered(draft.provider_id)
        registration_id = registered(make.brand())
        day_id, difference_id = different_day(draft.provider_id, draft.brand_id)
        of_people = kept_of_people(draft.provider_id, draft.brand_id)
        batch_id = import_batches.make_batch(
            BatchState.DRY_RUN, on_behalf=True, asked=["source"], asked_at=clock.now()
        ).id
        complaint_id = complained(rows.one(Receipt))
        gateway_id = gateways.add_gateway(
            db.session, vault(), provider_id=draft.provider_id, carries=AddressKind.EMAIL, vendor="smtp", per_second=1,
            header="bilgi@ornek.com.tr", credentials={"host": "127.0.0.1", "security": "smtp"}, at=clock.now(),
        ).id  # fmt: skip
        reply = GatewayEvent(
            provider_id=draft.provider_id, gateway_id=gateway_id, kind=EventKind.REPLY, digest=b"digest",
            received_at=clock.now(), settled_at=clock.now(),
        )  # fmt: skip
        db.session.add(reply)
        db.session.get_one(Brand, draft.brand_id).logo = picture("PNG")
        db.session.get_one(Complaint, complaint_id).created_at -= AddressProof.CODE_LIFETIME
        db.session.commit()
        reply_id = reply.id
    return {
        **of_people,
        "campaign_id": campaign.id, "recipient_id": rows(Recipient)[0].id, "draft": draft_id, "bulk_id": bulk_id,
        "submission_id": rows.one(Submission).id, "brand_id": rows.one(Brand).id, "digest": "0" * 16, "day_id": day_id,
        "difference_id": difference_id, "registration_id": registration_id, "order_id": order_id,
        "batch_id": batch_id, "complaint_id": complaint_id, "gateway_id": gateway_id,
        "event_id": reply_id,
        "result": "status_unknown", "group": "waiting",
        "format": "csv", "picture": "svg", "point_id": visitor.opened(app, "deneme-ornek", daily_budget=20),
    }  # fmt: skip


def complained(receipt: Receipt) -> int:
    """A case with a picture, by its id."""
    case = opened(receipt, told(picture=b"\x89PNG"))
    return case.id


def ordered(provider_id: int) -> int:
    """A package that waits for the operator, by its order's id."""
    provider, smallest = db.session.get_one(Provider, provider_id), packages.list_offered(db.session)[0]
    made = packages.place_order(db.session, provider, smallest, by=1, at=clock.now())
    db.session.commit()
    return made.id


def different_day(provider_id: int, brand_id: int) -> tuple[int, int]:
    """A day with its file, and a difference found in it; their ids."""
    day_id = new_id()
    day = ReconciledDay(
        id=day_id, provider_id=provider_id, brand_id=brand_id, day=clock.day(clock.now()) - timedelta(days=1),
        state=DayState.DIFFERENT, rows=1, file=day_file.seal_file(vault(), b"a,b", provider_id, day_id), file_hash="ab",
        iys_hash="ab", timestamp=b"token", compared_at=clock.now(), archived_at=clock.now(), created_at=clock.now(),
    )  # fmt: skip
    db.session.add(day)
    db.session.flush()
    found = Difference(
        provider_id=provider_id, brand_id=brand_id, day_id=day_id, kind=DifferenceKind.ONLY_AT_IYS,
        facts={"status": [None, "RET"]}, found_at=clock.now(),
    )  # fmt: skip
    db.session.add(found)
    db.session.commit()
    return day_id, found.id


def kept_of_people(provider_id: int, brand_id: int) -> dict[str, int]:
    """What belongs to a provider's people and papers; their ids."""
    at, burak = clock.now(), make.person(db.session.get_one(Provider, provider_id), "burak@example.com", Role.MANAGER)
    invitation, _ = one_time_links.issue(
        db.session, vault(), OneTimeLinkKind.INVITATION, email="elif@example.com", at=at, lifetime=timedelta(days=7),
        invites_to=provider_id, role=Role.AGENT,
    )  # fmt: skip
    package = packages.list_offered(db.session)[0]
    paper_id, inquiry_id, webhook_id = new_id(), new_id(), new_id()
    whose = {"provider_id": provider_id}
    rows = {
        "domain_id": Domain(**whose, brand_id=brand_id, host="izin.example", proof="proof", created_at=at),
        "key_id": ApiKey(
            **whose, name="CRM", is_test=False, digest=b"digest", hint="abcd", scopes=["consents:read"], created_by=1,
            created_at=at,
        ),
        "network_id": Network(**whose, cidr="127.0.0.0/8", note="", created_at=at),
        "order_id": PackageOrder(
            **whose, package_id=package.id, kind=OrderKind.FIRST, records=1, price=1, ordered_by=burak.id, ordered_at=at
        ),
        "paper_id": Paper(
            **whose, id=paper_id, kind=PaperKind.SIGNATURE, media_type="application/pdf", size=1, digest=b"digest",
            content=vault().seal(b"%PDF", Paper.PLACE, provider_id, paper_id), uploaded_by=burak.id, uploaded_at=at,
        ),
        "inquiry_id": Inquiry(
            **whose, id=inquiry_id, step=1, asked_by=burak.id, asked_at=at,
            text=vault().seal("?", Inquiry.TEXT, provider_id, inquiry_id),
        ),
        "webhook_id": WebhookEndpoint(
            **whose, id=webhook_id, algorithm=WebhookAlgorithm.HMAC, types=[], shows_addresses=False, position=0,
            url=vault().seal("https://crm.example/", WebhookEndpoint.URL, provider_id, webhook_id),
            secret=vault().seal("whsec_", WebhookEndpoint.SECRET, provider_id, webhook_id), due_at=at, failures=0,
            is_slow=False, heartbeat_at=at, created_by=burak.id, created_at=at,
        ),
        "delivery_id": WebhookDelivery(
            **whose, endpoint_id=webhook_id, type=TEST, facts={}, state=WebhookState.WAITING, attempts=0, due_at=at,
            created_at=at,
        ),
    }  # fmt: skip
    db.session.add(rows["webhook_id"])
    db.session.flush()  # A delivery refers to it.
    db.session.add_all(rows.values())
    db.session.commit()
    proof = address_proofs.request_code(
        db.session, vault(), "secret", parse("elif@example.com"), Purpose.SANDBOX, sends=True, language="tr",
        network="", at=at, sandbox_provider_id=provider_id, notice="https://izin.example/gizlilik",
    )  # fmt: skip
    db.session.commit()
    return {name: row.id for name, row in rows.items()} | {
        "proof_id": proof.id,
        "invitation_id": invitation.id, "provider_id": provider_id, "user_id": burak.id, "package_id": package.id,
        "step": 1,
        "membership_id": db.session.scalar(select(Membership.id).where(Membership.user_id == burak.id)),
        "factor_id": db.session.scalar(select(Factor.id).where(Factor.user_id == burak.id)),
    }  # fmt: skip


@pytest.fixture
def cem(app, things):
    """Cem, a stranger: the owner of another provider."""
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.rollback()
    return signed_in(app, "cem@example.com")


NAME_NOTHING = {"step", "result", "group", "format", "picture"}  # Arguments that are no thing of anybody's.


def addresses(app, things, prefix: str | tuple[str, ...] = ("dashboard.", "desk.")) -> list[tuple[str, str]]:
    """(method, path) of every page under an endpoint prefix that names a thing."""
    places = app.url_map.bind("localhost")
    return [
        (method, places.build(rule.endpoint, {name: things[name] for name in rule.arguments}))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(prefix) and rule.arguments - NAME_NOTHING
        for method in rule.methods - {"OPTIONS"}
    ]


def test_the_owner_finds_her_things(app, things):
    ayse = signed_in(app)

    shown, files = {}, []
    for method, path in addresses(app, things):
        if method == "GET":
            with ayse.opens(path) as answer:
                shown[path] = answer.status_code
                files.append(answer.headers.get("Content-Disposition", ""))

    assert len(shown) >= 8
    assert set(shown.values()) == {200}
    names = [name for name in files if name.startswith("attachment")]
    assert len(names) >= 9
    assert [name for name in names if "izinlink-ornek-magazacilik-a-s-" not in name] == []


def test_a_stranger_finds_none_of_them(app, things, cem, rows):
    for use in (things, things | {"campaign_id": things["draft"]}):
        for method, path in addresses(app, use):
            answer = tries(cem, method, path)
            assert answer.status_code == 404, (method, path)
            assert "Aradığınız sayfa yok" in answer.text or method == "HEAD"


def test_nobody_touches_the_factors_and_sessions_of_another(app, things, cem, rows):
    cems = rows.one(SignIn)
    ayse = signed_in(app)
    hers = things | {"sign_in_id": cems.id}

    answers = {path: tries(ayse, method, path).status_code for method, path in addresses(app, hers, "account.")}

    assert set(answers.values()) == {404}
    assert rows.one(SignIn, SignIn.id == cems.id).ended_at is None


def test_support_finds_nothing_of_a_provider_it_is_not_assigned_to(app, things):
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.SUPPORT)
    derya = signed_in(app, "derya@example.com")

    answers = {}
    for method, path in addresses(app, things | {"day": "2026-11-26"}, "operator."):
        answers[path] = tries(derya, method, path).status_code

    assert len(answers) >= 10
    assert {path: status for path, status in answers.items() if status not in (403, 404)} == {}


def tries(staff, method: str, path: str):
    if method != "POST":
        return staff.browser.open(path, method=method)
    token = csrf_token(staff.browser, "/account/providers")
    return staff.browser.post(path, data={"csrf_token": token, "text": make.EMAIL})


def test_a_stranger_changes_nothing_by_trying(app, things, cem, rows):
    def facts():
        return [rows.count(model) for model in (AudienceEntry, AudienceList, AuditEntry, ComplaintStep)]

    before = facts()
    for method, path in addresses(app, things | {"campaign_id": things["draft"]}):
        tries(cem, method, path)

    assert facts() == before
    assert [campaign.launched_at for campaign in rows(Campaign, Campaign.id == things["draft"])] == [None]


def is_list(rule) -> bool:
    return rule.endpoint.startswith(("dashboard.", "desk.")) and "GET" in rule.methods and not rule.arguments


def test_a_stranger_sees_none_of_it_in_lists(app, cem, things):
    lists = {rule.rule for rule in app.url_map.iter_rules() if is_list(rule)}
    pages = [cem.takes(path).get_data().decode(errors="replace") for path in lists]

    assert {"/dashboard/", "/dashboard/campaigns", "/dashboard/forwarding", "/dashboard/movements"} <= lists
    assert {"/dashboard/pushes", "/dashboard/days", "/dashboard/differences", "/dashboard/connection"} <= lists
    hers = [str(number) for name, number in things.items() if name not in NAME_NOTHING | {"package_id"}]
    assert all(number not in page for number in hers for page in pages)


def test_a_stranger_does_not_find_her_recipients(cem):
    answer = cem.posts("/dashboard/recipients", {"address": make.PHONE})

    assert answer.status_code == 200
    assert "kayıtlarınızda yok" in answer.text


def test_a_stranger_opens_no_campaign_for_her_brand(app, cem, rows):
    hers = rows(Brand, Brand.brand_code == make.BRAND_CODE)[0].id
    stood = len(rows(Campaign))

    assert cem.posts("/dashboard/campaigns/new", FORM | {"brand": hers}).status_code == 422
    assert cem.posts("/dashboard/points/new", POINT | {"brand": hers}).status_code == 422
    assert len(rows(Campaign)) == stood
