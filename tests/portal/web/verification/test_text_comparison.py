"""Words beside a genuine text are seen whatever signs they are written with; accents are a way of spelling."""

import sys
import unicodedata

import pytest

from portal.web.verification import text_comparison
from portal.web.verification.text_comparison import ComparisonOutcome

SENT = "Ornek Magaza: Soruyoruz. localhost/k/7Kq2XbM4Rt elma nehir"
TURNED = "R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"


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


def outcome_of(pasted: str, sent: str = f"{SENT} 0850 123 45 67") -> str:
    facts = {"sent": sent, "pair": "elma nehir", "brands": ["Örnek Mağaza"], "known": [], "has_foreign": False}
    return text_comparison.compare(pasted, "7Kq2XbM4Rt", **facts).outcome


def test_no_mark_turns_a_number_around(app):
    """Chromium shows "0850 [U+200F]123 45 67" as 0850 67 45 123."""
    marks = [each for each in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(each) == "Cf"]
    turning = [*(each for each in marks if unicodedata.bidirectional(each) in TURNED), "\u200e"]
    with app.app_context():
        pasted = {each: f"{SENT} 0850 {each}123 45 67" for each in turning}

        assert len(turning) > 20
        assert [hex(ord(each)) for each, text in pasted.items() if outcome_of(text) != "bad"] == []
        assert outcome_of(f"\u200e{SENT}\u200e\n\u200e0850 123 45 67") == "good"


@pytest.mark.parametrize("drawn", ["45 |67", "45 67|", "45 67 ()", "45-67", "45 \u2016 67", "(45 67", "45 l67"])
def test_no_sign_stands_for_a_digit(app, drawn):
    with app.app_context():
        assert outcome_of(f"{SENT} 0850 123 {drawn}") == "bad"
        assert outcome_of(f"> {SENT}\n> “0850 123 45 67”") == "good"


def test_a_mail_begins_with_its_subject_or_its_first_line(app):
    facts = {"pair": None, "brands": [], "known": [], "has_foreign": False}
    body = "Merhaba, PTT kargo gibi seyler sormayiz.\nlocalhost/k/7Kq2XbM4Rt\nelma nehir"
    mail = f"Ornek Magaza: izniniz\n\n{body}"
    with app.app_context():
        for pasted, outcome in ((mail, "good"), (body, "good"), (body.partition(" ")[2], "amber")):
            assert text_comparison.compare(pasted, "7Kq2XbM4Rt", sent=mail, **facts).outcome == outcome
