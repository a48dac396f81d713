"""Labels of the fields that a file's columns may hold, and messages for missing ones."""

from flask_babel import lazy_gettext as _l

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.services.imports.layout import Field

FIELDS = {
    Field.ADDRESS: _l("Adres (telefon ya da e-posta)"),
    Field.PHONE: _l("Telefon"),
    Field.EMAIL: _l("E-posta"),
    Field.CHANNEL: _l("Kanal"),
    Field.STATUS: _l("Durum (onay, ret)"),
    Field.STATUS_SMS: _l("SMS izni (evet, hayır)"),
    Field.STATUS_CALL: _l("Arama izni (evet, hayır)"),
    Field.STATUS_EMAIL: _l("E-posta izni (evet, hayır)"),
    Field.DATE: _l("İzin tarihi"),
    Field.TIME: _l("İzin saati"),
    Field.SOURCE: _l("İzin kaynağı"),
    Field.TYPE: _l("Alıcı tipi"),
    Field.NAME: _l("Ad, soyad"),
    Field.ORIGIN: _l("Onayın dayanağı"),
    Field.CONTACT: _l("İlk temas"),
}
# The columns that make a default unnecessary.
GIVEN_BY = {
    "channels": (Field.CHANNEL, Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL),
    "status": (Field.STATUS, Field.STATUS_SMS, Field.STATUS_CALL, Field.STATUS_EMAIL),
    "source": (Field.SOURCE,),
    "date": (Field.DATE,),
    "origin": (Field.ORIGIN,),
    "recipient_type": (Field.TYPE,),
    "contact": (Field.CONTACT,),
}
MISSING = {
    "channels": _l("Satırlarda kanal yazmıyorsa en az bir kanal seçin."),
    "status": _l("Bu satırların onay mı, ret mi olduğunu seçin; ya da yukarıda durum sütununu gösterin."),
    "source": _l("İzinlerin nasıl alındığını seçin; ya da yukarıda kaynak sütununu gösterin."),
    "date": _l("İzinlerin alındığı tarihi yazın; ya da yukarıda tarih sütununu gösterin."),
    "origin": _l("Onayları neyin kanıtladığını yazın; ya da yukarıda dayanak sütununu gösterin."),
}
# The possible meanings of a word, by its kind.
MEANINGS = {"status": Status, "channel": Channel, "source": Source, "type": RecipientType}
KINDS = {"status": _l("Durum"), "channel": _l("Kanal"), "source": _l("Kaynak"), "type": _l("Alıcı tipi")}
