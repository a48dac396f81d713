"""Words that were in use before, kept a line each: messages that hold them are answered later."""

MOST = 50


def with_former(kept: str, word: str) -> str:
    """The lines with a word in front that is no longer in use; each once."""
    return "\n".join([*dict.fromkeys([word, *kept.splitlines()])][:MOST])
