"""Sentences that are translated later: marked where they stand, translated by whoever shows them."""


def N_(text: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a sentence for translation."""
    return text
