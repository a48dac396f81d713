"""What vendors' reasons mean to whoever has an account there: a sentence, and what to do."""

from datetime import datetime

from flask_babel import format_time
from flask_babel import gettext as _
from wtforms import SelectChoice

from portal.core.lazy_text import N_
from portal.services.messaging.gateways.protocol import ErrorClass, Reason, ReportState, SendError

# A sentence and a cure, as msgids.
REASONS: dict[Reason, tuple[str, str]] = {
    Reason.BAD_ADDRESS: (N_("Adres geçersiz ya da artık kullanılmıyor."), N_("Adresi kontrol edin.")),
    Reason.BLOCKED_BY_VENDOR: (
        N_("Kişi, firmanın kendi ret listesinde."), N_("Bu bir rettir; o adrese ileti göndermeyin."),
    ),
    Reason.BLOCKED_BY_IYS: (
        N_("Firma, İYS'de onay bulunmadığı için iletiyi durdurdu."), N_("Kişinin İYS'deki durumuna bakın."),
    ),
    Reason.DUPLICATE: (
        N_("Firma, aynı iletiyi bu adrese az önce almış."), N_("Bir süre bekleyin; ikinci kez gönderilmez."),
    ),
    Reason.CONTENT: (N_("Firma iletinin metnini kabul etmedi."), N_("Metni kısaltın ya da firmaya nedenini sorun.")),
    Reason.NO_CREDIT: (N_("Hesabınızda bakiye kalmamış."), N_("Firmanın panelinden bakiye yükleyin.")),
    Reason.CREDENTIALS: (
        N_("Firma kullanıcı adını ya da şifreyi kabul etmedi."),
        N_("API bilgilerini firmanın panelinden kopyalayıp yeniden yazın."),
    ),
    Reason.HEADER: (
        N_("Gönderici adı bu hesapta kayıtlı değil ya da reddedildi."),
        N_("Kayıtlı olanı harfi harfine yazın ya da firmadan onay isteyin."),
    ),
    Reason.NETWORK_ADDRESS: (
        N_("Firma, bu sunucunun IP adresinden gelen çağrıları kabul etmiyor."),
        N_("Bu siteyi işletenden isteyeceğiniz IP adresini firmanın panelinde izinli adreslere ekleyin."),
    ),
    Reason.IYS_SETUP: (
        N_("Firmadaki hesabınızda İYS markası tanımlı değil."), N_("Firmanın panelinde İYS marka kodunuzu tanımlayın."),
    ),
    Reason.RATE: (N_("Firma, bu kadar sık gönderime izin vermiyor."), N_("Saniyedeki ileti sayısını azaltın.")),
    Reason.UNREACHABLE: (
        N_("Alıcıya ulaşılamadı: telefon kapalı ya da posta kutusu dolu olabilir."), N_("Daha sonra yeniden deneyin."),
    ),
    Reason.UNAVAILABLE: (
        N_("Firmadan yanıt alınamadı."),
        N_("Yazdığınız adresi kontrol edin; doğruysa birkaç dakika sonra yeniden deneyin."),
    ),
    Reason.UNKNOWN: (
        N_("Firma, bilmediğimiz bir yanıt verdi."), N_("Yanıttaki sözcüğü firmanın destek ekibine sorun."),
    ),
}  # fmt: skip

