"""Names and texts that stand in messages and pages of ours: visible characters, and nothing that leads elsewhere."""

import re
import unicodedata
from datetime import date

from portal.core.addresses import is_email
from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_
from portal.core.transliteration import ASCII, ascii_only

# Blank ones that Unicode counts as letters, symbols or marks: Hangul fillers, an empty Braille cell, joiners.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(each) for each in range(0xFE00, 0xFE10)}
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Also line breaks, and marks that turn the direction.
# Marks that nobody sees, by which letters and numbers beside them are drawn in another order.
TURNING = frozenset(
    each
    for each in map(chr, range(0x3000))
    if unicodedata.category(each) == "Cf" and unicodedata.bidirectional(each) not in ("L", "BN", "ON", "NSM")
)
DOTS = str.maketrans("。｡․·•∙‧٫⋅・⸱⸳᛫꞉", ".............:")  # As browsers read them in a host.
ENDINGS = r"(?:com|net|org|info|biz|tr|co|io|me|ly|app|link|xyz|site|online|shop|top|club|store)(?!\w)"
# A label with a letter after a dot, whatever sign or mark ends the one before (i❤.ws, "banka".com), an IP address, a
# scheme, and what people make of a dot or of a scheme.
LINK = re.compile(
    r"(?<=[^\s.])\.+(?=\d*+[^\W\d]\w|\d++[^\W\d]|\w/)|\d{1,3}(?:\.\d{1,3}){3}|[^\W\d]:[/\\]|://|@|(?<!\w)www\b"
    r"|(?<!\w)h(?:tt|xx)ps?(?!\w)|[(\[{<]\.[)\]}>]|\.\s+(?:com|net|org)(?!\w)|\s\.(?=[^\W\d]{2})|(?<!\w)(?:com|org|xyz|ly|gl|gd|gg|cc|co|io)/(?=\w)"
    rf"|(?:(?:nokta|(?<!\w)dot)[\W_]{{0,5}}|\w\s?[,;]|\s\.\s+){ENDINGS}"
    r"|(?<!\w)(?:telegram|whats ?app|(?:t|wa) me(?!\w))|(?<=\w) com(?!\w)|(?<!\w)nokta ko?m(?!\w)"
    r"|(?<=\w\w)\s?[(\[{<-]com(?!\w)",
    re.IGNORECASE,
)
# In a text as it is written, where marks stand between letters: such as of a host's ending, or signs of other scripts.
LOOKS_LIKE_A_LINK = re.compile(r"(?<=[^\s.])[.。｡．](?=\w\w|[^\W\d][^\x00-\xbf\s\u2000-\u206f])|:?//+|@")
FEWEST_LETTERS = 3  # Of a reason.
NAME_SIGNS = frozenset(" .'’-")
FEWEST_DIGITS = 7  # Firms' shortest numbers: 444 0 123.
# In a row, whatever signs and single letters part them.
DIGITS = re.compile(r"\d(?:(?:[\W_]|(?<![^\W\d_])[^\W\d_](?![^\W\d_]))*+\d)*+")
# In lower case without Turkish letters, each as two digits, so that four in a row are a number.
NUMERAL = re.compile(
    "sifir|bir|iki|uc|dort|bes|alti|yedi|sekiz|dokuz|on|yirmi|otuz|kirk|elli|altmis|yetmis|seksen|doksan|yuz|zero|oh|one|two|"
    "three|four|five|six|seven|eight|nine|double|triple|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
)
NUMERALS = re.compile(rf"(?<!\w)(?:{NUMERAL.pattern})++(?!\w)")
LIKE_DIGITS = re.compile(
    r"(?<![^\W\d_])[oοоil]++(?=\d)|(?<=\d)[oοоilszb]++(?![^\W\d_])|(?<=\d)[oοоilszb]++(?=\d)|(?<=\d[\W_])[oοо](?=[\W_]\d)"
)
DAY = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}-\d\d-\d\d")
DATES = re.compile(
    rf"(?:{DAY.pattern})(?:,? (?:[01]?\d|2[0-3])[:.][0-5]\d| ?- ?(?:{DAY.pattern}))?"
)  # Or day and hour.
HARMLESS = re.compile(  # An amount, laws, hours.
    r"(?:[1-9]\d{0,2}(?:[.,]\d{3}){1,2}(?:[.,]\d\d)?|[1-9]\d{3,5},\d\d)\s?"
    r"(?:(?:tl|try|lira|usd|eur|euro|dolar)(?![^\W\d_])|[₺$€](?![\W_]*+\d))"
    r"|[1-9]\d{3}(?:, ?[1-9]\d{3}){1,2} (?:ve|and|sayili)(?!\w)"
    r"|(?:\d{1,2}[.:](?:00|15|30|45) ?-? ?){2}(?![\W_]*+\d)"
    r"|(?<=deneme )99\d{7}(?!\d)"  # trial_name
)
COUNTED = "tl|try|lira|usd|eur|euro|dolar|kisi|adet|gun|puan|urun|sayili"  # Behind an amount or a count.
# "0850 GARANTI": letters are keys, too. Without a zero only what no amount or count follows.
VANITY = re.compile(
    r"(?<![\d.,])(?:(?:\+?90|0)[\W_]*+[89][05]0|444)(?:[\W_]*+\d){0,3}[\W_]*+"
    rf"(?!(?:{COUNTED}|ve|and)(?:y?[ae]|n?in|den|dan|lik|luk|)(?![^\W\d_]))[^\W\d_]{{3,}}"
)
DIAL_CODE = re.compile(r"[*#∗]\s?\d{2,3}\s?[*#∗]")  # "*21*" and a number forwards calls to it.
WORD = re.compile(r"[^\s,;()<>]+")
PARTS = re.compile(r"[\W_]+")
PIECES = re.compile(r"(?<!\w)[a-z]{1,2}(?: [a-z]{1,2})+(?!\w)")
LETTERS = re.compile(r"[^\W\d_]+")


