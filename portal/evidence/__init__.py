"""Evidence on paper: what a person or a provider shows to somebody else."""

from portal.evidence.receipt import Paper, Section, drawn

__all__ = ["Paper", "Section", "drawn"]