# What went wrong before a vendor had a word in it, or with what we made of its answer: our codes.
OWN_CODES: dict[str, tuple[str, str]] = {
    "url_not_allowed": (
        N_("Bu adrese bağlanılmaz: https:// ile başlamalı ve internette olmalı."), N_("Adresi düzeltin."),
    ),
    "bad_certificate": (
        N_("Adresteki sertifika geçerli değil."), N_("Adresi kontrol edin; doğruysa firmaya bildirin."),
    ),
    "bad_request": (
        N_("Gönderimde HTTP'nin taşıyamadığı bir karakter var."),
        N_("Adreste, anahtarda ve başlıklarda Türkçe harf ya da satır sonu olmasın."),
    ),
    "bad_mail_header": (
        N_("Göndericide ya da geri dönenlerin alan adında, bir e-postaya yazılamayan karakterler var."),
        N_("İkisini de yeniden yazın; alan adı posta.firmaniz.com gibidir."),
    ),
    "foreign_sender": (
        N_("Gönderici adı, firmanızın ya da incelenmiş bir markanızın adı değil."),
        N_(
            "SMS'te adı, markanın gönderici adını ya da iletişim satırındaki numarayı, e-postada tam adı yazın. Yenisi "
            "önce marka sayfasında onaylanmalı."
        ),
    ),
    "words_of_description": (
        N_("Hesabın tanımı, iletilere kendinden bir gönderici adı ya da söz katıyor."),
        N_("“Bilgileri değiştir”i açıp kaydedin: hangi alanın neden değişeceği orada yazar."),
    ),
    "unproved_sender": (
        N_("Gönderici adresinin firmanızın olduğu doğrulanmadı."),
        N_(
            "Adresin alan adını marka sayfasında “Kendi kısa alan adlarınız” bölümüne ekleyip DNS kaydıyla doğrulayın "
            "ya da ekibinizden birinin giriş yaptığı adresi yazın. Reddedilmiş bir alan adıyla e-posta gönderilmez."
        ),
    ),
    "unproved_bounce_domain": (
        N_("Geri dönen iletilerin alan adının firmanızın olduğu doğrulanmadı."),
        N_(
            "Marka sayfasındaki “Kendi kısa alan adlarınız” bölümünde doğruladığınız bir alan adını ya da onun hemen "
            "altındaki bir adı yazın: firmaniz.com doğrulandıysa posta.firmaniz.com olur."
        ),
    ),
    "unapproved_sender": (
        N_("Gönderici adresi onaylanmadı."),
        N_("Alıcılar bu adresi görür; yeni bir adresi önce biz inceleriz, sonucu firmanızın sahiplerine yazarız. "
           "Onaylanınca bir deneme iletisi gönderin. Reddedildiyse başka bir adres yazın."),
    ),
    "unreadable": (N_("Hesabın kayıtlı bilgileri açılamadı."), N_("Bilgileri yeniden yazın.")),
    "not_understood": (
        N_("Başarılı göründü, ama firmanın ileti numarası beklediğimiz yerde yoktu."),
        N_("Aşağıdaki yanıtta numarayı bulun, “Firmanın yanıtı ve hataları” bölümünde yerini seçin. Yer listede yoksa "
           "“Örneklere dön” ile bu yanıtı “Başarılı yanıt örneği” olarak yapıştırın."),
    ),
    "no_word": (
        N_("Firma yanıt verdi; ama bu yanıt, tanımladığınız başarı ya da hatalardan biri değil."),
        N_("Aşağıdaki yanıtı okuyun, “Firmanın yanıtı ve hataları” bölümünü açın: ileti alındıysa başarı sözcüğünü ve "
           "yerini düzeltin, alınmadıysa bulduğumuz sözcüğü hatalara ekleyin."),
    ),
    "refused": (
        N_("Firma isteği bu haliyle almadı."),
        N_("Nedenini aşağıdaki yanıtta okuyun ve “Gönderimin alanları” bölümünü firmanın sayfasıyla karşılaştırın."),
    ),
    **dict.fromkeys(
        ("http_301", "http_302", "http_307", "http_308", "http_404", "http_405"),
        (N_("Firmanın bu adresinde böyle bir hizmet yok."),
         N_("Adresi ve yöntemi firmanın sayfasıyla karşılaştırın.")),
    ),
}  # fmt: skip

# Other codes that are no vendor's words.
NOBODYS = {"no_connection", "no_answer", "answer_too_long", "too_many", "same_address", "address", "disconnected"}
# The field to look at, by what went wrong: its name, and its id in the form.
ADDRESS_FIELD = N_("Gönderim adresi (URL)"), "url"
FIELDS: dict[str, tuple[str, str]] = {
    Reason.CREDENTIALS: (N_("API bilgileri"), "header"),
    Reason.HEADER: (N_("Gönderici"), "header"),
    Reason.BAD_ADDRESS: (N_("Telefon numarası"), ""),
    **dict.fromkeys(("url_not_allowed", "bad_certificate", "no_connection", "http_404", "http_405"), ADDRESS_FIELD),
    "not_understood": (N_("Firmanın ileti numarası"), "ref"),
    "no_word": (N_("Başarı sayılan sözcük"), "success_words"),
    "refused": (N_("Gönderimin alanları"), "role_0"),
}

