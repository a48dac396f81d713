"""Which words beside our link are quoted from the SMS that we sent, and which somebody wrote as we do."""

import pytest

from portal.services.messaging.gateways.own_text import OwnText
from portal.services.messaging.gateways.row_words import Refusing, refusing

LINK, PAIR = "izin.ornek.com/k/Abc123", "(elma nehir)"
BEGINNING = f"Ornek Giyim: Kampanyalarimizi SMS ile gonderebilir miyiz? Onay/Ret: {LINK}"
END = "Ret icin ORNEK RET yazip 4609 numarasina gonderin. 0532 111 22 33 Ornek Giyim A.S. Ret: izin.ornek.com/u/Abc123"
SMS = f"{BEGINNING} {PAIR} {END}"
RED = "RED Giyim: Kampanyamiz var: izin.ornek.com/k/Red123"  # By its name a brand may begin with a word that refuses.
SHORT = "Ornek: Ret: izin.ornek.com/k/Kisa12"
OWN = OwnText(lambda code: {"Abc123": [SMS], "Red123": [RED], "Kisa12": [SHORT]}.get(code, []))


@pytest.mark.parametrize(
    "written",
    [
        f"{LINK} {PAIR} Ret", f"{LINK} {PAIR} Ret icin", f"Ret {LINK} {PAIR}", f"Ret: {LINK}", f"Ornek RET {LINK}",
        f"{LINK} {PAIR} Ret icin ORNEK RET", f"Ret icin ORNEK RET {LINK}", f"{LINK} {PAIR} Ret icin ORNEK RET yazip",
        f"{BEGINNING} {PAIR} Ret", f"{BEGINNING} {PAIR}\nRet icin ORNEK RET", f"{BEGINNING} (Ret", f"Ret {SMS}",
        f"{SMS} Ret", f"RET\n> {RED}", f"Ret {SHORT}",
    ],
)  # fmt: skip
def test_a_refusal_before_or_behind_our_link_is_somebodys_own(written):
    assert not OWN.is_ours(written)
    assert refusing(OWN.beside(written)) >= Refusing.LIKELY


@pytest.mark.parametrize("quoted", [SMS, f"> {SMS} B038", BEGINNING, f"{BEGINNING} {PAIR}", RED, SHORT])
def test_a_quoted_sms_is_ours(quoted):
    assert OWN.is_ours(quoted)
