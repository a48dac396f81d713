"""The form of a campaign's sentences. What the law wants stands in fixed lines around them, and is no field."""

import re
from dataclasses import asdict
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.core.models import Campaign
from portal.domain.campaigns.message_texts import MessageWording
from portal.web.dashboard.campaigns.promotion_check import PromotionForm
from portal.web.shared.validators import READABLE, without_contact

WRITTEN = InputRequired(_l("Bir cümle yazın."))
SHOWN = [READABLE, without_contact]
SMS, SUBJECT, BODY = (Length(max=most) for most in (300, 120, 2000))
LINES = re.compile(r"\n{3,}")


class MessageTextForm(PromotionForm):
    sms_tr = TextAreaField(_l("SMS cümlesi"), validators=[WRITTEN, SMS, *SHOWN])
    sms_en = TextAreaField(_l("SMS cümlesi, İngilizce"), validators=[Optional(), SMS, *SHOWN])
    subject_tr = StringField(_l("E-posta konusu"), validators=[WRITTEN, SUBJECT, *SHOWN])
    subject_en = StringField(_l("E-posta konusu, İngilizce"), validators=[Optional(), SUBJECT, *SHOWN])
    body_tr = TextAreaField(_l("E-posta metni"), validators=[WRITTEN, BODY, *SHOWN])
    body_en = TextAreaField(_l("E-posta metni, İngilizce"), validators=[Optional(), BODY, *SHOWN])
    searched = ("sms_tr", "sms_en", "subject_tr", "subject_en", "body_tr", "body_en")

    def __init__(self, campaign: Campaign, wording: MessageWording, **options: Any):
        super().__init__(data=asdict(wording), **options)
        self.campaign = campaign

    @property
    def asks(self) -> bool:
        return self.campaign.kind.takes_grants

    def validate(self, extra_validators: Any = None) -> bool:
        is_good = super().validate(extra_validators)
        return self.accepts_promotion() and is_good

    def wording(self) -> MessageWording:
        """The sentences; only mails have several lines."""
        texts = {name: (self[name].data or "").replace("\r\n", "\n").strip() for name in self.searched}
        lines = {name: LINES.sub("\n\n", text) for name, text in texts.items() if name.startswith("body")}
        return MessageWording(**{name: " ".join(text.split()) for name, text in texts.items()} | lines)
