"""İYS's enums for channel, recipient type, status and source, with English member names, and our reactions to it."""

from enum import StrEnum


class Channel(StrEnum):
    """How a commercial message is sent (İYS `type`)."""

    SMS = "MESAJ"
    CALL = "ARAMA"
    EMAIL = "EPOSTA"


MESSAGE_CHANNELS = (Channel.SMS, Channel.EMAIL)  # Those that carry a text, and so a link.


LINE_CLOSED = "IYS_AHS_HAT_KAPATMA"  # A source: the operator told İYS that a number is given up.


class RecipientType(StrEnum):
    """Whether the address belongs to a person or to a merchant (İYS `recipientType`)."""

    INDIVIDUAL = "BIREYSEL"
    MERCHANT = "TACIR"


class Status(StrEnum):
    """What was decided (İYS `status`)."""

    GRANTED = "ONAY"
    REFUSED = "RET"


class Source(StrEnum):
    """Where a decision was made, as a provider may state it (İYS `source`, HS_ values; IYS_* are only read)."""

    WEB = "HS_WEB"
    ELECTRONIC = "HS_EORTAM"
    MOBILE_APP = "HS_MOBIL"
    SMS = "HS_MESAJ"
    EMAIL = "HS_EPOSTA"
    CALL_CENTRE = "HS_CAGRI_MERKEZI"
    SOCIAL_MEDIA = "HS_SOSYAL_MEDYA"
    PHYSICAL_PLACE = "HS_FIZIKSEL_ORTAM"
    SIGNED_FORM = "HS_ISLAK_IMZA"
    EVENT = "HS_ETKINLIK"
    ATM = "HS_ATM"
    BEFORE_2015 = "HS_2015"
    PROVIDER_DECISION = "HS_KARAR"


class Action(StrEnum):
    """What to do after an answer from İYS; code_meanings.py maps codes to actions."""

    NOOP = "noop"  # İYS has this state already: close as done.
    RETRY = "retry"  # The same bytes again, with exponential backoff.
    WAIT = "wait"  # No call of this kind until the rate limit's window has passed.
    AUTH = "auth"  # Renew the token once, then send again.
    CONFIG = "config"  # Stop for this provider until a person has changed an account, a right or a package.
    FIX = "fix"  # Bad data or our own bug: park, never send again unchanged.
    RECONCILE = "reconcile"  # Ask İYS for the state, then decide.
    EXPIRED = "expired"  # Too old to be stored: a new decision is needed.
