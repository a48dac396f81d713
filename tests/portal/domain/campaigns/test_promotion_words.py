"""Words that promote warn; what asks plainly, or names what consent is for, does not."""

import pytest

from portal.core.models import CampaignKind
from portal.domain.campaigns.default_texts import WORDINGS
from portal.domain.campaigns.message_texts import ENGLISH, USUAL
from portal.domain.campaigns.promotion_words import Principle, find_promotion

PRICE, GIFT, HURRY, PRAISE, SALE = Principle


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Onay verene %20 İNDİRİM!", [("%20", PRICE), ("İNDİRİM", PRICE)]),
        ("Size özel hediye çekleri", [("Size özel", PRAISE), ("hediye", GIFT)]),
        ("Kaçırmayın, bugün son gün", [("Kaçırmayın", HURRY), ("son gün", HURRY)]),
        ("Kampanya fırsatlarından haberdar olun", [("fırsatlarından", PRAISE)]),
        ("BEDAVA kargo, 50₺ kupon", [("bedava", PRICE), ("50 tl", PRICE), ("kupon", PRICE)]),
        ("Onay ver, çekilişe katıl, kazan", [("çekilişe", GIFT), ("kazan", GIFT)]),
        ("Say yes and get a 10 % discount on our sale", [("10 %", PRICE), ("discount", PRICE), ("sale", SALE)]),
        ("Hemen al, 3 alana 1 bedava", [("Hemen al", HURRY), ("3 alana 1", GIFT), ("bedava", PRICE)]),
    ],
)
def test_a_promotion_is_told_with_its_reason(text, found):
    assert [(each.text, each.principle) for each in find_promotion(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "Kampanyalarımızı ve yeniliklerimizi bildirmek için izninizi soruyoruz.",
        "Ücretsiz ve gerekçesiz vazgeçebilirsiniz; son karar sizin.",
        "Kazancı Yokuşu şubemiz için onayınızı soruyoruz.",
        "Örnek Limited Şirketi",
        "",
    ],
)
def test_a_plain_question_warns_of_nothing(text):
    assert find_promotion(text) == []


def test_none_of_our_own_texts_that_ask_promotes():
    ours = WORDINGS[CampaignKind.ASK], USUAL[CampaignKind.ASK]

    assert find_promotion(*(text for each in ours for text in vars(each).values()), *ENGLISH[CampaignKind.ASK]) == []
