"""What İYS's codes for consents, tokens and rate limits mean to a provider, grouped by meaning."""

from typing import NamedTuple

from portal.core.iys_protocol.actions import Action
from portal.core.lazy_text import N_

AUTH, CONFIG, EXPIRED, FIX = Action.AUTH, Action.CONFIG, Action.EXPIRED, Action.FIX
NOOP, RECONCILE, RETRY, WAIT = Action.NOOP, Action.RECONCILE, Action.RETRY, Action.WAIT


class Meaning(NamedTuple):
    """Our action, a sentence and a cure (msgids), and the codes that mean this, with their HTTP status."""

    action: Action
    sentence: str
    cure: str
    codes: dict[str, int]


NOTHING_TO_DO = N_("Bir şey yapmanız gerekmez.")
SENT_AGAIN = N_("Bir şey yapmanız gerekmez; aynı bildirim kendiliğinden yeniden gönderilir.")
SLOWED_DOWN = N_("Bir şey yapmanız gerekmez; sınır süresi dolunca bildirimler kendiliğinden sürer.")
TELL_SUPPORT = N_("Destek ekibine bildirin; bu kayıt düzeltilmeden yeniden gönderilmez.")
CHECK_ADDRESS = N_("Adresi düzeltin ya da listeden çıkarın.")
CHECK_DATE = N_("İzin tarihini düzeltin (Türkiye saatiyle yyyy-aa-gg ss:dd:ss).")
CHECK_ACCOUNT = N_("İYS API kullanıcı adını ve şifresini Bağlantı sayfasında düzeltin.")
CHECK_CODES = N_("İYS numarasını ve marka kodunu kontrol edin; yanlışsa destek ekibine bildirin.")
CHECK_RIGHTS = N_("hs.iys.org.tr üzerinden API kullanıcısının yetkilerini kontrol edin.")
CHECK_PACKAGE = N_(
    "İYS aboneliğinizi yenileyin ya da paketinizi değiştirin; bekleyen bildirimler sonra kendiliğinden gider."
)