class NameProblem(ExplainedProblem):
    """Why a text is no name to show."""

    BLANK = "blank", N_("Ad boş."), N_("Kişilerin sizi tanıdığı adı yazın.")
    INVISIBLE = (
        "invisible",
        N_("Adda görünmeyen karakterler ya da satır sonu var."),
        N_("Adı tek satırda, klavyeden yeniden yazın."),
    )
    LINK = (
        "link",
        N_("Adda bağlantıya ya da telefona benzeyen bir parça var."),
        N_("Numara ve uzantı (.com gibi) yazmayın; kısaltmalarda noktadan sonra boşluk bırakın."),
    )


class BadName(ValueError):
    """The text is no name to show; `problem` says why."""

    def __init__(self, problem: NameProblem):
        super().__init__(problem.value)
        self.problem = problem


def parse_name(text: str) -> str:
    """A name as it is stored: composed, with single spaces. Raises BadName."""
    stripped = text.strip()
    if any(each in BLANK or unicodedata.category(each) in INVISIBLE for each in stripped):
        raise BadName(NameProblem.INVISIBLE)
    name = unicodedata.normalize("NFC", " ".join(stripped.split()))
    if not any(each.isalnum() for each in name):
        raise BadName(NameProblem.BLANK)
    if leads_elsewhere(name):
        raise BadName(NameProblem.LINK)
    return name


def parse_title(text: str) -> str:
    """The same for a trade title, whose abbreviations ("San.Tic.Ltd.Şti.") get their spaces. Raises BadName."""
    return parse_name(re.sub(r"(?<=\w)\.(?=\w{2})", ". ", text))


def holds_words(text: str) -> bool:
    """Whether a text says anything: at least FEWEST_LETTERS letters that are seen."""
    return sum(each.isalpha() and each not in BLANK for each in text) >= FEWEST_LETTERS


def is_of_letters(text: str) -> bool:
    """Whether a text is of letters of any script, which are seen, and of what stands between them in people's names."""
    return all(each in NAME_SIGNS or (unicodedata.category(each)[0] in "LM" and each not in BLANK) for each in text)


