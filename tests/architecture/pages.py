"""Every page, with things to show: what the doors would pass to it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Thing

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    CampaignKind,
    ContactKind,
    CredentialKind,
    DecisionOrigin,
    Delivery,
    ExclusionReason,
    FeedSource,
    Lane,
    Outcome,
    ReceivedVia,
)
from portal.domain.consents.deadlines import Urgency
from portal.domain.consents.resubmission import Hopeless
from portal.services.iys import circuit_breaker, success_rate
from portal.services.iys.account_report import BrandFound, Findings, BrandOwner
from portal.services.iys.call_problems import CallProblem, explain_problem
from portal.services.iys.quota import Subscription, forecast_quota
from portal.web.dashboard.campaigns.forms import AudienceForm, CampaignForm
from portal.web.dashboard.campaigns.results import Answers
from portal.web.dashboard.iys.connection import ConnectionForm
from portal.web.dashboard.iys.forwarding import WHY_HOPELESS
from portal.web.dashboard.iys.movements import MovementFilter
from portal.web.dashboard.iys.pushes import PushForm
from portal.web.dashboard.recipients.forms import SearchForm
from portal.web.recipient.link_states import State
from portal.web.recipient.page_content import Back
from shortlinks import VisitKind
from tests.architecture.pages_of_account import OF_ACCOUNT
from tests.architecture.pages_of_anybody import OF_ANYBODY
from tests.architecture.pages_of_behalf import OF_BEHALF
from tests.architecture.pages_of_brands import OF_BRANDS, acts_on_a_recipient
from tests.architecture.pages_of_console import OF_CONSOLE
from tests.architecture.pages_of_days import OF_DAYS
from tests.architecture.pages_of_desk import OF_DESK
from tests.architecture.pages_of_exports import OF_EXPORTS
from tests.architecture.pages_of_imports import OF_IMPORTS
from tests.architecture.pages_of_mine import OF_MINE
from tests.architecture.pages_of_packages import OF_PACKAGES, standing
from tests.architecture.pages_of_people import OF_PEOPLE
from tests.architecture.pages_of_points import OF_POINTS
from tests.architecture.pages_of_practice import pages_of_practice
from tests.architecture.pages_of_receipts import OF_RECEIPTS
from tests.architecture.pages_of_signin import OF_SIGNIN
from tests.architecture.pages_of_start import OF_START

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
ADDRESS = "+90 5•• ••• •• 67"
SENDER = {
    "brand_name": "Örnek Mağaza",
    "sender_title": "Örnek Mağazacılık A.Ş.",
    "sender_mersis": "0123456789012345",
    "sender_contact": "0850 123 45 67",
    "look": Thing(logo_url="/logo/1/ab.png", colour_url="/colour/0b5e6b.css"),
}
SIGNED_IN = {"current_user": Thing(name="Ayşe"), "provider_title": "Örnek Mağazacılık A.Ş."}
PROBLEM = Thing(sentence="Dosya çok büyük.", cure="Dosyayı bölün ve parçaları ayrı ayrı yükleyin.")
BLOCK = Thing(code="H525", sentence=PROBLEM.sentence, cure=PROBLEM.cure, only_grants=True, is_account=True)


def _row(channel, held=None, chosen=None, recipient_type=RecipientType.INDIVIDUAL):
    held = Thing(status=held, since=AT, recipient_type=recipient_type) if held else None
    return Thing(channel=channel, held=held, chosen=chosen)


def link_page(**other) -> dict:
    rows = [_row(Channel.SMS), _row(Channel.CALL, held=Status.REFUSED)]
    page = {
        "state": "live", "asks": True, "may_grant": True, "decided_at": AT, "reassigned_at": AT,
        "title": "Size yazalım mı?", "requires_name": False, "is_phone": True, "is_merchant": False,
        "pair": "elma nehir", "not_mine_url": "/k/code/ben-degilim", "back": Back(),
        "body": "Yeniliklerimizi haber vermek için.", "notice_url": "https://www.example.com/aydinlatma",
        "address": ADDRESS, "rows": rows, "form_token": "token", "post_url": "/k/code",
        "hearer": "iys", **SENDER,
    }  # fmt: skip
    return {"page": Thing(**(page | other))}


def _not_mine(**other) -> dict:
    return {
        "sender_text": Thing(**SENDER), "look": SENDER["look"], "address": ADDRESS, "kind": "phone",
        "reassigned_at": None, "receipt_url": None, "form_token": "token", "post_url": "/", "back_url": "/",
    } | other  # fmt: skip


def _overview(**other) -> dict:
    decision = Thing(
        address=ADDRESS, recipient_id=1, channel=Channel.SMS, status=Status.GRANTED, decided_at=AT,
        outcome=Outcome.PARKED, is_closed=True, brand_name="Örnek Mağaza",
        is_practice=True,
    )  # fmt: skip
    oldest = Thing(since=AT, deadline=AT + timedelta(days=3), level="amber")
    figures = {
        "granted_today": 1, "refused_today": 0, "waiting": 1, "accepted": 2, "attention": 1, "amber": 1, "red": 0,
        "oldest": oldest, "decisions": [decision],
    }  # fmt: skip
    return {
        "figures": Thing(**(figures | other)), "block": BLOCK, "standing": standing(),
        "waiting": Thing(open=2, overdue=1), "disowned": 2,
        "alarmed": [(1, "Kadıköy kasa", True), (2, "Vitrin", False)],
    }  # fmt: skip


def _campaign(launched: bool = False, linked: bool = False):
    return Thing(
        id=1, name="Kasım", kind=CampaignKind.ASK, offered=tuple(Channel), delivery=Delivery.GATEWAY, created_at=AT,
        contact_kind=ContactKind.PURCHASE, contact_date=date(2026, 11, 1), expires_at=AT,
        launched_at=AT if launched else None, linked_at=AT if linked else None, closed_at=AT if linked else None,
    )  # fmt: skip


def _progress():
    return Thing(audience=3, links=1, waiting=1, left_out={ExclusionReason.REFUSED: 1})


def _campaign_page(campaign, **other) -> dict:
    bad = Thing(line=2, value="bozuk", sentence=PROBLEM.sentence, cure=PROBLEM.cure)
    batch = Thing(created_at=AT, good=3, repeated=0, bad=1, encoding="utf-8")
    return {
        "campaign": campaign, "brand_name": "Örnek Mağaza", "text": Thing(title_tr="Size yazalım mı?"),
        "answers": Answers(2, 1, 1, dict.fromkeys(VisitKind, 3), 2), "progress": _progress(),
        "batches": [batch], "bad_rows": [bad], "bad_total": 1, "file_problem": PROBLEM,
        "left_out": [Thing(address=ADDRESS, reason=ExclusionReason.REFUSED)], "audience_form": AudienceForm(),
        "may_launch": campaign.launched_at is None, "standing": standing(), "is_limited": True, "no_room": True,
    } | other  # fmt: skip


def _wrong_campaign() -> dict:
    form = CampaignForm(brands=[Thing(id=1, name="Örnek Mağaza")])
    form.validate()
    return {"form": form}


def _recipient() -> dict:
    head = Thing(
        brand_name="Örnek Mağaza", channel=Channel.SMS, recipient_type=RecipientType.INDIVIDUAL,
        status=Status.GRANTED, effective_at=AT, iys_status="ONAY", iys_as_of=AT, may_send=True,
        is_practice=True,
    )  # fmt: skip
    decision = Thing(
        decided_at=AT, brand_name="Örnek Mağaza", channel=Channel.SMS, status=Status.REFUSED, source="HS_WEB",
        origin=DecisionOrigin.LINK, outcome=Outcome.PARKED, transaction_id="ab" * 32, accepted_at=AT, code="H120",
        sentence=PROBLEM.sentence, cure=PROBLEM.cure, deadline=AT, urgency=Urgency.RED, is_closed=False,
        is_practice=True,
    )  # fmt: skip
    return {"address": ADDRESS, "heads": [head], "decisions": [decision]} | acts_on_a_recipient()


def _connection(**other) -> dict:
    found = Findings(
        brands=tuple(BrandFound(700001, "Örnek Mağaza", True, whose, ("MESAJ",)) for whose in BrandOwner), missing=(7,),
        title="Başka A.Ş.", title_agrees=False, subscription=Subscription("ACTIVE", "Paket", "", 100, 40, False, 3),
        troubles=(CallProblem("brands", 403, "H520"), CallProblem("subscription", 0)),
    )  # fmt: skip
    connected = Thing(
        kind=CredentialKind.PARTNER,
        username=None,
        integrator_code=7,
        forwarding_enabled_at=None,
        tested_at=AT,
        findings=found,
        forecast=forecast_quota(found.subscription),
        ends_at=AT,
        block=BLOCK,
        block_is_found=False,
    )
    return {
        "form": ConnectionForm(), "provider": Thing(title="Örnek Mağazacılık A.Ş.", iys_code=700001),
        "connected": connected, "partners": [Thing(id=1, integrator_code=7)], "explain_problem": explain_problem,
        "channels": list(Channel),
    } | other  # fmt: skip


def _forwarding(**other) -> dict:
    lane = Thing(lane=Lane.REFUSALS, count=3, blocked=1, amber=2, red=1, oldest=AT, urgency=Urgency.RED)
    cases = [
        Thing(
            id=number, address=ADDRESS, recipient_id=1, brand_name="Örnek Mağaza", channel=Channel.SMS,
            status=Status.GRANTED, decided_at=AT, deadline=AT, outcome=outcome, code="H121", urgency=Urgency.AMBER,
            sentence=PROBLEM.sentence, cure=PROBLEM.cure, why_not=why, may_close=outcome != Outcome.BLOCKED,
        )
        for number, (outcome, why) in enumerate(
            [(Outcome.BLOCKED, Hopeless.NOT_PARKED), (Outcome.PARKED, None)]
            + [(Outcome.PARKED, each) for each in Hopeless] + [(Outcome.EXPIRED, Hopeless.NOT_PARKED)]
        )
    ]  # fmt: skip
    return {
        "lanes": [lane],
        "block": BLOCK,
        "is_connected": True,
        "is_told": False,
        "show": "attention",
        "hopeless": WHY_HOPELESS,
        "line": _line(
            circuit_breaker.HostState(True, 7, AT), success_rate.SuccessRate(1000, 300, 0.7, success_rate.Level.PAUSED)
        ),
        "held": [Thing(id=1, size=1000, created_at=AT, brand_name="Örnek Mağaza")],
        "counts": {"attention": 2, "parked": 1, "expired": 1, "blocked": 0},
        "page": Thing(cases=cases, before=7, is_first=False),
    } | other


def _line(host, ratio) -> dict:
    return {"host": host, "gauge": ratio, "budgets": [("Oturum açma", 9, 10)]}


def _movements(**other) -> dict:
    movement = Thing(
        id=1,
        created_at=AT,
        address=ADDRESS,
        recipient_id=1,
        channel=Channel.SMS,
        status=Status.REFUSED,
        recipient_type=RecipientType.MERCHANT,
        source="IYS_WEB",
        origin=DecisionOrigin.AT_IYS,
        counts=True,
        received_at=AT,
        received_via=ReceivedVia.PULL,
    )
    feed = Thing(source=FeedSource.PEOPLE, pulled_at=AT, code="H353", sentence=PROBLEM.sentence)
    return {
        "form": MovementFilter([Thing(id=1, name="Örnek Mağaza")]), "has_brands": True, "movements": [movement],
        "before": 1, "is_first": False, "chosen": {"whose": "people"}, "feeds": [feed],
        "sweep": Thing(ended_at=AT, asked=10, drifted=1),
    } | other  # fmt: skip


def _pushes(**other) -> dict:
    push = Thing(
        id=1, brand_name="Örnek Mağaza", channel=Channel.SMS, registered_at=AT, tested_at=AT, received_at=None
    )  # fmt: skip
    listed = Thing(channel=Channel.SMS, registration_id=1, host="izin.example", said="Bağlantı Oluşturuldu")
    brand = Thing(id=1, name="Örnek Mağaza")
    return {
        "form": PushForm([brand]), "pushes": [push], "listed": [(brand, [listed]), (brand, None), (brand, [])],
        "may_register": True, "is_connected": True,
    } | other  # fmt: skip


# (template, what is special): what it is given.
PAGES: dict[tuple[str, str], Callable[[], dict]] = {
    ("recipient/page.html", "asks"): link_page,
    ("recipient/page.html", "came back"): lambda: link_page(
        back=Back(("refused", "name"), name="Fatma"),
        requires_name=True,
        rows=[_row(Channel.SMS, held=Status.GRANTED, chosen=Status.REFUSED)],
    ),
    ("recipient/page.html", "of a merchant"): lambda: link_page(
        is_merchant=True, rows=[_row(Channel.SMS, held=Status.GRANTED, recipient_type=RecipientType.MERCHANT)]
    ),
    **{
        ("recipient/page.html", f"{state} {'asks' if asks else 'refuses'}"): lambda state=state, asks=asks: link_page(
            state=state, asks=asks, may_grant=asks and state == "used"
        )
        for state in State
        for asks in (True, False)
        if state != State.LIVE
    },
    ("recipient/page.html", "of practice"): lambda: link_page(hearer="sandbox"),
    ("recipient/page.html", "of who is exempt"): lambda: link_page(hearer="nobody"),
    ("recipient/page.html", "refuses"): lambda: link_page(asks=False, may_grant=False),
    **OF_RECEIPTS,
    ("recipient/not_found.html", ""): dict,
    ("recipient/not_mine.html", ""): _not_mine,
    ("recipient/not_mine.html", "said"): lambda: _not_mine(reassigned_at=AT, receipt_url="/m/code", kind="email"),
    ("dashboard/iys/movements.html", ""): _movements,
    ("dashboard/iys/movements.html", "nothing"): lambda: _movements(
        movements=[], feeds=[], sweep=None, has_brands=False
    ),
    ("dashboard/iys/pushes.html", ""): _pushes,
    ("dashboard/iys/pushes.html", "nothing"): lambda: _pushes(pushes=[], listed=None, may_register=False),
    **OF_ACCOUNT,
    **OF_BRANDS,
    **OF_CONSOLE,
    ("dashboard/overview.html", ""): _overview,
    ("dashboard/overview.html", "at first"): lambda: _overview(oldest=None, decisions=[]),
    ("dashboard/recipients/reassigned_addresses.html", ""): lambda: {"listed": [(1, ADDRESS, AT)], "total": 2},
    ("dashboard/recipients/reassigned_addresses.html", "none"): lambda: {"listed": [], "total": 0},
    ("dashboard/campaigns/campaigns.html", ""): lambda: {
        "campaigns": [Thing(campaign=_campaign(), brand_name="Örnek Mağaza", progress=_progress())]
    },
    ("dashboard/campaigns/campaigns.html", "at first"): lambda: {"campaigns": []},
    ("dashboard/campaigns/new_campaign.html", "wrong"): _wrong_campaign,
    ("dashboard/campaigns/campaign.html", "draft"): lambda: _campaign_page(_campaign()),
    ("dashboard/campaigns/campaign.html", "at first"): lambda: _campaign_page(
        _campaign(), batches=[], bad_rows=[], may_launch=False, file_problem=None
    ),
    ("dashboard/campaigns/campaign.html", "without room"): lambda: _campaign_page(_campaign(), is_shut=True),
    ("dashboard/campaigns/campaign.html", "launched"): lambda: _campaign_page(_campaign(launched=True)),
    ("dashboard/campaigns/campaign.html", "linked"): lambda: _campaign_page(_campaign(launched=True, linked=True)),
    ("dashboard/recipients/search.html", "problem"): lambda: {
        "form": SearchForm(),
        "problem": PROBLEM,
        "not_found": False,
    },
    ("dashboard/recipients/search.html", "not found"): lambda: {
        "form": SearchForm(),
        "problem": None,
        "not_found": True,
    },
    **OF_DAYS,
    **OF_DESK,
    **OF_EXPORTS,
    **OF_IMPORTS,
    **OF_MINE,
    **OF_PACKAGES,
    **OF_ANYBODY,
    **OF_PEOPLE,
    **OF_POINTS,
    **OF_BEHALF,
    **OF_SIGNIN,
    **OF_START,
    ("dashboard/iys/forwarding.html", ""): _forwarding,
    ("dashboard/iys/forwarding.html", "at first"): lambda: _forwarding(
        block=None,
        is_connected=False,
        held=[],
        page=Thing(cases=[], before=None, is_first=True),
        line=_line(circuit_breaker.HostState(False, 0, None), success_rate.SuccessRate(3, 0, None, success_rate.Level.OK)),
    ),
    ("dashboard/iys/connection.html", ""): _connection,
    ("dashboard/iys/connection.html", "at first"): lambda: _connection(connected=None),
    **pages_of_practice(_connection),
    ("dashboard/recipients/recipient.html", ""): _recipient,
    ("dashboard/recipients/recipient.html", "at first"): lambda: {
        "address": ADDRESS,
        "heads": [],
        "decisions": [],
        **acts_on_a_recipient(clear="fatma@example.com"),
    },
    **{
        (f"errors/{name}.html", ""): lambda: {"status": 405}
        for name in ("not_found", "too_large", "too_many", "form_expired", "broken", "other")
    },
    **{("errors/shut.html", why): lambda why=why: {"why": why} for why in ("network", "suspended", "role", "")},
}
