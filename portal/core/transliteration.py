"""Texts for SMS: ASCII transliteration of Turkish, and the sender's identity in few characters."""

import re
import unicodedata

# One dot may link. A back-tick is ASCII, but no alphabet of SMS has it.
ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâîûÂÎÛ’‘`´“”„–—•\u00a0\t", "cgiosuCGIOSUaiuAIU''''\"\"\"---  ") | {ord("…"): "..."}
MERSIS, TCKN = 16, 11  # Digits.


def ascii_only(text: str) -> str:
    """Transliterate letters, quotes, dashes, ₺ and € to ASCII; any other character becomes a question mark.

    An accent that stands alone stays one: dropped, it could make a link of what was none.
    """
    text = unicodedata.normalize("NFC", text).translate(ASCII)
    if not text.isascii():
        text = text.replace(" ₺", "₺").replace("₺", " TL").replace(" €", "€").replace("€", " EUR")
        text = "".join(unicodedata.normalize("NFD", each)[0] if each.isalpha() else each for each in text)
    return text.encode("ascii", "replace").decode()


def slug(text: str, longest: int) -> str:
    """The text's words in lower-case ASCII with hyphens between, those that fit as a whole; it may be empty."""
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only(text).lower()).strip("-")
    return words if len(words) <= longest else words[: longest + 1].rpartition("-")[0]


def sender_identity(title: str, number: str) -> str:
    """The sender as a message must name it (Regulation art. 8): MERSİS number, or name and tax or identity number."""
    if len(number) == MERSIS:
        return f"Mersis {number}"
    return f"{title} {'TCKN' if len(number) == TCKN else 'VKN'} {number}"
