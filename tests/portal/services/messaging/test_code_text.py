"""What the message with a code says."""

import pytest

from portal.core.models import MessageKind, Purpose
from portal.services.messaging.outgoing_messages import render_message

pytestmark = pytest.mark.alike


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("language", ["tr", "en"])
def test_each_thing_in_the_mail_is_a_paragraph(app, language, purpose):
    facts = {"sender": "Örnek Mağaza", "code": "123456", "purpose": purpose.value, "notice": "https://x"}

    with app.test_request_context():
        paragraphs = render_message(MessageKind.CODE, language, facts, is_mail=True).text.strip().split("\n\n")

    assert len(paragraphs) == 6 and all(one == one.strip() for one in paragraphs)
