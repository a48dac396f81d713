"""Keywords name a brand and say nothing else, and no two brands of a provider have the same."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand
from portal.domain.replies import keywords
from tests import make


@pytest.mark.parametrize("text", ["MODA", "moda", " möda ", "Moda!"])
def test_a_keyword_is_kept_as_replies_are_read(text):
    assert keywords.parse_keyword(text) == "MODA"


@pytest.mark.parametrize(
    "text",
    [
        "RET",
        "ıptal",
        "ONAY",
        "evet",
        "SMS",
        "lütfen",
        "B038",
        "M",
        "moda evi",
        "ÇOKUZUNSÖZCÜK",
        "👍",
        "değil",
        "KAPAT",
        "vermem",
        "merhaba",
        "SELAM",
        "sayın",
        "BEN",
        "biz",
        "bundan",
    ],
)
def test_a_word_that_says_something_in_a_reply_is_no_keyword(text):
    with pytest.raises(keywords.BadKeyword):
        keywords.parse_keyword(text)


def test_a_keyword_is_one_brands_of_its_provider(app):
    with app.app_context():
        first = make.brand()
        first.keyword = "MODA"
        second = Brand(provider_id=first.provider_id, brand_code=700009, name="Ev", created_at=clock.now())
        db.session.add(second)
        db.session.flush()

        assert keywords.is_taken(db.session, second, "MODA")
        assert not keywords.is_taken(db.session, first, "MODA")
        assert not keywords.is_taken(db.session, second, "EV")
        assert not keywords.is_taken(db.session, second, None)
