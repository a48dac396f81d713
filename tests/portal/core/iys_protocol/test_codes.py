"""Every code of İYS has a meaning, a cure and one thing that we do."""

import pytest

from portal.core import iys_protocol
from portal.core.iys_protocol import Action, Status
from portal.core.iys_protocol.code_meanings import MEANINGS
from portal.core.iys_protocol.error_texts import MESSAGES


def test_every_code_says_what_happened_and_what_to_do():
    for code in iys_protocol.CODES.values():
        assert code.sentence.endswith(".") and code.cure.endswith("."), code


def test_a_code_stands_in_one_meaning_only():
    texts = [codes for meaning in MEANINGS for codes in meaning.codes.values()]
    listed = " ".join(texts).split()

    assert len(listed) == len(set(listed)) == len(iys_protocol.CODES)


def test_every_wire_text_belongs_to_a_code():
    assert set(MESSAGES) <= set(iys_protocol.CODES)


@pytest.mark.parametrize(
    ("http_status", "code", "action"),
    [
        (400, "H174", Action.NOOP),
        (400, "H175", Action.NOOP),
        (400, "H178", Action.RECONCILE),
        (422, "H467", Action.EXPIRED),
        (400, "H467", Action.EXPIRED),
        (400, "H123", Action.RETRY),
        (500, "H101", Action.RETRY),
        (503, "H192", Action.RETRY),
        (403, "H195", Action.RETRY),
        (422, "H162", Action.RETRY),
        (429, "H124", Action.WAIT),
        (429, "H084", Action.WAIT),
        (401, "H351", Action.AUTH),
        (403, "H353", Action.CONFIG),
        (403, "H520", Action.CONFIG),
        (422, "H525", Action.CONFIG),
        (400, "H250", Action.CONFIG),
        (422, "H121", Action.FIX),
        (400, "H486", Action.FIX),
        (422, "H118", Action.FIX),
    ],
)
def test_a_code_asks_for_one_action(http_status, code, action):
    assert iys_protocol.action_of(http_status, [code]) is action


@pytest.mark.parametrize("code", ["H015", "H101", "H102", "H103", "H123", "H124", "H179", "H192", "H412", "H470"])
def test_what_iys_asks_to_be_sent_again_is_sent_again(code):
    action = iys_protocol.action_of(iys_protocol.CODES[code].http, [code])

    assert action in (Action.RETRY, Action.WAIT)


@pytest.mark.parametrize(
    ("http_status", "action"),
    [
        (0, Action.RETRY),
        (200, Action.RETRY),
        (302, Action.RETRY),
        (408, Action.RETRY),
        (500, Action.RETRY),
        (502, Action.RETRY),
        (599, Action.RETRY),
        (429, Action.WAIT),
        (401, Action.AUTH),
        (403, Action.CONFIG),
        (404, Action.CONFIG),
        (400, Action.FIX),
        (413, Action.FIX),
        (422, Action.FIX),
    ],
)
@pytest.mark.parametrize("codes", [[], ["H999"], [""]])
def test_an_unknown_answer_falls_to_the_safe_class_of_its_status(http_status, action, codes):
    is_of_a_proxy = action is Action.FIX and not codes
    assert iys_protocol.action_of(http_status, codes) is (Action.RETRY if is_of_a_proxy else action)


@pytest.mark.parametrize(
    ("codes", "action"),
    [
        (["H467", "H121"], Action.FIX),
        (["H162", "H115"], Action.FIX),
        (["H121", "H525"], Action.CONFIG),
        (["H174", "H178"], Action.RECONCILE),
        (["H467", "H178"], Action.EXPIRED),
        (["H174", "H999"], Action.FIX),
    ],
)
def test_of_several_codes_the_gravest_wins_in_any_order(codes, action):
    assert iys_protocol.action_of(422, codes) is action
    assert iys_protocol.action_of(422, codes[::-1]) is action


def test_a_limit_is_waited_for_whatever_the_code():
    assert iys_protocol.action_of(429, ["H121"]) is Action.WAIT


def test_the_same_state_again_closes_a_refusal_but_not_a_grant():
    assert iys_protocol.action_of(400, ["H174"], decided=Status.REFUSED) is Action.NOOP
    assert iys_protocol.action_of(400, ["H174"], decided=Status.GRANTED) is Action.RECONCILE


@pytest.mark.parametrize("code", [code for code, its in iys_protocol.CODES.items() if its.action == Action.NOOP])
def test_no_code_ends_a_grant_as_done(code):
    assert iys_protocol.action_of(400, [code], decided=Status.GRANTED) is not Action.NOOP


def test_an_unknown_code_still_has_a_sentence_and_a_cure():
    assert iys_protocol.sentence_of("H999") == "İYS'den tanınmayan bir cevap geldi."
    assert iys_protocol.cure_of("H999")


def test_a_known_code_has_its_own_sentence():
    assert iys_protocol.sentence_of("H121") == "Telefon numarası geçerli değil."
    assert iys_protocol.cure_of("H121") == "Adresi düzeltin ya da listeden çıkarın."
