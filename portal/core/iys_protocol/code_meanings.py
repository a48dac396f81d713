"""What İYS's codes mean to a provider, grouped by meaning; those for consents, tokens and rate limits come first."""

from typing import NamedTuple

from portal.core.iys_protocol.enums import Action
from portal.core.lazy_text import N_

AUTH, CONFIG, EXPIRED, FIX = Action.AUTH, Action.CONFIG, Action.EXPIRED, Action.FIX
NOOP, RECONCILE, RETRY, WAIT = Action.NOOP, Action.RECONCILE, Action.RETRY, Action.WAIT


class Meaning(NamedTuple):
    """Our action, a sentence and a cure (msgids), and the codes that mean this."""

    action: Action
    sentence: str
    cure: str
    codes: dict[int, str]  # By HTTP status, separated by spaces.


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
CHECK_RETAILER = N_("Bayi bilgisini düzeltin.")
NAME_RETAILERS = N_("Bir ile 100 arasında bayi kodu yazın ya da bayi erişimini hiç yazmayın.")

MEANINGS = (
    # The decision is already there, or something newer is.
    Meaning(NOOP, N_("İYS'de bu izin zaten aynı durumda."), NOTHING_TO_DO, {400: "H174"}),
    Meaning(
        NOOP,
        N_("İYS'de bu alıcı için onay yok; geri alınacak bir izin bulunmuyor. Ret burada geçerlidir."),
        N_("Ret için bir şey yapmanız gerekmez. Bir onay böyle cevaplandıysa destek ekibine bildirin."),
        {400: "H175"},
    ),
    Meaning(
        RECONCILE,
        N_("İYS'de bu alıcının daha yeni tarihli bir kararı var."),
        N_("Bir şey yapmanız gerekmez; İYS'deki güncel karar alınır."),
        {400: "H178"},
    ),
    Meaning(
        EXPIRED,
        N_("İzin üç iş gününden eski olduğu için İYS'ye kaydedilemiyor."),
        N_("Onay için alıcıdan yeniden izin isteyin; ret, bugünün tarihiyle yeniden bildirilir."),
        {422: "H467"},
    ),
    # İYS has trouble of its own.
    Meaning(RETRY, N_("İYS'de beklenmedik bir hata oluştu."), SENT_AGAIN, {500: "H015 H412 H470 H476"}),
    Meaning(
        RETRY, N_("İYS kaydı yazamadı ya da okuyamadı."), SENT_AGAIN, {500: "H100 H101 H102 H103 H105 H106 H107 H179"}
    ),
    Meaning(RETRY, N_("İYS şu anda meşgul."), SENT_AGAIN, {400: "H123"}),
    Meaning(RETRY, N_("İYS zamanında cevap veremedi; kaydı almış olabilir."), SENT_AGAIN, {503: "H192"}),
    # Said as 403, but İYS failed to look the codes up.
    Meaning(RETRY, N_("İYS marka veya hizmet sağlayıcı bilgisini okuyamadı."), SENT_AGAIN, {403: "H195 H196"}),
    # Limits.
    Meaning(WAIT, N_("İYS'nin saniyelik istek sınırına ulaşıldı."), SLOWED_DOWN, {429: "H083 H124"}),
    Meaning(WAIT, N_("İYS'nin saatlik oturum açma sınırına ulaşıldı."), SLOWED_DOWN, {429: "H084"}),
    Meaning(WAIT, N_("İYS'nin saatlik izin sorgulama sınırına ulaşıldı."), SLOWED_DOWN, {429: "H086 H089"}),
    # The account.
    Meaning(AUTH, N_("İYS oturumu geçersiz ya da süresi dolmuş."), SENT_AGAIN, {401: "H351"}),
    Meaning(AUTH, N_("İYS kullanıcı bilgilerini kabul etmedi."), CHECK_ACCOUNT, {401: "H251"}),
    Meaning(CONFIG, N_("İYS kullanıcı adı veya şifresi eksik."), CHECK_ACCOUNT, {400: "H250 H252"}),
    Meaning(
        CONFIG,
        N_("İYS, API kullanıcı adını ya da şifresini kabul etmedi."),
        CHECK_ACCOUNT,
        {400: "invalid_request invalid_grant"},
    ),
    Meaning(CONFIG, N_("Hizmet sağlayıcının İYS numarası bulunamadı."), CHECK_CODES, {404: "H001"}),
    Meaning(CONFIG, N_("Marka kodu İYS'de bulunamadı."), CHECK_CODES, {404: "H018"}),
    Meaning(CONFIG, N_("İYS numarası veya marka kodu bu API kullanıcısına ait değil."), CHECK_RIGHTS, {403: "H353"}),
    Meaning(
        CONFIG, N_("API kullanıcısının bu işlem için yetkisi yok."), CHECK_RIGHTS, {400: "H176 H363 H522", 404: "H355"}
    ),
    Meaning(
        CONFIG,
        N_("İş ortağı (entegratör) hesabı İYS'de bulunamadı ya da bu markaya bağlı değil."),
        CHECK_RIGHTS,
        {404: "H031 H129 H268", 400: "H245"},
    ),
    Meaning(CONFIG, N_("İYS aboneliği duraklatılmış ya da süresi dolmuş."), CHECK_PACKAGE, {403: "H520"}),
    Meaning(CONFIG, N_("İYS aboneliği kapatılmış."), CHECK_PACKAGE, {403: "H521"}),
    Meaning(CONFIG, N_("İYS aboneliği bulunamadı."), CHECK_PACKAGE, {404: "H437", 403: "H524"}),
    Meaning(CONFIG, N_("İYS paketindeki izin kotası doldu."), CHECK_PACKAGE, {422: "H525"}),
    Meaning(CONFIG, N_("İYS paketiniz API kullanımını içermiyor."), CHECK_PACKAGE, {403: "H586"}),
    # The address.
    Meaning(FIX, N_("E-posta adresi geçerli değil."), CHECK_ADDRESS, {422: "H120"}),
    Meaning(FIX, N_("Telefon numarası geçerli değil."), CHECK_ADDRESS, {422: "H121"}),
    Meaning(FIX, N_("Alıcı ne geçerli bir telefon ne de geçerli bir e-posta adresi."), CHECK_ADDRESS, {422: "H122"}),
    Meaning(FIX, N_("Telefon numarası 15 karakterden uzun."), CHECK_ADDRESS, {422: "H160 H166"}),
    Meaning(
        FIX,
        N_("Adres seçilen kanala uymuyor: e-posta için e-posta adresi, mesaj ve arama için telefon gerekir."),
        CHECK_ADDRESS,
        {422: "H464"},
    ),
    Meaning(FIX, N_("Alıcı adresi eksik."), N_("Alıcının telefonunu ya da e-posta adresini yazın."), {422: "H114"}),
    # The other fields of a consent.
    Meaning(FIX, N_("İzin durumu eksik."), N_("Durumu yazın: ONAY ya da RET."), {422: "H110"}),
    Meaning(FIX, N_("İzin durumu ONAY ya da RET olmalıdır."), N_("Durumu yazın: ONAY ya da RET."), {422: "H115"}),
    Meaning(FIX, N_("İzin kanalı eksik."), N_("Kanalı yazın: ARAMA, MESAJ ya da EPOSTA."), {422: "H111"}),
    Meaning(
        FIX,
        N_("İzin kanalı ARAMA, MESAJ ya da EPOSTA olmalıdır."),
        N_("Kanalı yazın: ARAMA, MESAJ ya da EPOSTA."),
        {422: "H117"},
    ),
    Meaning(FIX, N_("Alıcı tipi eksik."), N_("Alıcı tipini yazın: BIREYSEL ya da TACIR."), {422: "H170"}),
    Meaning(
        FIX,
        N_("Alıcı tipi BIREYSEL ya da TACIR olmalıdır."),
        N_("Alıcı tipini yazın: BIREYSEL ya da TACIR."),
        {422: "H116"},
    ),
    Meaning(
        FIX,
        N_("İzin kaynağı eksik."),
        N_("İznin nereden alındığını yazın (örneğin HS_WEB)."),
        {422: "H113", 400: "H463"},
    ),
    Meaning(
        FIX,
        N_("İzin kaynağı İYS'nin kabul ettiklerinden değil."),
        N_("İznin nereden alındığını HS_ ile başlayan değerlerden biriyle yazın (örneğin HS_WEB)."),
        {422: "H119"},
    ),
    Meaning(
        FIX,
        N_("Bu kaynakla ilk kayıt yapılamaz."),
        N_("İznin alındığı gerçek kaynağı yazın; HS_KARAR yalnız ret içindir."),
        {400: "H486"},
    ),
    Meaning(
        FIX,
        N_("HS_KARAR kaynağıyla yalnız ret bildirilebilir."),
        N_("Durumu RET yapın ya da kaynağı düzeltin."),
        {422: "H408"},
    ),
    Meaning(FIX, N_("İzin tarihi eksik."), CHECK_DATE, {422: "H112", 400: "H462"}),
    Meaning(FIX, N_("İzin tarihi geçerli bir tarih değil."), CHECK_DATE, {422: "H157"}),
    Meaning(FIX, N_("İzin tarihi yanlış biçimde."), CHECK_DATE, {422: "H158"}),
    Meaning(FIX, N_("İzin tarihi 1 Mayıs 2015'ten önce olamaz."), CHECK_DATE, {422: "H156"}),
    Meaning(
        FIX, N_("1 Mayıs 2015 öncesi kaynağında tarih yalnız 2015-05-01 00:00:00 olabilir."), CHECK_DATE, {422: "H155"}
    ),
    # The date stays the same and İYS's clock comes after it, so this ends by itself.
    Meaning(RETRY, N_("İzin tarihi İYS'nin saatine göre ileride."), SENT_AGAIN, {422: "H162"}),
    # The request as a whole: only a fault of ours makes these.
    Meaning(
        FIX,
        N_("İYS isteğin biçimini kabul etmedi."),
        TELL_SUPPORT,
        {400: "H014 H085 H092 H095 H097 H098 H266 H267 H403", 422: "H118"},
    ),
    Meaning(FIX, N_("İYS numarası veya marka kodu sayı değil."), CHECK_CODES, {422: "H190 H191"}),
    Meaning(FIX, N_("Listede çok fazla kayıt var."), TELL_SUPPORT, {422: "H091 H125"}),
    Meaning(FIX, N_("Aynı alıcı listede birden çok kez geçiyor."), TELL_SUPPORT, {422: "H193 H194"}),
    Meaning(FIX, N_("Sorgulanacak alıcı listesi eksik, boş ya da liste değil."), TELL_SUPPORT, {422: "H164 H168 H478"}),
    # Retailers.
    Meaning(FIX, N_("Bayi İYS'de bulunamadı."), N_("Bayi kodunu kontrol edin."), {404: "H058"}),
    Meaning(
        FIX,
        N_("Kararda yazan bayi İYS'de bu markaya kayıtlı değil."),
        N_(
            "Kod doğruysa bayiyi İYS'de markaya ekleyip kaydı yeniden gönderin; yanlışsa kararı doğru kodla, "
            "bir saniye sonraki tarihle yeniden bildirin."
        ),
        {403: "H180"},
    ),
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
    Meaning(FIX, N_("Bayi erişimi listesi eksik ya da boş."), NAME_RETAILERS, {422: "H163 H169"}),
    Meaning(FIX, N_("Bayi erişimi ya da alıcı listesi çok uzun."), NAME_RETAILERS, {422: "H126 H127"}),
    Meaning(
        RECONCILE,
        N_("Bayi eklenecek izin İYS'de bulunamadı."),
        N_("İznin İYS'ye iletilmesini bekleyip yeniden deneyin."),
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
    Meaning(NOOP, N_("Ret bağlantısı yalnız onaylı alıcılar için üretilir."), NOTHING_TO_DO, {200: "H568"}),
    Meaning(
        FIX,
        N_("İYS'nin eski doğrulama yönteminden bir hata geldi."),
        TELL_SUPPORT,
        {422: "H450 H451 H452 H453 H454 H455 H456 H457 H458 H459 H460 H465"},
    ),
)