def trial_name(code: int) -> str:
    """What our sentences call a brand or provider of sandbox mode, whose own name nobody has reviewed."""
    return f"Deneme {code}"


def holds_link(text: str) -> bool:
    """Whether a phone, a mail program or a reader might make a link of a part of the text."""
    return LINK.search(_bare(text)) is not None


def holds_phone(text: str) -> bool:
    """Whether a number that may be called stands in the text: seven digits in a row, whatever parts or spells them,
    which are neither a date or two, nor an amount, hours, or numbers of laws; or fewer and a word to key; or a code."""
    plain = as_digits(text)
    return any(each.search(plain) for each in (VANITY, DIAL_CODE)) or any(
        _count_digits(plain, row) >= FEWEST_DIGITS and not _is_dates(row[0]) for row in DIGITS.finditer(plain)
    )


def as_digits(text: str, *, each: str = "00") -> str:
    """As it is read, in lower case without Turkish letters, with zeros for letters that look like digits and `each` for
    a numeral."""
    plain = NUMERALS.sub(lambda found: NUMERAL.sub(each, found[0]), _plain(text).translate(ASCII).lower())
    return LIKE_DIGITS.sub(lambda found: "0" * len(found[0]), plain)


def leads_elsewhere(text: str) -> bool:
    """Whether a link or a telephone number stands in the text."""
    return holds_link(text) or holds_phone(text)


def _count_digits(plain: str, row: re.Match[str]) -> int:
    """The digits of a row behind what is harmless at its beginning."""
    harmless = HARMLESS.match(plain, row.start())
    return sum(map(str.isdecimal, plain[harmless.end() if harmless else row.start() : row.end()]))


def fold(text: str) -> str:
    """As it is read, in plain small letters: visible, without accents, one blank between words and between parts that
    signs divide; two or more parts of one or two letters are one word ("ş.i.f.r.e", "IB AN")."""
    words = " ".join(PARTS.sub(" ", ascii_only(_bare(text)).lower()).split())
    return PIECES.sub(lambda found: found[0].replace(" ", ""), words)


def mixed_word(text: str) -> str:
    """The first word with letters of Latin and of another script, which look like those of one; or an empty string."""
    return next((each for each in LETTERS.findall(_plain(text)) if len({*map(_is_latin, each)}) > 1), "")


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def break_links(text: str) -> str:
    """The text so that no mail program makes a link of a part: a space after a dot, or instead of other characters."""
    return LOOKS_LIKE_A_LINK.sub(lambda found: " " if found[0][0] in ":/@" else ". ", text)


def _bare(text: str) -> str:
    """The same without marks: accents, and signs of scripts that write vowels so."""
    return "".join(each for each in unicodedata.normalize("NFKD", _plain(text)) if unicodedata.category(each)[0] != "M")


def _plain(text: str) -> str:
    """As it is read: without invisible characters, in the usual forms of letters, digits and dots."""
    visible = "".join(each for each in text if each not in BLANK and unicodedata.category(each) != "Cf")
    return "".join(map(_as_digit, unicodedata.normalize("NFKC", visible))).translate(DOTS)


def _as_digit(sign: str) -> str:
    """The digit that a sign stands for in some script or shape (❽, ⓿, 八), or the sign."""
    value = unicodedata.numeric(sign, None)
    return str(int(value)) if value is not None and value in range(10) else sign


def _is_dates(row: str) -> bool:
    """Whether it is a valid day with its hour, or a range of two, and nothing beside."""
    return bool(DATES.fullmatch(row)) and all(map(_is_day, DAY.findall(row)))


def _is_day(text: str) -> bool:
    parts = [int(each) for each in re.split("[./-]", text)]
    try:
        day = date(*(parts if "-" in text else reversed(parts)))
    except ValueError:
        return False
    return 1900 < day.year < 2100


def without_emails(text: str) -> str:
    """Contact details without the e-mail addresses in them, each a word of its own."""
    return WORD.sub(lambda word: " " if is_email(word[0].rstrip(".")) else word[0], text)