# What becomes of messages by the class of an error; and why they fail so, as a choice.
CLASSES: dict[ErrorClass, tuple[str, tuple[Reason, ...]]] = {
    ErrorClass.PERMANENT: (N_("Bu ileti gitmez"), (
        Reason.UNKNOWN, Reason.BAD_ADDRESS, Reason.CONTENT, Reason.DUPLICATE, Reason.BLOCKED_BY_VENDOR,
        Reason.BLOCKED_BY_IYS,
    )),
    ErrorClass.CONFIG: (N_("Hesap düzeltilene kadar hiçbiri gitmez"), (
        Reason.CREDENTIALS, Reason.NO_CREDIT, Reason.HEADER, Reason.NETWORK_ADDRESS, Reason.IYS_SETUP, Reason.UNKNOWN,
    )),
    ErrorClass.TEMPORARY: (N_("Sonra yeniden denenir"), (Reason.RATE, Reason.UNAVAILABLE)),
    ErrorClass.UNCERTAIN: (N_("Gidip gitmediği belli değil"), (Reason.UNKNOWN,)),
}  # fmt: skip
STATES = {
    ReportState.DELIVERED: N_("Ulaştı"), ReportState.FAILED: N_("Ulaşmadı"),
    ReportState.EXPIRED: N_("Süresinde ulaşmadı"), ReportState.ACCEPTED: N_("Firma aldı, sonuç bekleniyor"),
}  # fmt: skip
# What a part of a call is, by the name of its placeholder.
ROLES = {
    "to": N_("alıcının numarası"), "text": N_("iletinin metni"), "header": N_("gönderici adı"),
    "secret.username": N_("kullanıcı adı"), "secret.password": N_("şifre"), "secret.token": N_("API anahtarı"),
    "item_id": N_("iletinin bizdeki numarası"), "batch_id": N_("çağrının bizdeki numarası"),
    "callback_url": N_("rapor ve yanıt adresimiz"),
}  # fmt: skip
FAILURES = (Reason.BAD_ADDRESS, Reason.UNREACHABLE, Reason.BLOCKED_BY_VENDOR, Reason.BLOCKED_BY_IYS)


def error_meanings(current: str) -> list[SelectChoice]:
    """Choices of "class/reason" by class, with the current one."""
    choices = []
    for error_class, (words, reasons) in CLASSES.items():
        own, _slash, reason = current.partition("/")
        known = dict.fromkeys([*reasons, *([Reason(reason)] if own == error_class else [])])
        choices += [
            SelectChoice(f"{error_class}/{each}", _reason_words(each, _(words)), optgroup=_(words)) for each in known
        ]
    return choices


def state_meanings(current: str) -> list[SelectChoice]:
    """Choices of "state/" and "state/reason", with the current one."""
    choices = {f"{state}/": _(words) for state, words in STATES.items()}
    failed = _(STATES[ReportState.FAILED])
    choices |= {f"failed/{reason}": f"{failed}: {_reason_words(reason)}" for reason in FAILURES}
    choices = {"": _("seçin")} | choices | {f"{ReportState.ACCEPTED}/{Reason.UNKNOWN}": _("Bilinmiyor")}
    return [SelectChoice(value, text) for value, text in ({current: current} | choices).items()]


def _reason_words(reason: Reason, meaning: str = "") -> str:
    if reason is Reason.UNKNOWN:
        return _("%(meaning)s: başka bir neden", meaning=meaning)
    return _(REASONS[reason][0]).rstrip(".")


def too_many(again_at: datetime) -> str:
    """Of a limit: how long it lasts."""
    return _(
        "Son bir saatte çok fazla denendi; %(when)s sonrasında yeniden deneyin.", when=format_time(again_at, "HH:mm")
    )


def explain_error(error: SendError) -> str:
    """A failure with its cure and the vendor's own word."""
    return explain_reason(error.reason, error.code)


def explain_reason(reason: str | None, code: str | None) -> str:
    """The same of a row; a reason of a later version counts as unknown."""
    if code in OWN_CODES:
        return " ".join(map(_, OWN_CODES[code]))
    known = Reason(reason) if reason in set(Reason) else Reason.UNKNOWN
    sentence, cure = REASONS[known]
    if code and code.startswith("http_"):
        word = " " + _("HTTP durumu: %(code)s.", code=code.removeprefix("http_"))
    else:
        word = " " + _("Firmanın sözcüğü: %(code)s.", code=code) if code and code not in NOBODYS else ""
    return f"{_(sentence)} {_(cure)}{word}"
