"""What the documentation says of each operation and each reason, as msgids."""

from portal.api.documentation import campaign_texts
from portal.core.lazy_text import N_
from portal.domain.consents.may_send import Reason

OPERATIONS: dict[str, tuple[str, str]] = {  # In the order of the page.
    "showMe": (N_("Anahtarın sahibi"), N_("Firmayı, anahtarın yetkilerini ve paketin durumunu gösterir.")),
    "listBrands": (
        N_("Markalar"),
        N_("Anahtarın ulaştığı markaları, kanal başına yetki ve sayıları, İYS bağlantısının durumunu gösterir."),
    ),
    "showConsent": (
        N_("Bir adresin izni"),
        N_(
            "Buradaki ve İYS'deki durumu, ileti gönderilip gönderilemeyeceğini, nedenini söyler. Kayıt yoksa 404 döner."
        ),
    ),
    "queryConsent": (
        N_("Bir adresin izni, adres gövdede"),
        N_("Aynı yanıt. Adres bağlantıda yer almaz; vekil sunucuların ve tarayıcıların kayıtlarına düşmez."),
    ),
    "mayBeMessaged": (
        N_("İleti gönderilebilir mi?"),
        N_("Gövdesiz yanıt: 200 gönderilebilir, 404 gönderilmez ya da bilinmiyor. Kasa ve çağrı merkezi için."),
    ),
    "listHistory": (
        N_("Bir adresin geçmişi"),
        N_("Kararları, en yenisi başta, her birinin İYS'deki sonucuyla listeler."),
    ),
    "addConsent": (
        N_("Tek karar bildir"),
        N_("Onay ya da ret kaydeder ve İYS'ye hemen iletir. Ret, firma durdurulmuşken de alınır."),
    ),
    "addConsents": (
        N_("Toplu karar bildir"),
        N_("En çok 10.000 satır. Yanlış satırlar doğruları etkilemez; her satırın sonucu ayrıdır."),
    ),
    "showRequest": (
        N_("Bir isteğin sonucu"),
        N_("Yazan bir isteğin satırlarını ve İYS'nin şimdiye kadarki yanıtını gösterir. 60 gün saklanır."),
    ),
    "checkAddresses": (
        N_("Göndermeden önce sor"),
        N_(
            "En çok 50.000 adres için ileti gönderilip gönderilemeyeceğini söyler. Adres olmayan metne gönderilmez. "
            "İmzalı sorgu belgesi de verir; onu herkes /dogrula sayfasında denetler."
        ),
    ),
    "listConsents": (
        N_("Bütün izinler"),
        N_("Bir markanın izinlerini şimdiki durumlarıyla listeler. İlk eşitleme için: sonra değişiklikleri izleyin."),
    ),
    "listEvents": (
        N_("Değişiklikleri izle"),
        N_(
            "İmleçten sonra olanları verir: her olayı bir kez, bir izninkileri sırasıyla, hiçbirini atlamadan. Olaylar "
            "60 gün saklanır. Bütün kararlar (İYS'den gelenler de), iptaller, İYS sonuçları, başvurular ve süreler."
        ),
    ),
    **campaign_texts.OPERATIONS,
}
REASONS: dict[Reason, str] = {
    Reason.GRANTED: N_("Onay var ve İYS'de kayıtlı."),
    Reason.MERCHANT: N_("Tacir; İYS'de ret yok."),
    Reason.EXEMPT: N_("Firma İYS'den muaf; kendi kaydı geçerli."),
    Reason.UNREGISTERED: N_("Onay var, İYS'de kayıtlı olduğu henüz bilinmiyor."),
    Reason.UNCHECKED: N_("Tacir; reddi olup olmadığına İYS'de daha bakılmadı."),
    Reason.REFUSED: N_("Kişi reddetti."),
    Reason.REFUSED_AT_IYS: N_("Kişi İYS'de reddetti."),
    Reason.UNREAD_REPLY: N_("Kişinin ret olabilecek bir yanıtını daha kimse okumadı."),
    Reason.EXPIRED: N_("Onay İYS'ye süresinde kaydedilemedi; geçersiz."),
    Reason.NOT_GRANTED: N_("Onay yok."),
    Reason.SANDBOX_ENDED: N_("Deneme markasında alınmış; geçersiz."),
}
INVALID_ADDRESS = N_("Bu metin bir adres değil ya da bu kanala uymuyor.")
