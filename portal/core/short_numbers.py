"""Short numbers that SMS go to or that are called (3838, 118 80), in a text that nobody reviewed."""

import re

from portal.core.display_names import COUNTED, DIGITS, as_digits

FEWEST_DIGITS = 4  # Those of three call for help (112, 155).
MONTHS = (
    "ocak|subat|mart|nisan|mayis|haziran|temmuz|agustos|eylul|ekim|kasim|aralik|january|february|march|april|may|june|july|"
    "august|september|october|november|december"
)
YEAR, TIME = r"(?:19|20)\d\d", r"(?:[01]?\d|2[0-3])[:.][0-5]\d"
COUNT = r"\d{1,3}(?:[.,]\d{3}){0,3}(?:[.,]\d\d)?"  # "3838 TL" could be read as a number to write to.
UNIT = rf"(?:[₺$€]|(?:{COUNTED}|saat|dakika|hafta|is gun|ay(?!ar)|yil(?!diz)|people|hours|days)\w{{0,5}}(?!\w))"
TOLD_OF_A_DAY = r"(?=['’ ]?[dt][ae](?!\w)|[.,;)!?](?!\d)| tarih|\s*$)"  # "12.03.2026 20.58'den arayın" tells no hour.
NOT_TO_CALL = r"(?![\s.,/–-]{0,3}\d|\s?['’]?\s?(?:y?[aeiu]|[dt][ae]n)(?!\w))"
DAY = (
    rf"(?:[0-3]?\d[./][01]?\d[./]{YEAR}|{YEAR}-[01]\d-[0-3]\d)(?:,? {TIME}{TOLD_OF_A_DAY})?"
    rf"|(?:\d\d?(?: ?[-,–/] ?| (?:ve|and) )){{0,9}}\d\d?\.? (?:{MONTHS})(?: {YEAR})?"
)
YEARS = rf"{YEAR}(?= (?:yil|sene)|['’ ]?[dt][ae]n?(?!\w))|{YEAR} ve {YEAR}(?= (?:yil|sene)l[ae]r)"
HOURS = rf"saat\w{{0,5}} {TIME}(?: ?[-–] ?{TIME})?|{TIME} ?[-–] ?{TIME}(?= aras)|{TIME.replace('.', '')}"
AMOUNT = rf"(?<!\d ){COUNT}(?: ?[-–/] ?{COUNT})? ?{UNIT}|[₺$€] ?{COUNT}{NOT_TO_CALL}"
# Any number that is said to be a law's, and the own one of the law that is known by its letters.
LAW = r"[1-9]\d{3} sayili (?:\w{1,20} ){0,5}(?:kanun|yasa|karar)|6698 sayili kvkk|kvkk \(6698\)"
NAMED_YEAR, SHARE = rf"(?:{MONTHS})\w{{0,5}} (?:\d\d?,? )?{YEAR}(?!\d)", r"(?:% ?|yuzde )\d{1,3}(?:[.,]\d\d?)?(?!\d)"
# What is no number to write to, in lower case without Turkish letters.
HARMLESS = re.compile(rf"(?<![\d.,])(?:{DAY}|{YEARS}|{HOURS}|{AMOUNT}|{LAW})|{NAMED_YEAR}|{SHARE}")
MASKED = re.compile(r"(?:\+\d{1,3} )?\d?••[• ]{0,15}\d\d(?!\d)")  # As addresses.mask writes numbers.


def find_short_number(text: str) -> str:
    """The first row of four to six digits, whatever parts or spells them, that is none of a day, an hour, an amount or
    a law; empty where there is none. display_names.holds_phone knows the longer ones."""
    plain = HARMLESS.sub(" xx ", as_digits(MASKED.sub(" xx ", text), each="0"))
    return next((row[0] for row in DIGITS.finditer(plain) if sum(map(str.isdecimal, row[0])) >= FEWEST_DIGITS), "")
