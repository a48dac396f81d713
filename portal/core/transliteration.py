"""Texts for SMS: ASCII transliteration of Turkish, and the sender's identity in few characters."""

ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâîûÂÎÛ’‘“”–—", "cgiosuCGIOSUaiuAIU''\"\"--") | {ord("…"): "..."}  # One dot may link.
MERSIS, TCKN = 16, 11  # Digits.


def ascii_only(text: str) -> str:
    """Transliterate Turkish letters to ASCII; other characters outside ASCII become question marks."""
    return text.translate(ASCII).encode("ascii", "replace").decode()


def sender_identity(title: str, number: str) -> str:
    """The sender as a message must name it (Regulation art. 8): MERSİS number, or name and tax or identity number."""
    if len(number) == MERSIS:
        return f"Mersis {number}"
    return f"{title} {'TCKN' if len(number) == TCKN else 'VKN'} {number}"
