"""Words whose approval was taken back are found in messages."""

from portal.core.models.approvals import TakenBack

LONGER = "0850 123 45 67, 0850 999 99 99"


def test_taken_back_words_are_found_around_what_the_sender_is_called_and_reached_by_now():
    taken_back = TakenBack(words=(LONGER, "Mavi"))

    assert taken_back.is_in(f"Örnek: kararınız alındı. {LONGER}", ["0850 123 45 67"])
    assert taken_back.is_in("MAVİ: soruyoruz", ["Mavi Ltd"])
    assert not taken_back.is_in("Mavi Ltd: soruyoruz 0850 123 45 67", ["Mavi Ltd"])
