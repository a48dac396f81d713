"""Recipients read plain Turkish: one word per thing, and an everyday word for each legal term."""

import re

from tests.architecture import product

FOLDERS = ("recipient", "my_consents", "consent_points", "verification", "messages")
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


def template_texts(folder: str) -> list[str]:
    files = sorted((product.ROOT / "templates" / folder).rglob("*"))
    texts = [path.read_text() for path in files if path.suffix == ".html"]
    return re.findall(r'_\("([^"]+)"', "\n".join(texts)) + [
        path.read_text() for path in files if path.suffix == ".txt" and path.parent.name == "tr"
    ]


def test_a_thing_has_one_plain_name():
    texts = {folder: template_texts(folder) for folder in FOLDERS}

    assert all(texts.values())
    assert [
        (folder, f"{word}: {text}")
        for folder, of_folder in texts.items()
        for text in of_folder
        for other, word in INSTEAD.items()
        if re.search(other, text)
    ] == []
