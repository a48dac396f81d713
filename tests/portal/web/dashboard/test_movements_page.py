"""The list of movements: whose they are, what became of them, and one brand at a time."""

import re
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Feed, FeedSource, Movement, Recipient
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow

PAGE = "/dashboard/movements"


@pytest.fixture
def receiver(app, ayse):
    return MovementReceiver(app)


def lines(page: str) -> int:
    return page.count("<tr>") - 1


def test_nothing_is_said_to_have_moved_before_anything_has(ayse):
    page = ayse.opens(PAGE).text

    assert "Bu seçimle hareket yok" in page
    assert "hazır olunca kendiliğinden başlar" in page


def test_a_movement_shows_a_masked_address_and_leads_to_its_recipient(receiver, ayse, rows):
    receiver.receives(row("RET"))

    page = ayse.opens(PAGE).text

    assert "67" in page and "1234567" not in page and "234 56 67" not in page
    assert f"/dashboard/recipients/{rows.one(Recipient).id}" in page
    assert "Şu an geçerli" in page and "IYS_WEB" in page


def test_a_movement_that_a_newer_decision_left_behind_says_so(receiver, ayse):
    receiver.receives(row("RET", ago=timedelta(hours=3)), row("ONAY", ago=timedelta(hours=2)))

    page = ayse.opens(PAGE).text

    assert page.count("Daha yeni bir karar var") == page.count("Şu an geçerli") == 1
    assert page.index("Şu an geçerli") < page.index("Daha yeni bir karar var")


CHOICES = {
    "whose=people": 2, "whose=others": 1, "whose=ours": 0, "channel=ARAMA": 1, "status=RET": 2, "": 3,
    "whose=people&status=ONAY": 0, "whose=nobody": 3, "channel=%00": 3, "before=1": 3, "before=x": 3,
    "before=99999999999999999999999": 3, "before=-99999999999999999999999": 3, "brand=1": 3, "brand=x": 3,
}  # fmt: skip


def test_the_choice_shows_its_movements_and_nonsense_is_no_choice(receiver, ayse):
    receiver.receives(row("RET"), row("RET", type="ARAMA"), row("ONAY", source="HS_WEB", recipient="+905321234568"))

    answers = {choice: ayse.opens(f"{PAGE}?{choice}") for choice in CHOICES}

    assert {choice for choice, answer in answers.items() if answer.status_code != 200} == set()
    assert {choice: max(lines(answer.text), 0) for choice, answer in answers.items()} == CHOICES


def test_a_long_list_is_turned_page_by_page_without_loss(receiver, ayse, rows):
    receiver.receives(
        *(row("RET", recipient=f"+90532{each:07}", ago=timedelta(hours=1 + each % 3)) for each in range(120))
    )
    seen, path = [], PAGE

    while path:
        page = ayse.opens(path).text
        seen.append(lines(page))
        older = page.partition("?before=")[2].partition('"')[0]
        path = f"{PAGE}?before={older}" if older else None

    assert seen == [50, 50, 20]


def test_each_brand_has_a_list_of_its_own(app, receiver, ayse):
    receiver.receives(row("RET"))
    with app.app_context():
        db.session.add(
            Brand(provider_id=make.brand().provider_id, brand_code=700009, name="Zeytin", created_at=clock.now())
        )
        db.session.commit()
        other = db.session.scalar(db.select(Brand.id).where(Brand.brand_code == 700009))
        db.session.rollback()

    assert lines(ayse.opens(PAGE).text) == 1
    assert "Bu seçimle hareket yok" in ayse.opens(f"{PAGE}?brand={other}").text


def test_a_strangers_brand_and_page_show_nothing(app, receiver, rows):
    receiver.receives(row("RET"))
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.rollback()
    cem = signed_in(app, "cem@example.com")

    movement = rows.one(Movement)
    for query in ("", f"?brand={movement.brand_id}", f"?before={movement.id}"):
        assert "Bu seçimle hareket yok" in cem.opens(PAGE + query).text


def test_a_feed_that_fails_says_why(app, receiver, ayse):
    with app.app_context():
        brand = make.brand()
        db.session.add(
            Feed(
                provider_id=brand.provider_id, brand_id=brand.id, source=FeedSource.PEOPLE, code="H353",
                pulled_at=clock.now(), created_at=clock.now(),
            )
        )  # fmt: skip
        db.session.commit()

    page = ayse.opens(PAGE).text

    assert re.search(r"öğrenildi\s+<strong>H353</strong> ", page), "and its time stands apart from its code"


def test_one_damaged_seal_hides_no_other_movement(app, receiver, ayse):
    receiver.receives(row("RET"), row("RET", recipient="+905321234568"))
    with app.app_context():
        first = db.session.scalar(db.select(Recipient.id).limit(1))
        db.session.execute(db.update(Recipient).where(Recipient.id == first).values(address=b"damaged"))
        db.session.commit()

    assert lines(ayse.opens(PAGE).text) == 2
