"""What the documentation says of each operation and each reason, as msgids."""

from datetime import date

from portal.api.documentation import campaign_texts, file_texts, retailers_texts, webhooks_texts
from portal.core.lazy_text import N_
from portal.core.models import DecisionOrigin, EventType, Outcome
from portal.domain.consents.may_send import Reason, Verdict

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
        N_(
            "Kararları, en yenisi başta, her birinin İYS'deki sonucuyla listeler. heldSince doluysa ondan öncekiler "
            "adresin önceki sahibinindir; adresin sahibine göstereceğiniz listeyi oradan kesin."
        ),
    ),
    "addConsent": (
        N_("Tek karar bildir"),
        N_(
            "Onay ya da ret kaydeder ve İYS'ye hemen iletir. Ret, firma durdurulmuşken de alınır; aynı "
            "Idempotency-Key ile bir dakika sonra yine gelen tarihsiz ret yeniden kaydedilir. Onay için anahtarda "
            "consents:grant da gerekir. Bir adresin kararlarını verildikleri sırayla bildirin: geçerli bir onayın "
            "üstüne gelen onay yazılmaz (same), arkasından gelen daha eski tarihli ret geçerli olur."
        ),
    ),
    "addConsents": (
        N_("Toplu karar bildir"),
        N_(
            "En çok 10.000 satır. Yanlış satırlar doğruları etkilemez; her satırın sonucu ayrıdır. Onaylar için "
            "anahtarda consents:grant da gerekir."
        ),
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
    "addSends": (
        N_("Gönderilenleri bildir"),
        N_(
            "Başka bir sistemle gönderdiğiniz en çok 10.000 iletiyi bildirir; “yazdınız” diyen kişiye yanıt verirken "
            "her birinin o anda gönderilebilir olup olmadığı ve önceden sorulup sorulmadığı görünür. Sonuç recorded ya "
            "da known (önceden bildirilmiş). Kayıtlar en az üç yıl saklanır."
        ),
    ),
    "listConsents": (
        N_("Bütün izinler"),
        N_(
            "Bir markanın izinlerini şimdiki durumlarıyla listeler. İlk eşitlemede bütün sayfaları okuyun, ilk "
            "sayfanın eventsCursor değerini saklayın ve değişiklikleri ondan izleyin."
        ),
    ),
    "listEvents": (
        N_("Değişiklikleri izle"),
        N_(
            "İmleçten sonra olanları verir: her olayı bir kez, bir izninkileri sırasıyla, hiçbirini atlamadan. Her "
            "olayda consent alanını brandCode, recipient, type ve recipientType anahtarıyla kaydınızın üzerine yazın, "
            "nextCursor değerini onunla birlikte saklayın, waitSeconds kadar bekleyip ondan sürdürün. Olaylar 60 gün "
            "saklanır; 410 gelirse izinleri baştan okuyun."
        ),
    ),
    **campaign_texts.OPERATIONS,
    **file_texts.OPERATIONS,
    **retailers_texts.OPERATIONS,
    **webhooks_texts.OPERATIONS,
}
REASONS: dict[Reason, str] = {
    Reason.GRANTED: N_("Onay var ve İYS'de kayıtlı."),
    Reason.MERCHANT: N_("Tacir; İYS'de ret yok."),
    Reason.EXEMPT: N_("Firma İYS'den muaf; kendi kaydı geçerli."),
    Reason.UNREGISTERED: N_(
        "Onay var, İYS'de kayıtlı olduğu henüz bilinmiyor. Sonucu parked ise beklemek yetmez: geçmişine bakın."
    ),
    Reason.NOT_PULLED: N_(
        "Onay vardı, ama İYS üç iş günüdür değişikliklerin hepsini bildirmedi: kişi orada reddetmiş olabilir. Panelde "
        "nedenine bakın."
    ),
    Reason.UNCHECKED: N_("Tacir; reddi olup olmadığına İYS'de daha bakılmadı."),
    Reason.REFUSED: N_("Kişi reddetti."),
    Reason.REFUSED_AT_IYS: N_("Kişi İYS'de reddetti."),
    Reason.UNREAD_REPLY: N_("Kişinin yanıtı ya da başvurusuna yazdığı bir ret olabilir; daha kimse okumadı."),
    Reason.EXPIRED: N_("Onay İYS'ye süresinde kaydedilemedi; geçersiz."),
    Reason.NOT_GRANTED: N_("Onay yok."),
    Reason.SANDBOX_ENDED: N_("Deneme markasında alınmış; geçersiz."),
}
VERDICTS: dict[Verdict, str] = {
    Verdict.MAY: N_("İleti gönderilebilir. Yalnız bu yanıtta gönderin."),
    Verdict.MAY_NOT: N_("Göndermeyin: ret var ya da onay yok."),
    Verdict.UNKNOWN: N_("Göndermeyin: daha belli değil; reason ne beklendiğini söyler, sonra yeniden sorun."),
}
OUTCOMES: dict[Outcome, str] = {
    Outcome.WAITING: N_("Sırada; bekleyin, kendiliğinden gider."),
    Outcome.SENT: N_("İYS'ye gönderildi, yanıtı bekleniyor ya da anlaşılmadı; bekleyin, kendiliğinden yinelenir."),
    Outcome.BLOCKED: N_("İYS bağlantısı ya da yetkisi durdu; panelden düzeltin, kendiliğinden gider."),
    Outcome.ACCEPTED: N_("İYS kabul etti; yapılacak bir şey yok."),
    Outcome.VERIFIED: N_("İYS kabul etti, kaydı İYS'de de görüldü; yapılacak bir şey yok."),
    Outcome.NOT_NEEDED: N_("İYS'de zaten böyle; yapılacak bir şey yok."),
    Outcome.OVERTAKEN: N_("İYS'de daha yeni bir karar var, geçerli olan odur; izni yeniden okuyun."),
    Outcome.ANNULLED: N_("Karar İYS'ye bildirilmeden geri alındı; izni yeniden okuyun."),
    Outcome.PARKED: N_(
        "İYS almadı ya da yanıtı anlaşılmadı; code nedenini söyler. Panelde, İYS sayfasından bakın: yeniden yalnız "
        "oradan gönderilir. Aynı karar yeniden bildirilirse known döner; bir saniye sonraki tarihle yeni karar olur."
    ),
    Outcome.EXPIRED: N_(
        "Onay İYS'ye süresinde kaydedilemedi, onunla ileti gönderilmez; kişiden yeni onay alın. Ret geçerlidir."
    ),
}
ORIGINS: dict[DecisionOrigin, str] = {
    DecisionOrigin.LINK: N_("Kişi, kendine gönderilen bağlantıyla karar verdi."),
    DecisionOrigin.ONE_CLICK: N_("Bağlantıya tek tıkla ret geldi (List-Unsubscribe, RFC 8058)."),
    DecisionOrigin.POINT: N_("Kişi, bir izin noktasında, adresine gelen kodla karar verdi."),
    DecisionOrigin.MINE: N_("Kişi, İzinlerim sayfasında reddetti."),
    DecisionOrigin.NOT_MINE: N_("Adresin sahibi, aranan kişi olmadığını söyledi."),
    DecisionOrigin.REPLY: N_("Kişi, bir iletiyi yanıtlayarak karar verdi."),
    DecisionOrigin.FEEDBACK: N_("Gönderim hizmeti bir ret ya da şikâyet bildirdi."),
    DecisionOrigin.AT_IYS: N_("Kişi İYS'de karar verdi ya da hattını kapattı."),
    DecisionOrigin.API: N_("Programınız API ile bildirdi."),
    DecisionOrigin.IMPORT: N_("Bir dosyayla geldi."),
    DecisionOrigin.STAFF: N_("Firmadan biri panelde yazdı."),
    DecisionOrigin.OTHER_SENDER: N_("Firma adına başka bir sistem İYS'ye bildirdi."),
    DecisionOrigin.RENEWAL: N_("İYS'nin süresini kaçıran bir ret, bugünün tarihiyle yeniden bildirildi."),
}
GROUPS: dict[str, str] = {  # By the first operation of each.
    "showMe": N_("Anahtar ve markalar"),
    "showConsent": N_("İzinler"),
    "addConsent": N_("Bildirme"),
    "checkAddresses": N_("Gönderme"),
    "listConsents": N_("İzleme"),
    "addCampaign": N_("Kampanyalar"),
    "listPoints": N_("Bağlantılar"),
    "addImport": N_("Dosyalar"),
    "listWebhooks": N_("Webhook"),
}
EVENTS: dict[EventType, str] = {
    EventType.DECISION_MADE: N_("Onay ya da ret kaydedildi; nereden geldiği origin alanındadır (iys: İYS'den)."),
    EventType.DECISION_ANNULLED: N_("Bir karar geri alındı; consent şimdi geçerli olanı gösterir."),
    EventType.IYS_OUTCOME: N_(
        "Karar İYS'de sonuçlandı. facts: outcome (accepted, verified, not_needed, overtaken, parked, expired, "
        "refused_at_iys: onay artık İYS'de yok) ve code."
    ),
    EventType.COMPLAINT_OPENED: N_(
        "Bir kişi başvurdu. facts: kind (still_receiving, erasure). erasure bir markanın değil, firmanındır: "
        "brandCode null."
    ),
    EventType.DEADLINE_NEAR: N_(
        "İYS'nin henüz almadığı kararlar var. facts: level (amber: 24 saat, red: 48 saat), count."
    ),
    EventType.DEADLINE_PASSED: N_("Süresi geçen, İYS'nin artık almadığı kararlar var. facts: level, count."),
    EventType.PACKAGE_LOW: N_(
        "Paket doluyor ya da doldu. Firmanındır: brandCode null. facts: level (near, grace, shut), records, used."
    ),
    EventType.CERTIFICATE_ISSUED: N_("Sorgu belgesi verildi. facts: type, may, may_not, unknown."),
}
CHANGES: list[tuple[date, str]] = [  # The newest first.
    (
        date(2026, 11, 29),
        N_(
            "İlk sürüm: anahtarlar, markalar, izinler, olaylar, kampanyalar, bağlantılar, dosyalar, gönderim "
            "kayıtları, göndermeden önce sorma."
        ),
    )
]
INVALID_ADDRESS = N_("Bu metin bir adres değil ya da bu kanala uymuyor.")
