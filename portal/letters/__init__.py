"""The letter by which a provider authorises its partner at İYS, ready to sign; and the papers that come back signed."""

from portal.letters.authorisation import Letter, drawn

__all__ = ["Letter", "drawn"]
