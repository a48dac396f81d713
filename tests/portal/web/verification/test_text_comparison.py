"""Words beside a genuine text are seen whatever signs they are written with; accents are a way of spelling."""

import pytest

from portal.web.verification import text_comparison
from portal.web.verification.text_comparison import ComparisonOutcome

SENT = "Ornek Magaza: Soruyoruz. localhost/k/7Kq2XbM4Rt elma nehir"


@pytest.mark.parametrize(
    ("pasted", "outcome"),
    [
        (f"{SENT} \u00b6\u2020\u2020: \u00a3-$\u00a1\u2020", ComparisonOutcome.FORGED),
        (f"{SENT} \u2020", ComparisonOutcome.FORGED),
        ("Örnek Mağaza: “Soruyoruz…” localhost/k/7Kq2XbM4Rt élma nehir »", ComparisonOutcome.SAME),
    ],
)
def test_signs_count_as_words_and_accents_do_not(app, pasted, outcome):
    with app.app_context():
        facts = {"sent": SENT, "pair": "elma nehir", "brands": ["Örnek Mağaza"], "known": [], "has_foreign": False}
        assert text_comparison.compare(pasted, "7Kq2XbM4Rt", **facts).outcome == outcome


def test_a_mail_begins_with_its_subject_or_its_first_line(app):
    facts = {"pair": None, "brands": [], "known": [], "has_foreign": False}
    body = "Merhaba, PTT kargo gibi seyler sormayiz.\nlocalhost/k/7Kq2XbM4Rt\nelma nehir"
    mail = f"Ornek Magaza: izniniz\n\n{body}"
    with app.app_context():
        for pasted, outcome in ((mail, "good"), (body, "good"), (body.partition(" ")[2], "amber")):
            assert text_comparison.compare(pasted, "7Kq2XbM4Rt", sent=mail, **facts).outcome == outcome
