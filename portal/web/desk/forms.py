"""The desk's forms. None of them grants: only the person can, by their own link."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core import display_names, short_numbers
from portal.core.models import Complaint
from portal.domain import complaints
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.validators import READABLE, asks_for_nothing_else, in_words, required_text, stop_if_wrong

MAX_LENGTH = 2000
ITS_PLACE = "\0"  # Where a reviewed contact stood.
GROWN = re.compile(r"[\w@.+/-]\0|\0[.+/-]?[\w@]")  # It as a part of another address or link,
LENGTHENED = re.compile(r"\d[\s()./+-]{0,9}\0|\0[\s()./+-]{0,9}\d")  # or of another number, also one in words.

# An account or page at another network, in display_names.fold's spelling.
NETWORK = (
    r"(?:insta(?:gram)?|facebook|messenger|tiktok|twitter|x(?!\w)|xt[ea]|telegram|whatsapp|signal|viber|discord|snapchat|bip"
    r"|linked ?in|skype|threads|you ?tube|pinterest|twitch|bluesky|n ?sosyal|next sosyal)"
)
PLACE = r"(?:hesap|hesab|sayfa|kanal|profil|grub|grup|kullanici ad|adres|account|channel|dm(?!\w))"
BETWEEN = r"\w{0,9}(?: \w{1,40}){0,3} "
ACCOUNT = re.compile(rf"(?<!\w)(?:{NETWORK}{BETWEEN}{PLACE}|{PLACE}{BETWEEN}{NETWORK})")


def _text(missing: str, *more: Callable[..., None]) -> list[Any]:
    return required_text(missing, MAX_LENGTH, _l("En çok 2.000 karakter yazın."), *more)


def _strip(text: str | None) -> str | None:
    return text and text.strip()


def _no_other_contact(form: "ShownForm", field: Field) -> None:
    """An account that was taken over sends nobody to a telephone, short number or page of its own."""
    stop_if_wrong(field)
    text = field.data or ""
    for contact in filter(None, form.contacts):
        text = re.sub(rf"(?<!\d){re.escape(contact)}(?!\d)", ITS_PLACE, text)
    is_grown = GROWN.search(text) or LENGTHENED.search(display_names.as_digits(text, each="0"))
    if is_grown or display_names.leads_elsewhere(text) or ACCOUNT.search(display_names.fold(text)):
        told = _(
            "Bağlantı, telefon ya da başka bir hesap yazılamaz; yalnız incelenmiş iletişim satırınız yazılabilir: "
            "%(contact)s"
        )
        raise ValidationError(told % {"contact": form.contacts[0]})
    if short := short_numbers.find_short_number(text):
        told = _(
            "Kısa numara sanılabilecek bir sayı var (%(number)s): yazmayın. Günü 12.03.2026, saati 14:30, başka "
            "sayıları 24 saat, 1.500 TL, 6563 sayılı Kanun gibi yazın; sipariş ve başvuru numaraları buraya değil, "
            "nota yazılır."
        )
        raise ValidationError(told % {"number": short if short in text else _("sözcüklerle")})


SHOWN = (_no_other_contact, asks_for_nothing_else)


class ShownForm(BaseForm):
    """A form with a text that the person reads. `contacts` are reviewed, the firm's line first."""

    def __init__(self, *arguments: Any, contacts: Sequence[str], **options: Any):
        super().__init__(*arguments, **options)
        self.contacts = contacts


class AnswerForm(ShownForm):
    answer = TextAreaField(_l("Kişiye yanıtınız"), filters=[_strip], validators=_text(_l("Yanıtı yazın."), *SHOWN))


class NoteForm(BaseForm):
    note = TextAreaField(_l("Not"), filters=[_strip], validators=_text(_l("Notu yazın.")))


class ReopenForm(ShownForm):
    reason = TextAreaField(
        _l("Neden yeniden açıyorsunuz?"),
        filters=[_strip],
        validators=_text(_l("Nedeni yazın."), in_words(_l("Nedeni yazın.")), *SHOWN),
    )


class DueForm(BaseForm):
    due = DateField(_l("Yeni son gün"), validators=[InputRequired(_l("Günü seçin."))])
    why = TextAreaField(
        _l("Neden?"), filters=[_strip], validators=_text(_l("Nedeni yazın."), in_words(_l("Nedeni yazın.")))
    )


class CloseForm(ShownForm):
    closing = RadioField(_l("Nasıl sonuçlandı?"), validators=[InputRequired(_l("Bir sonuç seçin."))])
    text = TextAreaField(
        _l("Kişiye yanıtınız"),
        filters=[_strip],
        validators=[Length(max=MAX_LENGTH, message=_l("En çok 2.000 karakter yazın.")), READABLE, *SHOWN],
    )

    def __init__(self, *arguments: Any, case: Complaint, **options: Any):
        super().__init__(*arguments, **options)
        self.closing.choices = [(each.value, label(each)) for each in complaints.list_closings(case)]