CONSENT_MEANINGS = (
    # The decision is already there, or something newer is.
    Meaning(NOOP, N_("İYS'de bu izin zaten aynı durumda."), NOTHING_TO_DO, {"H174": 400}),
    Meaning(
        NOOP,
        N_("İYS'de bu alıcı için onay yok; geri alınacak bir izin bulunmuyor. Ret burada geçerlidir."),
        NOTHING_TO_DO,
        {"H175": 400},
    ),
    Meaning(
        RECONCILE,
        N_("İYS'de bu alıcının daha yeni tarihli bir kararı var."),
        N_("Bir şey yapmanız gerekmez; İYS'deki güncel karar alınır."),
        {"H178": 400},
    ),
    Meaning(
        EXPIRED,
        N_("İzin üç iş gününden eski olduğu için İYS'ye kaydedilemiyor."),
        N_("Onay için alıcıdan yeniden izin isteyin; ret, bugünün tarihiyle yeniden bildirilir."),
        {"H467": 422},
    ),
    # İYS has trouble of its own.
    Meaning(
        RETRY,
        N_("İYS'de beklenmedik bir hata oluştu."),
        SENT_AGAIN,
        {"H015": 500, "H412": 500, "H470": 500, "H476": 500},
    ),
    Meaning(
        RETRY,
        N_("İYS kaydı yazamadı ya da okuyamadı."),
        SENT_AGAIN,
        {"H100": 500, "H101": 500, "H102": 500, "H103": 500, "H105": 500, "H106": 500, "H107": 500, "H179": 500},
    ),
    Meaning(RETRY, N_("İYS şu anda meşgul."), SENT_AGAIN, {"H123": 400}),
    Meaning(RETRY, N_("İYS zamanında cevap veremedi; kaydı almış olabilir."), SENT_AGAIN, {"H192": 503}),
    # Said as 403, but İYS failed to look the codes up.
    Meaning(RETRY, N_("İYS marka veya hizmet sağlayıcı bilgisini okuyamadı."), SENT_AGAIN, {"H195": 403, "H196": 403}),
    # Limits.
    Meaning(WAIT, N_("İYS'nin saniyelik istek sınırına ulaşıldı."), SLOWED_DOWN, {"H083": 429, "H124": 429}),
    Meaning(WAIT, N_("İYS'nin saatlik oturum açma sınırına ulaşıldı."), SLOWED_DOWN, {"H084": 429}),
    Meaning(WAIT, N_("İYS'nin saatlik izin sorgulama sınırına ulaşıldı."), SLOWED_DOWN, {"H086": 429, "H089": 429}),
    # The account.
    Meaning(AUTH, N_("İYS oturumu geçersiz ya da süresi dolmuş."), SENT_AGAIN, {"H351": 401}),
    Meaning(AUTH, N_("İYS kullanıcı bilgilerini kabul etmedi."), CHECK_ACCOUNT, {"H251": 401}),
    Meaning(CONFIG, N_("İYS kullanıcı adı veya şifresi eksik."), CHECK_ACCOUNT, {"H250": 400, "H252": 400}),
    Meaning(
        CONFIG,
        N_("İYS, API kullanıcı adını ya da şifresini kabul etmedi."),
        CHECK_ACCOUNT,
        {"invalid_request": 400, "invalid_grant": 400},
    ),
    Meaning(CONFIG, N_("Hizmet sağlayıcının İYS numarası bulunamadı."), CHECK_CODES, {"H001": 404}),
    Meaning(CONFIG, N_("Marka kodu İYS'de bulunamadı."), CHECK_CODES, {"H018": 404}),
    Meaning(CONFIG, N_("İYS numarası veya marka kodu bu API kullanıcısına ait değil."), CHECK_RIGHTS, {"H353": 403}),
    Meaning(
        CONFIG,
        N_("API kullanıcısının bu işlem için yetkisi yok."),
        CHECK_RIGHTS,
        {"H176": 400, "H355": 404, "H363": 400, "H522": 400},
    ),
    Meaning(
        CONFIG,
        N_("İş ortağı (entegratör) hesabı İYS'de bulunamadı ya da bu markaya bağlı değil."),
        CHECK_RIGHTS,
        {"H031": 404, "H129": 404, "H245": 400, "H268": 404},
    ),
    Meaning(CONFIG, N_("İYS aboneliği duraklatılmış ya da süresi dolmuş."), CHECK_PACKAGE, {"H520": 403}),
    Meaning(CONFIG, N_("İYS aboneliği kapatılmış."), CHECK_PACKAGE, {"H521": 403}),
    Meaning(CONFIG, N_("İYS aboneliği bulunamadı."), CHECK_PACKAGE, {"H437": 404, "H524": 403}),
    Meaning(CONFIG, N_("İYS paketindeki izin kotası doldu."), CHECK_PACKAGE, {"H525": 422}),
    Meaning(CONFIG, N_("İYS paketiniz API kullanımını içermiyor."), CHECK_PACKAGE, {"H586": 403}),
    # The address.
    Meaning(FIX, N_("E-posta adresi geçerli değil."), CHECK_ADDRESS, {"H120": 422}),
    Meaning(FIX, N_("Telefon numarası geçerli değil."), CHECK_ADDRESS, {"H121": 422}),
    Meaning(FIX, N_("Alıcı ne geçerli bir telefon ne de geçerli bir e-posta adresi."), CHECK_ADDRESS, {"H122": 422}),
    Meaning(FIX, N_("Telefon numarası 15 karakterden uzun."), CHECK_ADDRESS, {"H160": 422, "H166": 422}),
    Meaning(
        FIX,
        N_("Adres seçilen kanala uymuyor: e-posta için e-posta adresi, mesaj ve arama için telefon gerekir."),
        CHECK_ADDRESS,
        {"H464": 422},
    ),
    Meaning(FIX, N_("Alıcı adresi eksik."), N_("Alıcının telefonunu ya da e-posta adresini yazın."), {"H114": 422}),
    # The other fields of a consent.
    Meaning(FIX, N_("İzin durumu eksik."), N_("Durumu yazın: ONAY ya da RET."), {"H110": 422}),
    Meaning(FIX, N_("İzin durumu ONAY ya da RET olmalıdır."), N_("Durumu yazın: ONAY ya da RET."), {"H115": 422}),
    Meaning(FIX, N_("İzin kanalı eksik."), N_("Kanalı yazın: ARAMA, MESAJ ya da EPOSTA."), {"H111": 422}),
    Meaning(
        FIX,
        N_("İzin kanalı ARAMA, MESAJ ya da EPOSTA olmalıdır."),
        N_("Kanalı yazın: ARAMA, MESAJ ya da EPOSTA."),
        {"H117": 422},
    ),
    Meaning(FIX, N_("Alıcı tipi eksik."), N_("Alıcı tipini yazın: BIREYSEL ya da TACIR."), {"H170": 422}),
    Meaning(
        FIX,
        N_("Alıcı tipi BIREYSEL ya da TACIR olmalıdır."),
        N_("Alıcı tipini yazın: BIREYSEL ya da TACIR."),
        {"H116": 422},
    ),
    Meaning(
        FIX,
        N_("İzin kaynağı eksik."),
        N_("İznin nereden alındığını yazın (örneğin HS_WEB)."),
        {"H113": 422, "H463": 400},
    ),
    Meaning(
        FIX,
        N_("İzin kaynağı İYS'nin kabul ettiklerinden değil."),
        N_("İznin nereden alındığını HS_ ile başlayan değerlerden biriyle yazın (örneğin HS_WEB)."),
        {"H119": 422},
    ),
    Meaning(
        FIX,
        N_("Bu kaynakla ilk kayıt yapılamaz."),
        N_("İznin alındığı gerçek kaynağı yazın; HS_KARAR yalnız ret içindir."),
        {"H486": 400},
    ),
    Meaning(
        FIX,
        N_("HS_KARAR kaynağıyla yalnız ret bildirilebilir."),
        N_("Durumu RET yapın ya da kaynağı düzeltin."),
        {"H408": 422},
    ),
    Meaning(FIX, N_("İzin tarihi eksik."), CHECK_DATE, {"H112": 422, "H462": 400}),
    Meaning(FIX, N_("İzin tarihi geçerli bir tarih değil."), CHECK_DATE, {"H157": 422}),
    Meaning(FIX, N_("İzin tarihi yanlış biçimde."), CHECK_DATE, {"H158": 422}),
    Meaning(FIX, N_("İzin tarihi 1 Mayıs 2015'ten önce olamaz."), CHECK_DATE, {"H156": 422}),
    Meaning(
        FIX, N_("1 Mayıs 2015 öncesi kaynağında tarih yalnız 2015-05-01 00:00:00 olabilir."), CHECK_DATE, {"H155": 422}
    ),
    # The date stays the same and İYS's clock comes after it, so this ends by itself.
    Meaning(RETRY, N_("İzin tarihi İYS'nin saatine göre ileride."), SENT_AGAIN, {"H162": 422}),
    # The request as a whole: only a fault of ours makes these.
    Meaning(
        FIX,
        N_("İYS isteğin biçimini kabul etmedi."),
        TELL_SUPPORT,
        {
            "H014": 400,
            "H085": 400,
            "H092": 400,
            "H095": 400,
            "H097": 400,
            "H098": 400,
            "H118": 422,
            "H266": 400,
            "H267": 400,
            "H403": 400,
        },
    ),
    Meaning(FIX, N_("İYS numarası veya marka kodu sayı değil."), CHECK_CODES, {"H190": 422, "H191": 422}),
    Meaning(FIX, N_("Listede çok fazla kayıt var."), TELL_SUPPORT, {"H091": 422, "H125": 422}),
    Meaning(FIX, N_("Aynı alıcı listede birden çok kez geçiyor."), TELL_SUPPORT, {"H193": 422, "H194": 422}),
    Meaning(
        FIX,
        N_("Sorgulanacak alıcı listesi eksik, boş ya da liste değil."),
        TELL_SUPPORT,
        {"H164": 422, "H168": 422, "H478": 422},
    ),
)
