"""Forms of a complaint. Without CSRF token or session: the code in the URL is the credential."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from stdnum import luhn
from wtforms import BooleanField, DateField, Field, RadioField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core import clock
from portal.core.display_names import TURNING
from portal.core.images import BadImage, ImageProblem
from portal.core.iys_protocol import Channel
from portal.core.models import Complaint, ComplaintKind
from portal.domain.complaints import screenshots
from portal.domain.replies import ReplyOutcome, classify_reply
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.validators import READABLE, required_text, stop_if_wrong

BIDI_MARKS = re.compile(rf"[\u200e\ufeff{''.join(sorted(TURNING))}]")  # They come with pasted text.
FIRST_DAY = date(2015, 5, 1)  # The law begins.
GROUPS = re.compile(r"[0-9]+(?:[\s._-]{1,2}[0-9]+)*")  # Of digits, as cards have them; perhaps more behind them.
CARD_DIGITS = {"3": 15, "4": 16, "5": 16, "6": 16, "9": 16}  # By the first one.
IBAN = re.compile(r"TR[\s.-]{0,2}[0-9]{2}(?:[\s.-]{0,2}[0-9]){22}", re.I)
REFUSES = _l("Bu marka bana artık bu yolla ticari ileti göndermesin: reddetmediysem reddim kaydedilsin.")
REFUSES_BRAND = _l("Bu marka bana artık hiçbir yolla ticari ileti göndermesin: reddim kaydedilsin.")
REFUSES_FIRM = _l("Bu firmanın bugünkü hiçbir markası bana hiçbir yolla ticari ileti göndermesin: reddim kaydedilsin.")
BAD_PICTURES = {
    ImageProblem.TOO_LARGE: _l("Resim 15 MB'tan büyük. İletinin ekran görüntüsünü alıp onu seçin."),
    ImageProblem.TOO_MANY_PIXELS: _l("Resim çok büyük. İletinin ekran görüntüsünü alıp onu seçin."),
    ImageProblem.SHAPE: _l("Resim çok ince uzun. İletinin göründüğü kısmın ekran görüntüsünü seçin."),
    ImageProblem.DAMAGED: _l("Resim dosyası bozuk. Ekran görüntüsünü yeniden alıp seçin."),
    ImageProblem.MARKUP: _l("Bu dosya bir resim değil. PNG, JPEG ya da WebP olan ekran görüntüsünü seçin."),
    ImageProblem.UNKNOWN: _l("Bu dosya PNG, JPEG ya da WebP değil. İletinin ekran görüntüsünü seçin."),
}


def clean_text(text: str | None) -> str | None:
    """Without bidirectional marks and surrounding space."""
    return text and BIDI_MARKS.sub("", text).strip()


class SessionlessForm(BaseForm):
    class Meta:
        csrf = False


class ComplaintForm(SessionlessForm):
    sender = RadioField(_l("İletiyi hangi marka gönderdi?"), validators=[InputRequired(_l("Bir marka seçin."))])
    channel = RadioField(_l("İleti nasıl geldi?"), validators=[InputRequired(_l("Birini seçin."))])
    header = StringField(
        _l("Gönderenin adı ya da numarası"),
        filters=[clean_text],
        validators=required_text(
            _l("İletide görünen gönderen adını ya da numarayı yazın."), 60, _l("En çok 60 karakter yazın.")
        ),
    )
    day = DateField(_l("Geldiği gün"), format=["%Y-%m-%d", "%d.%m.%Y"], validators=[InputRequired(_l("Günü seçin."))])
    hour = TimeField(
        _l("Geldiği saat"), format=["%H:%M", "%H:%M:%S", "%H.%M"], validators=[InputRequired(_l("Saati yazın."))]
    )
    text = TextAreaField(
        _l("İletinin tam metni"),
        filters=[clean_text],
        validators=[Length(max=3000, message=_l("En çok 3.000 karakter yazın.")), READABLE],
    )
    picture = FileField(_l("Ekran görüntüsü"))
    refuses = BooleanField(REFUSES, default=True)

    def __init__(
        self, *arguments: Any, senders: Sequence[tuple[int, str]], channels: Sequence[Channel], **options: Any
    ):
        super().__init__(*arguments, **options)
        self.sender.choices = [(str(brand_id), name) for brand_id, name in senders]
        self.channel.choices = [(each.value, label(each)) for each in channels]
        for name, choices in (("sender", senders), ("channel", channels)):
            if len(choices) == 1:
                delattr(self, name)  # There is nothing to choose.
        self.png: bytes | None = None
        self._senders, self._channels = senders, channels

    @property
    def refused_channels(self) -> tuple[Channel, ...]:
        """What the form refuses of a brand that is known, also where nothing was validated: all by a text that is a
        refusal and nothing else, its channel by the tick."""
        if not self.is_brand_known:
            return ()
        if classify_reply(self.text.data or "") == ReplyOutcome.REFUSAL:
            return tuple(Channel)
        return (self.chosen_channel,) if self.refuses.data and self._is_known("channel") else ()

    @property
    def has_words(self) -> bool:
        """Whether its person wrote or uploaded anything, also where nothing was validated."""
        return bool(self.text.data or self.header.data or self.picture.data)

    @property
    def is_brand_known(self) -> bool:
        return self._is_known("sender")

    @property
    def brand_id(self) -> int:
        return int(self.sender.data) if "sender" in self else self._senders[0][0]

    @property
    def chosen_channel(self) -> Channel:
        return Channel(self.channel.data) if "channel" in self else self._channels[0]

    @property
    def came_at(self) -> datetime:
        """In UTC."""
        return datetime.combine(self.day.data, self.hour.data, tzinfo=clock.ISTANBUL).astimezone(UTC)

    def _is_known(self, name: str) -> bool:
        return name not in self or self[name].data in dict(self[name].choices)

    def validate_picture(self, field: FileField) -> None:
        """Re-encode the screenshot. WTForms runs this last, so that a bad picture loses none of the words."""
        upload = field.data.read(screenshots.LARGEST + 1) if field.data else b""
        if not upload:
            return
        try:
            self.png = screenshots.convert_screenshot(upload)
        except BadImage as bad:
            raise ValidationError(str(BAD_PICTURES[bad.problem])) from None

    def validate(self, extra_validators: Any = None) -> bool:
        """Also check that the message came between 2015 and now."""
        is_good = super().validate(extra_validators)
        if self.day.errors:  # The field's own message is not for people.
            self.day.errors = [gettext("Günü gün, ay ve yılıyla yazın; örneğin 24.11.2026.")]
        if self.hour.errors:
            self.hour.errors = [gettext("Saati yazın; örneğin 14:05.")]
        has_moment = not self.day.errors and not self.hour.errors
        if has_moment and not (self.day.data >= FIRST_DAY and self.came_at <= clock.now()):
            self.day.errors = [gettext("Bu zaman olamaz: ileti bugün ya da daha önce gelmiş olmalı.")]
            return False
        return is_good


def _holds_account(text: str) -> bool:
    """Whether the number of a card, or of an account, stands in a text."""
    return IBAN.search(text) is not None or any(map(_holds_card, GROUPS.findall(text)))


def _holds_card(groups: str) -> bool:
    parts = re.findall("[0-9]+", groups)
    for first, number in enumerate(parts):
        digits = CARD_DIGITS.get(number[0], 0)
        number = "".join(parts[first : first + digits])[:digits]
        if len(number) == digits > 0 and luhn.is_valid(number):
            return True
    return False


def no_account(_form: BaseForm, field: Field) -> None:
    """A firm's answer stands above this field, and nobody has read it: it may ask for just that."""
    stop_if_wrong(field)
    if _holds_account(field.data or ""):
        told = gettext("Kart ya da hesap numarası yazmayın: burayı firma okur, hiçbir firmanın buna ihtiyacı olmaz.")
        raise ValidationError(told)


class WordForm(SessionlessForm):
    """A further message in a case, or why it should be reopened."""

    refuses = BooleanField(REFUSES_BRAND, default=True)
    text = TextAreaField(
        _l("Eklemek istediğiniz"),
        filters=[clean_text],
        validators=required_text(_l("Birkaç sözcükle yazın."), 2000, _l("En çok 2.000 karakter yazın."), no_account),
    )

    def __init__(self, *arguments: Any, case: Complaint, **options: Any):
        super().__init__(*arguments, **options)
        if case.kind == ComplaintKind.ERASURE:
            self.refuses.label.text = REFUSES_FIRM
