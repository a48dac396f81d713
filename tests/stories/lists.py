"""A long list as a shop keeps it: names, telephones and e-mails in every usual Turkish spelling, some rows bad."""

import csv
import io
import random

MOBILES = ["530", "532", "535", "541", "544", "505", "507", "552", "555", "501"]
LANDLINES = ["2123", "2164", "3124", "2324"]
NAMES = ["Ayşe Yılmaz", "Çağrı Öztürk", "Gülşah İnce", "Ömer Şen", "İlker Güneş", "Ebru Doğan", "Uğur Çelik"]

# n is the ten digits of a national number.
PHONE_SPELLINGS = [
    lambda n: f"0{n[:3]} {n[3:6]} {n[6:8]} {n[8:]}",
    lambda n: f"+90 {n[:3]} {n[3:6]} {n[6:8]} {n[8:]}",
    lambda n: f"+90{n}",
    lambda n: f"90{n}",
    lambda n: n,
    lambda n: f"0{n}",
    lambda n: f"0({n[:3]}) {n[3:6]}-{n[6:8]}-{n[8:]}",
    lambda n: f"(0{n[:3]}) {n[3:6]} {n[6:]}",
    lambda n: f"+90 ({n[:3]}) {n[3:6]} {n[6:8]} {n[8:]}",
    lambda n: f"0090 {n[:3]} {n[3:6]} {n[6:8]} {n[8:]}",
    lambda n: f"0{n[:3]}.{n[3:6]}.{n[6:8]}.{n[8:]}",
    lambda n: f"0{n[:3]}-{n[3:6]}-{n[6:8]}-{n[8:]}",
    lambda n: f"0{n[:3]}/{n[3:]}",
    lambda n: f"{n[:3]} {n[3:6]} {n[6:]}",
    lambda n: f" 0 {n[:3]} {n[3:6]} {n[6:8]} {n[8:]} ",
    lambda n: f"0{n[:3]}\xa0{n[3:6]}\xa0{n[6:8]}\xa0{n[8:]}",
    lambda n: f"+90 0{n[:3]} {n[3:6]} {n[6:8]} {n[8:]}",
    lambda n: f"Tel: 0{n[:3]} {n[3:6]} {n[6:8]} {n[8:]}",
    lambda n: f"GSM {n[:3]} {n[3:6]} {n[6:8]} {n[8:]}",
    lambda n: f"'0{n}",  # As Excel keeps a zero.
    lambda n: f'="0{n}"',
    lambda n: f"{n}.0",  # As a table program writes a number.
]
EMAIL_SPELLINGS = [
    lambda mail: mail,
    lambda mail: mail.upper(),
    lambda mail: mail.capitalize(),
    lambda mail: f"  {mail} ",
    lambda mail: f"Ayşe Yılmaz <{mail}>",
    lambda mail: f"mailto:{mail}",
    lambda mail: f"E-posta: {mail}",
    lambda mail: f"{mail}.",
]
BAD_PHONES = ["0532 123", "0555 12 34 567 89 01", "5,32123E+11", "bilmiyorum", "444 1 444", "0900 123 45 67"]
BAD_EMAILS = ["ayşe@example.com", "ad soyad@example.com", "ad@", "ad.example.com", "ad@example,com"]
BAD = 60
REPEATED = 40


def addresses(count: int) -> list[str]:
    """Canonical addresses, six mobiles, one landline and three e-mails of each ten; always the same."""
    return [_address(number) for number in range(count)]


def shop_list(count: int) -> bytes:
    """A semicolon-separated Windows-1254 file with that many different good addresses, BAD bad rows, and some again."""
    dice = random.Random(count)
    good = addresses(count)
    rows = [_row(number, address) for number, address in enumerate(good)]
    rows += [_row(dice.randrange(1000), address) for address in dice.sample(good, REPEATED)]
    bad_phones = [["Şükrü Ünlü", BAD_PHONES[number % len(BAD_PHONES)], ""] for number in range(BAD // 2)]
    bad_emails = [["Şükrü Ünlü", "", BAD_EMAILS[number % len(BAD_EMAILS)]] for number in range(BAD // 2)]
    rows += bad_phones + bad_emails
    dice.shuffle(rows)
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([["Adı Soyadı", "Telefon", "E-posta"], *rows])
    return text.getvalue().encode("windows-1254")


def _address(number: int) -> str:
    place = number % 10
    if place < 6:
        return f"+90{MOBILES[number // 10 % len(MOBILES)]}{1_000_000 + number * 37}"
    if place == 6:
        return f"+90{LANDLINES[number // 10 % len(LANDLINES)]}{100_000 + number}"
    return f"kisi.{number}@example.com"


def _row(number: int, address: str) -> list[str]:
    name = NAMES[number % len(NAMES)]
    if "@" in address:
        return [name, "", EMAIL_SPELLINGS[number % len(EMAIL_SPELLINGS)](address)]
    spell = PHONE_SPELLINGS[number % len(PHONE_SPELLINGS)]
    return [name, spell(address.removeprefix("+90")), ""]
