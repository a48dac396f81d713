"""Mark texts for translation where they are defined; whoever shows them translates."""


def N_(text: str) -> str:
    """Mark a msgid for extraction and return it unchanged."""
    return text
