"""Which brands a reply refuses that somebody reads: all that wrote, but for those that its reader unticks."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Brand, MessageKind
from tests import make
from tests.portal.services.messaging.test_answered_messages import grant_at_every_brand, refused_brands, write
from tests.portal.services.messaging.vendor_pushes import add_brand, work
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.desk.test_replies import the_reply, vendor  # noqa: F401

pytestmark = pytest.mark.slow

ALL, MODA = {"Moda Evi", "Örnek Mağaza"}, {"Moda Evi"}


def write_for_both(app, gateway_id: int) -> None:
    with app.app_context():
        provider_id = make.brand().provider_id
        brand_ids = db.session.scalars(select(Brand.id).where(Brand.provider_id == provider_id)).all()
    for brand_id in brand_ids:
        write(app, gateway_id, provider_id, timedelta(days=1), kind=MessageKind.CODE, brand_id=brand_id)


def ticked(page: str) -> dict[int, str]:
    """The names of the brands that are offered, all of them ticked."""
    boxes = r'name="brands" value="(\d+)" form="refusal-\d+" checked> <span>(.+?)</span>'
    offered = re.findall(r'name="offered" value="(\d+)" form="refusal-\d+"', page)
    found = {int(brand_id): name for brand_id, name in re.findall(boxes, page)}
    assert list(found) == [int(each) for each in offered]
    return found


def refused_names(rows) -> set[str]:
    return {each.name for each in rows(Brand, Brand.id.in_(refused_brands(rows)))}


def now() -> str:
    return f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(("words", "refused"), [
    ("Moda Evi dahil hepsini durdurun", None), ("Moda Evi ve diğer tüm markalarınız yazmasın", None),
    ("Hepsi RET, özellikle Moda Evi", None), ("TÜM REKLAMLAR RET MODA EVI", None),
    ("Moda Evi yazmasın", None), ("Moda Evi, tüm reklamları iptal et", ALL), ("Moda Evi RET", MODA),
])  # fmt: skip
def test_a_name_takes_a_refusal_from_the_others_only_with_nothing_but_a_refusal(
    app, vendor, rows, words, refused  # noqa: F811
):  # fmt: skip
    """All else waits, and its reader refuses all that wrote."""
    add_brand(app, "Moda Evi", "MODAEVI")
    grant_at_every_brand(app)
    write_for_both(app, vendor.gateway_id)
    vendor.brings(words, received_at=now())
    work(app)
    assert refused_names(rows) == (refused or set())
    if refused is None:
        signed_in(app).posts(f"/desk/replies/{the_reply(rows).id}/refusal", {"channels": "MESAJ"})
        assert refused_names(rows) == ALL


@pytest.mark.parametrize("chosen", [MODA, ALL, set()])
def test_the_desk_refuses_the_brands_that_its_reader_leaves_ticked(app, vendor, rows, chosen):  # noqa: F811
    add_brand(app, "Moda Evi", "MODAEVI")
    grant_at_every_brand(app)
    write_for_both(app, vendor.gateway_id)
    vendor.brings("Moda Evi yazmasın", received_at=now())
    work(app)
    staff = signed_in(app)
    shown, reply_id = ticked(staff.opens("/desk/replies").text), the_reply(rows).id
    assert set(shown.values()) == ALL

    brands = [brand_id for brand_id, name in shown.items() if name in chosen]
    staff.posts(f"/desk/replies/{reply_id}/refusal", {"channels": "MESAJ", "offered": list(shown), "brands": brands})
    assert refused_names(rows) == chosen and bool(the_reply(rows).settled_at) == bool(chosen)
    if chosen:
        spared = sorted(brand_id for brand_id, name in shown.items() if name not in chosen)
        assert rows.one(AuditEntry, AuditEntry.act == "reply.refused").facts["spared"] == spared
    else:
        assert "en az bir marka seçin" in staff.opens("/desk/replies").text
