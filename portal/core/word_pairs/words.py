"""256 Turkish nouns that everybody knows, spelled in plain ASCII and hard to take for one another."""

from pathlib import Path

WORDS = tuple(Path(__file__).with_suffix(".txt").read_text(encoding="ascii").split())
