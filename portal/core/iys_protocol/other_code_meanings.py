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
    Meaning(FIX, N_("Bayi İYS'de bulunamadı."), N_("Bayi kodunu kontrol edin."), {404: "H058", 403: "H180"}),
    Meaning(
        RETRY, N_("İYS bayi kaydını yazamadı, silemedi ya da okuyamadı."), SENT_AGAIN, {500: "H060 H061 H062 H181"}
    ),
    Meaning(
        CONFIG, N_("İYS'de verilebilecek bayi kodu kalmadı."), N_("destek@iys.org.tr adresine yazın."), {400: "H067"}
    ),
    Meaning(FIX, N_("Bayi kaydında tanınmayan alan var."), CHECK_RETAILER, {400: "H016"}),
    Meaning(FIX, N_("Bayi kaydında bir alan çok uzun."), CHECK_RETAILER, {400: "H017"}),
    Meaning(FIX, N_("Bayi durumu geçerli değil."), CHECK_RETAILER, {400: "H201"}),
    Meaning(
        FIX,
        N_("Bayi kaydında zorunlu bir alan boş."),
        CHECK_RETAILER,
        {400: "H214 H215 H216 H217 H218 H219 H220 H221 H222 H288"},
    ),
    Meaning(FIX, N_("Bayi kaydında bir alan geçerli değil."), CHECK_RETAILER, {400: "H224 H225 H226 H227 H228 H229"}),
    Meaning(FIX, N_("Aynı numarayla kayıtlı bir bayi zaten var."), CHECK_RETAILER, {400: "H230 H231 H253"}),
    Meaning(FIX, N_("Bayinin vergi numarası geçerli değil."), CHECK_RETAILER, {400: "H243 H244"}),
    # Access of retailers to consents.
    Meaning(FIX, N_("Bayi erişimi isteği geçerli değil."), TELL_SUPPORT, {400: "H090 H171 H172 H173"}),
    Meaning(FIX, N_("Bayi erişimi listesi eksik ya da boş."), TELL_SUPPORT, {422: "H163 H169"}),
    Meaning(FIX, N_("Bayi erişimi ya da alıcı listesi çok uzun."), TELL_SUPPORT, {422: "H126 H127"}),
    Meaning(
        RECONCILE,
        N_("Bayi eklenecek izin İYS'de bulunamadı."),
        N_("Bir şey yapmanız gerekmez; izin İYS'den sorgulanır."),
        {400: "H401"},
    ),
    # Queries: paging, search, lookups, bulk results.
    Meaning(
        FIX,
        N_("Sorgunun sayfalama ya da arama değeri geçerli değil."),
        TELL_SUPPORT,
        {422: "H182 H183 H184 H185 H186 H187 H197 H404 H507"},
    ),
    Meaning(FIX, N_("Toplu istek numarası geçerli değil."), TELL_SUPPORT, {422: "H198 H199 H400"}),
    Meaning(FIX, N_("Marka sorgusu geçerli değil."), TELL_SUPPORT, {400: "H402 H405"}),
    Meaning(RETRY, N_("İYS listeyi getiremedi."), SENT_AGAIN, {400: "H082 H241"}),
    # Reports and reconciliation.
    Meaning(FIX, N_("Rapor tarihi yanlış biçimde."), TELL_SUPPORT, {422: "H501"}),
    Meaning(FIX, N_("Rapor tarihi dün ile yedi gün öncesi arasında olmalıdır."), TELL_SUPPORT, {422: "H502"}),
    Meaning(FIX, N_("Rapor isteğindeki alıcı tipi ya da kaynak geçerli değil."), TELL_SUPPORT, {422: "H503 H506"}),
    Meaning(FIX, N_("Mutabakat yalnız onaylanabilir."), TELL_SUPPORT, {422: "H512"}),
    # Push, opt-out links, and İYS's old verification flow.
    Meaning(FIX, N_("Bağlantı bilgisi ya da işlem numarası eksik."), TELL_SUPPORT, {422: "H093"}),
    Meaning(
        CONFIG,
        N_("İYS bildirim adresimize bağlanamadı."),
        N_("Bildirim adresinin https ile açıldığını ve beş saniyede cevap verdiğini kontrol edin."),
        {422: "H530 H531"},
    ),
    Meaning(
        NOOP,
        N_("Ret bağlantısı yalnız onaylı alıcılar için üretilir."),
        N_("Bir şey yapmanız gerekmez."),
        {200: "H568"},
    ),
    Meaning(
        FIX,
        N_("İYS'nin eski doğrulama yönteminden bir hata geldi."),
        TELL_SUPPORT,
        {422: "H450 H451 H452 H453 H454 H455 H456 H457 H458 H459 H460 H465"},
    ),
)
