"""A long file of consents as a shop brings it, and what each of its lines must come to at us and at İYS."""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.core import clock
from tests.stories import lists

HEADER = ["Ad Soyad", "Telefon", "E-posta", "İzin Durumu", "İzin Tarihi", "Kaynak", "Dayanak"]
SMS, CALL, EMAIL = "MESAJ", "ARAMA", "EPOSTA"
BAD = {
    "0532 123": "phone_too_short", "0555 12 34 567 89 01": "phone_too_long", "5,32123E+11": "phone_scientific",
    "bilmiyorum": "unknown", "444 1 444": "phone_national_only", "ayşe@example.com": "email_turkish_letter",
    "ad soyad@example.com": "email_space", "ad@": "email_shape", "a@b@example.com": "email_shape",
}  # fmt: skip
TOO_LATE, TOO_OLD = timedelta(days=30), datetime(2014, 4, 1, 10, 0, tzinfo=clock.ISTANBUL)
# Of a thousand lines.
SHARES = {"refusal": 15, "late": 40, "old": 20, "to_come": 10, "bad": 40, "twice": 30, "taken_back": 10, "no_proof": 20}


@dataclass
class Brought:
    """The file, line by line: `words` says what comes of each channel of a line, `movements` what İYS holds of each
    key in the end. Lines count from 1, and the first one is the header."""

    rows: list[list[str]] = field(default_factory=list)
    words: dict[int, dict[str, str]] = field(default_factory=dict)
    movements: dict[tuple[str, str], list[tuple]] = field(default_factory=dict)

    def content(self) -> bytes:
        """As Turkish Excel writes it."""
        text = io.StringIO()
        csv.writer(text, delimiter=";").writerows([HEADER, *self.rows])
        return text.getvalue().encode("windows-1254")


def channels_of(address: str) -> tuple[str, ...]:
    """Which an address is asked for; a landline only calls."""
    if "@" in address:
        return (EMAIL,)
    return (SMS, CALL) if address.startswith("+905") else (CALL,)


def make(addresses: Sequence[str], at: datetime) -> Brought:
    """A line or two for each address, in an order of their own; always the same at the same moment."""
    dice = random.Random(len(addresses))
    kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
    kinds += ["grant"] * (1000 - len(kinds))
    lines = [line for address in addresses for line in _lines_of(address, dice.choice(kinds), at, dice)]
    dice.shuffle(lines)
    file = Brought()
    for number, (row, words, movements) in enumerate(lines, 2):
        file.rows.append(row)
        file.words[number] = words
        file.movements.update(movements)
    return file


def _lines_of(address: str, kind: str, at: datetime, dice: random.Random) -> list[tuple]:
    """(cells, what comes of them, what İYS holds of the key then)."""
    day = at - timedelta(hours=dice.randrange(1, 20), seconds=dice.randrange(3600))
    if (day.minute, day.second) == (0, 0):  # A whole hour may stand for the day alone.
        day -= timedelta(seconds=1)
    if kind == "bad":
        spelling, word = dice.choice(list(BAD.items()))
        return [(_row(spelling, "ONAY", day), {EMAIL if "@" in spelling else SMS: word}, {})]
    line = {
        "grant": ("ONAY", day, "grant"), "refusal": ("RET", day, "first_refusal"),
        "late": ("ONAY", at - TOO_LATE, "late_grant"), "old": ("ONAY", TOO_OLD, "date_before_2015"),
        "to_come": ("ONAY", at + TOO_LATE, "date_to_come"), "no_proof": ("ONAY", day, "origin_missing"),
        "twice": ("ONAY", day, "grant"), "taken_back": ("RET", day, "first_refusal"),
    }[kind]  # fmt: skip
    made = [_line(address, *line, dice, proof="" if kind == "no_proof" else "Form")]
    if kind in ("twice", "taken_back"):
        made.append(_line(address, "ONAY", day - timedelta(hours=3), "repeated", dice))
    return made


def _line(address: str, status: str, date: datetime, word: str, dice: random.Random, proof: str = "Form") -> tuple:
    words = dict.fromkeys(channels_of(address), word)
    if channels_of(address) == (CALL,):
        words[SMS] = "no_sms" if status == "ONAY" else word
    wall = clock.istanbul(date).strftime("%Y-%m-%d %H:%M:%S")
    held = {(address, each): [(status, wall, "HS_WEB")] for each in channels_of(address) if word == "grant"}
    return _row(_spelled(address, dice), status, date, proof), words, held


def _row(spelling: str, status: str, date: datetime, proof: str = "Form") -> list[str]:
    is_email = "@" in spelling
    wall = clock.istanbul(date).strftime("%d.%m.%Y %H:%M:%S")
    return ["Şükrü Ünlü", "" if is_email else spelling, spelling if is_email else "", status, wall, "HS_WEB", proof]


def _spelled(address: str, dice: random.Random) -> str:
    if "@" in address:
        return dice.choice(lists.EMAIL_SPELLINGS)(address)
    return dice.choice(lists.PHONE_SPELLINGS)(address.removeprefix("+90"))
