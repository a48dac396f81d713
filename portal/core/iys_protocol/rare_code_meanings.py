"""What İYS's remaining codes mean: retailers, reports, paging, push, and endpoints we don't call."""

from portal.core.iys_protocol.code_meanings import (
    CONFIG,
    FIX,
    NOOP,
    RECONCILE,
    RETRY,
    SENT_AGAIN,
    TELL_SUPPORT,
    Meaning,
)
from portal.core.lazy_text import N_

CHECK_RETAILER = N_("Bayi bilgisini düzeltin.")

RARE_MEANINGS = (
    # Retailers.
    Meaning(FIX, N_("Bayi İYS'de bulunamadı."), N_("Bayi kodunu kontrol edin."), {"H058": 404, "H180": 403}),
    Meaning(
        RETRY,
        N_("İYS bayi kaydını yazamadı, silemedi ya da okuyamadı."),
        SENT_AGAIN,
        {"H060": 500, "H061": 500, "H062": 500, "H181": 500},
    ),
    Meaning(
        CONFIG, N_("İYS'de verilebilecek bayi kodu kalmadı."), N_("destek@iys.org.tr adresine yazın."), {"H067": 400}
    ),
    Meaning(FIX, N_("Bayi kaydında tanınmayan alan var."), CHECK_RETAILER, {"H016": 400}),
    Meaning(FIX, N_("Bayi kaydında bir alan çok uzun."), CHECK_RETAILER, {"H017": 400}),
    Meaning(FIX, N_("Bayi durumu geçerli değil."), CHECK_RETAILER, {"H201": 400}),
    Meaning(
        FIX,
        N_("Bayi kaydında zorunlu bir alan boş."),
        CHECK_RETAILER,
        {
            "H214": 400,
            "H215": 400,
            "H216": 400,
            "H217": 400,
            "H218": 400,
            "H219": 400,
            "H220": 400,
            "H221": 400,
            "H222": 400,
            "H288": 400,
        },
    ),
    Meaning(
        FIX,
        N_("Bayi kaydında bir alan geçerli değil."),
        CHECK_RETAILER,
        {"H224": 400, "H225": 400, "H226": 400, "H227": 400, "H228": 400, "H229": 400},
    ),
    Meaning(
        FIX, N_("Aynı numarayla kayıtlı bir bayi zaten var."), CHECK_RETAILER, {"H230": 400, "H231": 400, "H253": 400}
    ),
    Meaning(FIX, N_("Bayinin vergi numarası geçerli değil."), CHECK_RETAILER, {"H243": 400, "H244": 400}),
    # Access of retailers to consents.
    Meaning(
        FIX,
        N_("Bayi erişimi isteği geçerli değil."),
        TELL_SUPPORT,
        {"H090": 400, "H171": 400, "H172": 400, "H173": 400},
    ),
    Meaning(FIX, N_("Bayi erişimi listesi eksik ya da boş."), TELL_SUPPORT, {"H163": 422, "H169": 422}),
    Meaning(FIX, N_("Bayi erişimi ya da alıcı listesi çok uzun."), TELL_SUPPORT, {"H126": 422, "H127": 422}),
    Meaning(
        RECONCILE,
        N_("Bayi eklenecek izin İYS'de bulunamadı."),
        N_("Bir şey yapmanız gerekmez; izin İYS'den sorgulanır."),
        {"H401": 400},
    ),
    # Queries: paging, search, lookups, bulk results.
    Meaning(
        FIX,
        N_("Sorgunun sayfalama ya da arama değeri geçerli değil."),
        TELL_SUPPORT,
        {
            "H182": 422,
            "H183": 422,
            "H184": 422,
            "H185": 422,
            "H186": 422,
            "H187": 422,
            "H197": 422,
            "H404": 422,
            "H507": 422,
        },
    ),
    Meaning(FIX, N_("Toplu istek numarası geçerli değil."), TELL_SUPPORT, {"H198": 422, "H199": 422, "H400": 422}),
    Meaning(FIX, N_("Marka sorgusu geçerli değil."), TELL_SUPPORT, {"H402": 400, "H405": 400}),
    Meaning(RETRY, N_("İYS listeyi getiremedi."), SENT_AGAIN, {"H082": 400, "H241": 400}),
    # Reports and reconciliation.
    Meaning(FIX, N_("Rapor tarihi yanlış biçimde."), TELL_SUPPORT, {"H501": 422}),
    Meaning(FIX, N_("Rapor tarihi dün ile yedi gün öncesi arasında olmalıdır."), TELL_SUPPORT, {"H502": 422}),
    Meaning(
        FIX, N_("Rapor isteğindeki alıcı tipi ya da kaynak geçerli değil."), TELL_SUPPORT, {"H503": 422, "H506": 422}
    ),
    Meaning(FIX, N_("Mutabakat yalnız onaylanabilir."), TELL_SUPPORT, {"H512": 422}),
    # Push, opt-out links, and İYS's old verification flow.
    Meaning(FIX, N_("Bağlantı bilgisi ya da işlem numarası eksik."), TELL_SUPPORT, {"H093": 422}),
    Meaning(
        CONFIG,
        N_("İYS bildirim adresimize bağlanamadı."),
        N_("Bildirim adresinin https ile açıldığını ve beş saniyede cevap verdiğini kontrol edin."),
        {"H530": 422, "H531": 422},
    ),
    Meaning(
        NOOP,
        N_("Ret bağlantısı yalnız onaylı alıcılar için üretilir."),
        N_("Bir şey yapmanız gerekmez."),
        {"H568": 200},
    ),
    Meaning(
        FIX,
        N_("İYS'nin eski doğrulama yönteminden bir hata geldi."),
        TELL_SUPPORT,
        {f"H{number}": 422 for number in (*range(450, 461), 465)},
    ),
)
