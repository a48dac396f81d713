"""The limits of sign-ins as tests count them."""

from portal.core.throttle import QUARTER_HOUR, RATES, Limit

WINDOW = QUARTER_HOUR
PER_ACCOUNT = RATES[Limit.PASSWORDS_OF_ACCOUNT][0].most
PER_NETWORK = RATES[Limit.PASSWORDS_OF_NETWORK][0].most
PER_PERSON_A_DAY, PER_PERSON = (rate.most for rate in RATES[Limit.FACTORS_OF_PERSON])
[RESETS_AN_HOUR] = (rate.most for rate in RATES[Limit.RESETS_OF_PERSON])
