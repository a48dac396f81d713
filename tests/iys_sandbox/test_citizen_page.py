"""The page on which a tester acts as a citizen."""

import pytest

from tests.iys_sandbox.callers import GRANT

FORM = {
    "recipient": GRANT["recipient"],
    "brandCode": "700100",
    "type": "MESAJ",
    "recipientType": "BIREYSEL",
    "source": "",
}


def test_the_page_offers_every_brand(provider):
    page = provider.client.get("/citizens")

    assert page.status_code == 200
    assert "Ana marka 700100" in page.text and "Marka 700101" in page.text


def test_an_act_of_the_page_stands_on_top_of_the_ledger(provider):
    provider.adds(GRANT)

    answer = provider.client.post("/citizens/act", data=FORM | {"act": "RET", "source": "IYS_MOBIL"})

    assert (answer.status_code, answer.location) == (303, "/")
    assert (provider.movements()[-1]["status"], provider.movements()[-1]["source"]) == ("RET", "IYS_MOBIL")


def test_a_line_closed_on_the_page_ends_all_its_consents(provider):
    provider.adds(GRANT)
    provider.adds(GRANT | {"type": "ARAMA"})

    provider.client.post("/citizens/act", data=FORM | {"act": "close_line"})

    assert [movement["source"] for movement in provider.movements()[2:]] == ["IYS_AHS_HAT_KAPATMA"] * 2


@pytest.mark.parametrize("wrong", [{"recipient": "0532"}, {"type": "EPOSTA"}, {"brandCode": "1"}, {"act": ""}])
def test_what_cannot_be_done_is_said_and_the_words_stay(provider, wrong):
    form = FORM | {"act": "RET"} | wrong

    answer = provider.client.post("/citizens/act", data=form)

    assert answer.status_code == 400
    assert "Bu işlem yapılamadı" in answer.text
    assert f'value="{form["recipient"]}"' in answer.text
    assert provider.movements() == []


def test_looking_at_the_page_does_nothing(provider):
    provider.client.get("/citizens")

    assert provider.movements() == []
