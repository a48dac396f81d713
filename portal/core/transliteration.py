"""How texts are spelled where there is little room: in plain ASCII, and a firm by its number."""

ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâîûÂÎÛ’‘“”–—…", "cgiosuCGIOSUaiuAIU''\"\"--.")
MERSIS, TCKN = 16, 11  # Digits.


def ascii_only(text: str) -> str:
    """The text with Turkish letters as their nearest ASCII ones; what has none becomes a question mark."""
    return text.translate(ASCII).encode("ascii", "replace").decode()


def sender_identity(title: str, number: str) -> str:
    """A merchant by MERSİS number, or a tradesperson by name and tax or identity number (Regulation art. 8)."""
    if len(number) == MERSIS:
        return f"Mersis {number}"
    return f"{title} {'TCKN' if len(number) == TCKN else 'VKN'} {number}"
