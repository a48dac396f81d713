"""256 common Turkish nouns in plain ASCII, hard to confuse."""

from pathlib import Path

WORDS = tuple(Path(__file__).with_suffix(".txt").read_text(encoding="ascii").split())
