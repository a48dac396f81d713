"""Names that messages show: one line, visible, and nothing that a phone makes a link of."""

import re

import pytest

from portal.core.display_names import (
    BadName,
    NameProblem,
    break_links,
    holds_link,
    holds_phone,
    parse_name,
    parse_title,
    without_emails,
)

BAD = {
    "": NameProblem.BLANK,
    " \u00a0 ": NameProblem.BLANK,
    "---": NameProblem.BLANK,
    "Garanti\nBBVA": NameProblem.INVISIBLE,
    "Garanti\u2028BBVA": NameProblem.INVISIBLE,
    "Garanti\u200bBBVA": NameProblem.INVISIBLE,
    "Ziraat\u202eknaB": NameProblem.INVISIBLE,
    "\u3164": NameProblem.INVISIBLE,
    "A\u2800B": NameProblem.INVISIBLE,
    "soft\u00adhyphen": NameProblem.INVISIBLE,
    "tag\U000e0041": NameProblem.INVISIBLE,
    "https://kotu.example": NameProblem.LINK,
    "banka-sube.com": NameProblem.LINK,
    "banka．com": NameProblem.LINK,
    "banka。com": NameProblem.LINK,
    "WWW banka": NameProblem.LINK,
    "destek@banka": NameProblem.LINK,
    "10.20.30.40": NameProblem.LINK,
    "Banka…com": NameProblem.LINK,
    "Banka 0850 123 45 67": NameProblem.LINK,
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_name_is_refused_and_said_why(text):
    with pytest.raises(BadName) as bad:
        parse_name(text)

    assert bad.value.problem == BAD[text]


@pytest.mark.parametrize("name", ["Örnek Mağazacılık A.Ş.", "3 M", "Çiçek & Çikolata", "A/B Giyim", "İş'te Kahve"])
def test_names_of_firms_are_kept(name):
    assert parse_name(f"  {name} ") == name


def test_abbreviations_of_a_title_get_their_spaces():
    assert parse_title("Yeni Gıda San.ve Tic.Ltd.Şti.") == "Yeni Gıda San. ve Tic. Ltd. Şti."


def test_contact_details_may_hold_email_addresses_but_no_other_link():
    allowed = ["0850 123 45 67, destek@ornek.com.tr.", "(a@ornek.com; B@ornek.com)", "Şikâyet… 444 0 123"]
    links = [
        "0850 123 45 67 banka-sube.com",
        "https://sube-iptal.com/giris?@ornek.com",
        "https://sube.com/ destek@ornek.com",
        "0850 123 45 67 bit…ly/3xY",
        "sube.com?a@ornek.com",
    ]

    assert [each for each in allowed if holds_link(without_emails(each))] == []
    assert [each for each in links if not holds_link(without_emails(each))] == []


LINKS = [
    "evil nokta store",
    "evil·com",
    "evil . net",
    "t me/firma",
    "ornek com'a girin",
    "ornek,com", "ptt-iade,net", "ptt-iade;org", "banka,xyz/a", "ptt-iade ,net",
    "ornek nokta kom",
    "wa me 90532",
    "Telegram'da banka_destek hesabına yazın",
    "bankanoktacom",
    "185.4.5.6/giris", "1.1.1.1", "hxxp banka", "https:banka", "https:\\\\banka", "t.c/abc", "banka nokta com",
    "BANKA NOKTA COM", "banka-iade (com)", "banka-iade-com", "banka٫com",
    "banka (dot) com", "banka[.]com", "banka . com", "banka .com", "banka. com", "bit ly/abc",
    "banka\u200b.com", "banka.4tr", "banka\u2060．com", "banka.c0m",
]  # fmt: skip
NO_LINKS = [
    "1.500 TL ve üstü", "31.12.2026 gününe kadar", "SMS/e-posta, web/mobil", "Örnek A.Ş. ve T.C. kurumları",
    "İzin noktası: kasa.", "Bize yazın. Site ve uygulama içindir.", "Bekleyin... Yenilikler yolda", "Madde 6/1-a",
    "Contact us. In a shop or online.", "Migros Tic. A.Ş.", "T.C. Ziraat Bankası A.Ş.’nin", "L.C. Waikiki", "No.1 Moda",
    "Dr. Ayşe, Vakko®. Yeni sezon", "H.Ö. Sabancı (A.Ş.) bünyesinde", "“Evet.” dedi. (KVKK m. 5). Bize", "4.8★ aldı",
    "37.5°C", "1.250,00₺’dir, 1.250₺ ve 1.250,00 TL", "Fırsat!.. Kaçırmayın", "50 m². Ayrıca",
    "Prof. Dr. A. Yılmaz, 1. Kat, No:5/A",
]  # fmt: skip
PHONES = [
    "❽❺⓿ ❾❾❾ ❾❾ ❾❾", "〇八五〇 一二三", "O8SO 123 4S 6", "085O12B 4S", "⓪⓼⓹⓿ ➊➋➌", "0850 𝟏𝟐𝟑", "Ⅰ 0850 l2З 4S",
    "0850 a 123 b 45 c 67", "0850x123x45x67",
    "0850 123 45 67", "444 0 123", "0850 11.12.2233", "0850 11.12.2026", "11.12.2026 / 0850", "31.02.2026",
    "2026-02-31", "11.12.2026 46:07", "11.12.2026 14:30 0850",
    "0850_123_45_67", "0 8 5 0 _ 123", "0·850·123·45·67", "0850\u200d123\u200d45\u200d67", "０８５０ １２３ ４５ ６７",
    "٠٨٥٠ ١٢٣ ٤٥ ٦٧", "O85O I23 45 67", "444 O 123", "0️⃣8️⃣5️⃣0️⃣1️⃣2️⃣3️⃣", "①②③ ④⑤⑥⑦", "0850\n123\n45",
    "sıfır sekiz yüz elli", "SIFIR 850 yüz yirmi üç", "sıfırsekizyüzelli yüzyirmiüç", "oh eight five zero",
    "08501234567 TL", "0850 123 45 67 TL", "0850, 1234 sayılı hat", "1.500.000₺ 0850", "09.00-18.00 444",
    "0850 GARANTI", "0850-garanti", "444 BANK", "444BANK", "+90 850 Garanti", "0800 222 BANKA", "0 (850) GARANTİ",
    "０８５０ GARANTI", "09.00-18.00 a 0850 123 45 67", "Deneme 990000000 a 0850 123 45 67", "Deneme 9900000001",
    "990000000",
    "850.123.4567 TL", "+90 (850) – 123 ~ 45 ☎ 67",
]  # fmt: skip
PHONES += ["*21*0532#", "**62* ile", "##002#", "* 21 *"]
NO_PHONES = [
    "12/03/2026 14.30", "12.03.2026, 09:15'te", "2026-03-12", "2026-03-12 14:30",
    "31.12.2026", "1.12.2026 - 31.12.2026", "01/12/2026–31/12/2026 arasında", "12.500,00 TL'ye kadar",
    "1.500.000 TL", "1,500,000.00 USD", "6563 sayılı Kanun", "5651, 6563 ve 6698 sayılı kanunlar",
    "31 Aralık 2026 saat 23:59", "yüzde yirmi beş", "7/24, iki tıkla",
    "Hafta içi 09.00-18.00, cumartesi 9:30 - 14:00 arasında", "2026 yılında 1.500 TL",
    "16 GB ve 512 GB, 2 TB", "yarım ½ kilo", "10s ve 20s", "25B otobüsü",
    "444 TL", "1.444 kişi", "444 kişiye", "850 TL'ye kadar", "2.850 ürün",
    "Deneme 990000000 size ileti gönderebilir mi?",
    "Onay on kişiden bir kişiye", "One of ten on May 5",
]  # fmt: skip


HOSTS = [
    "यहाँ.com", "iade.भारत", "iade.বাংলা", "iade̱.com", "iade.c̱om", "i❤.ws", "i❤️.ws/iade", "ödül★.ws", "∞.ws", "banka®.com",
    '"banka".com', "“banka”.com", "(banka).com", "banka。com",
]  # fmt: skip
LINKS += [*HOSTS, "banka . shop", "banka . online"]
LINKS += [f"banka{dot}iade{dot}com" for dot in "⋅・⸱⸳᛫"] + ["evil꞉//x"]


@pytest.mark.parametrize(("holds", "bad", "good"), [(holds_link, LINKS, NO_LINKS), (holds_phone, PHONES, NO_PHONES)])
def test_what_leads_elsewhere_is_told_however_it_is_written(holds, bad, good):
    assert [each for each in bad if not holds(each)] == []
    assert [each for each in good if holds(each)] == []


@pytest.mark.parametrize("host", HOSTS)
def test_no_mail_program_makes_a_link_of_a_broken_host(host):
    assert re.fullmatch(r"(\S+)[.] (\S+)", break_links(host))


def test_words_without_a_link_stay_as_they_are():
    kept = [each for each in NO_LINKS if not re.search(r"\d\.\d|//", each)]

    assert [break_links(each) for each in kept] == kept
