"""What recipients read is plain Turkish: one word per thing, and the everyday word for each of the law's."""

import re

import pytest

from tests.architecture import product

ROOMS = ("recipient", "my_consents", "consent_points", "verification", "messages")
INSTEAD = {
    r"makbuz": "belge",
    r"mesaj(?!\")\w*": "ileti",  # Not İYS's own MESAJ.
    r"kanun\w*": "yasa",
    r"ulusal sistem\w*": "ulusal kayıt",
    r"her sayfanın başında\w*": "which page: those of a link begin with the sender, others do not",
    r"\bQR\b": "karekod",
    r"(iletişim yolu|o yoldan|verdiğiniz yoldan)": "kanal",
    r"aranan kişi\w*": "o kişi, başka biri",
    r"zaman aşımı\w*": "süresi doldu",
    r"ret ver\w*": "reddetmek",
    r"Bakanlığı'\w+": "no apostrophe: Bakanlığına",
    r"^(?!.*Ticaret Bakanlığı).*Bakanlığa": "Ticaret Bakanlığına, since there are others",
    r"\b([Ss]en|[Ss]enin|[Ss]ana|[Ss]izsin)\b": "siz",
}


def sentences(room: str) -> list[str]:
    """Of the templates; the code's own are gettext's, as those of the templates."""
    files = sorted((product.ROOT / "templates" / room).rglob("*"))
    texts = [path.read_text() for path in files if path.suffix == ".html"]
    return re.findall(r'_\("([^"]+)"', "\n".join(texts)) + [
        path.read_text() for path in files if path.suffix == ".txt" and path.parent.name == "tr"
    ]


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("other", INSTEAD, ids=INSTEAD.values())
def test_a_thing_has_one_plain_name(room, other):
    assert sentences(room)
    assert [text for text in sentences(room) if re.search(other, text)] == []
