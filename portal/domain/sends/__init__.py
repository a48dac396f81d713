"""Messages that providers sent by other systems, as they report them, and the checks they made before. Nothing here
commits."""

from portal.domain.sends.address_checks import record_check
from portal.domain.sends.reported_sends import Send, record_sends

__all__ = ["Send", "record_check", "record_sends"]
