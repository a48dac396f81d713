"""What a launch may need, and in what words its page says so."""

from dataclasses import dataclass
from enum import StrEnum

from portal.core.lazy_text import N_


class Need(StrEnum):
    AUDIENCE = "audience"
    LISTS = "lists"
    COLUMNS = "columns"
    BRAND = "brand"
    PACKAGE = "package"
    TWO_PEOPLE = "two_people"
    PLANNER = "planner"  # Of a planned launch, at its time.
    CONTACT = "contact"
    PROMOTION = "promotion"
    REVIEW = "review"
    ANOTHER_TEXT = "another_text"
    REFUSAL = "refusal"
    SMS = "sms"
    EMAIL = "email"
    HEADER = "header"
    ROUTE = "route"
    REPLY_NUMBER = "reply_number"
    PULL = "pull"
    CONFIRMATION = "confirmation"


@dataclass(frozen=True)
class NeedWords:
    """Msgids: what is needed, what to do where it is missing, and why (`basis`: law, regulation or checklist)."""

    title: str
    cure: str
    basis: str


WORDS: dict[Need, NeedWords] = {
    Need.AUDIENCE: NeedWords(
        N_("Adres listesi"), N_("Bir adres listesi getirin."), N_("Her adrese kendi bağlantısı yapılır.")
    ),
    Need.LISTS: NeedWords(
        N_("Listeler okundu"),
        N_("Liste okunuyor; bitince başlatabilirsiniz."),
        N_("Okunmamış bir listede ret olabilir."),
    ),
    Need.COLUMNS: NeedWords(
        N_("Okunmayan liste, sütun, sayfa ve alanlar"),
        N_("Okunmayan liste, sütun, sayfa ve alanlara bakıp içlerinde ret olmadığını onaylayın."),
        N_("Reddetmiş olana sorulmaz (6563 sayılı Kanun md. 8/3)."),
    ),
    Need.BRAND: NeedWords(
        N_("Marka açık"),
        N_("Marka kapalı ya da firmanız askıda: yeni bir şey başlatılamaz."),
        N_("Kapalı marka sormaz."),
    ),
    Need.PULL: NeedWords(
        N_("İYS'deki retler"),
        N_("İYS üç iş günüdür değişiklikleri bildirmiyor; kimin reddettiği bilinmiyor. Bildirince başlatabilirsiniz."),
        N_("Onayını teyit etmesi, yalnız ileti gönderilebilecek olandan istenir (Yönetmelik md. 5/3)."),
    ),
    Need.PACKAGE: NeedWords(
        N_("Paket"), N_("Paketiniz şu anda yeni kişilere sormayı kapsamıyor; yenileyin."), N_("Paketinizin sınırı.")
    ),
    Need.TWO_PEOPLE: NeedWords(
        N_("İkinci kişi"),
        N_("Kampanyayı hazırlamamış biri başlatmalı."),
        N_("Firmanız, hazırlayanın başlatmamasını seçti."),
    ),
    Need.PLANNER: NeedWords(
        N_("Planlayanın yetkisi"),
        N_("Planlayan kişi artık kampanya başlatamıyor; yetkili biri başlatmalı ya da yeniden planlamalı."),
        N_("Kampanyayı, o anda yetkisi olan biri başlatır."),
    ),
    Need.CONTACT: NeedWords(
        N_("İlk temas"),
        N_("Temasın türü ve günü ne kampanyada ne de listede yazıyor."),
        N_("Yalnız teması kendisi başlatana sorulur (Yönetmelik md. 6)."),
    ),
    Need.PROMOTION: NeedWords(
        N_("Tanıtımsız metin"),
        N_("Metinde tanıtım sayılabilecek sözcükler var; izin isteyen iletide tanıtım olmaz."),
        N_("İzin isteyen ileti tanıtım içermez (Yönetmelik md. 6)."),
    ),
    Need.REVIEW: NeedWords(
        N_("Metnin incelenmesi"),
        N_("İncelemede: kendi yazdığınız metne önce biz bakar, sonucu e-postayla bildiririz. Olağan metin beklemez."),
        N_("Alıcı yalnız incelenmiş metin görür."),
    ),
    Need.ANOTHER_TEXT: NeedWords(
        N_("Metnin incelenmesi"),
        N_("Metin onaylanmadı. İletininkini değiştirin; sayfanınki değişmez, onun için yeni kampanya açın."),
        N_("Alıcı yalnız incelenmiş metin görür."),
    ),
    Need.REFUSAL: NeedWords(
        N_("Ret adresi"),
        N_("İletinin metninde yalnız reddetmeye yarayan adres yok."),
        N_("Her ileti ret imkânını taşır (Yönetmelik md. 9/3)."),
    ),
    Need.SMS: NeedWords(
        N_("SMS hesabı"),
        N_("Listede telefon var, ama markanın çalışan bir SMS hesabı yok: ekleyin ve deneme iletisi gönderin."),
        N_("İletileri sizin hesabınız gönderir."),
    ),
    Need.EMAIL: NeedWords(
        N_("E-posta hesabı"),
        N_("Listede e-posta var, ama markanın çalışan bir e-posta hesabı yok: ekleyin ve deneme iletisi gönderin."),
        N_("İletileri sizin hesabınız gönderir."),
    ),
    Need.HEADER: NeedWords(
        N_("SMS başlığı"),
        N_("Markanın SMS başlığı, hesabınkiyle aynı değil: birini düzeltin."),
        N_("Alıcı kimin yazdığını başlıktan bilir (Yönetmelik md. 8)."),
    ),
    Need.ROUTE: NeedWords(
        N_("Yurt içi gönderim"),
        N_("Hesabın firması iletiyi Türkiye'den mi gönderiyor? Hesabın bilgilerinde belirtin."),
        N_("Yurt dışından gelen, bağlantılı SMS'ler 1 Nisan 2026'dan beri iletilmiyor (BTK kararı)."),
    ),
    Need.REPLY_NUMBER: NeedWords(
        N_("Yanıt numarası"),
        N_(
            "SMS'lerde yanıt numaranız yazmayacak: çalışan hesaplarınız son 90 günde ona yazılmış bir SMS getirmedi. "
            "Numara sizdeyse ona bir SMS yazın; değilse markanın sayfasında değiştirin ya da silin."
        ),
        N_("Yazılan ret bize ulaşmalı (Yönetmelik md. 9/3)."),
    ),
    Need.CONFIRMATION: NeedWords(
        N_("Onay bildirimleri"),
        N_("Onay verene aynı gün bildirim gitmeli: hesap ekleyin ya da bildirimi kendinizin yapacağını belirtin."),
        N_("Bildirim aynı gün gider (Yönetmelik md. 7)."),
    ),
}
