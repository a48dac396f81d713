"""Commercial, exempt, or to a merchant: what the law asks of a message."""

import pytest

from portal.domain.campaigns.message_rules import MessageRule, Reader, Subject, find_rule

EXEMPT, CONSENT, MERCHANT, REFUSED = MessageRule


@pytest.mark.parametrize(
    ("promotes", "subject", "reader", "has_refused", "rule"),
    [
        (False, Subject.ORDER, Reader.PERSON, False, EXEMPT),
        (False, Subject.DUTY, Reader.PERSON, True, EXEMPT),  # A refusal concerns commercial messages.
        (True, Subject.ORDER, Reader.PERSON, False, CONSENT),  # No advertising inside what is exempt.
        (False, Subject.OTHER, Reader.PERSON, False, CONSENT),  # Greetings make the firm known.
        (True, Subject.OTHER, Reader.MERCHANT, False, MERCHANT),
        (True, Subject.OTHER, Reader.MERCHANT, True, REFUSED),
        (True, Subject.MEMBERSHIP, Reader.PERSON, True, REFUSED),
    ],
)
def test_a_message_has_its_rule(promotes, subject, reader, has_refused, rule):
    assert find_rule(promotes=promotes, subject=subject, reader=reader, has_refused=has_refused) == rule
