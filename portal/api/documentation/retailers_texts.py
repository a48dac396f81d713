"""What the documentation says of retailers, as msgids."""

from portal.core.lazy_text import N_

OPERATIONS: dict[str, tuple[str, str]] = {
    "listRetailers": (N_("Bayiler"), N_("Markanın bayilerini İYS'de kayıtlı olduğu gibi listeler.")),
    "addRetailer": (
        N_("Bayi ekle"),
        N_(
            "Bayiyi İYS'ye kaydeder ve İYS'nin verdiği kodu döndürür. İYS'nin yanıtı kaybolursa aynı Idempotency-Key "
            "ile yineleyin: listeye bakılır, aynı bayi ikinci kez eklenmez. H231: tckn başka bir bayinizde ya da bu "
            "bayide başka bilgilerle kayıtlı; hiçbir şey değişmez: GET ile bakın, silip yeniden ekleyin."
        ),
    ),
    "listTowns": (
        N_("İlçeler"),
        N_("İYS'nin ilçe ve il kodlarını listeler; bayi eklerken city ve town alanlarına yazılır."),
    ),
    "showRetailer": (N_("Bir bayi"), N_("Bayiyi İYS'de kayıtlı olduğu gibi gösterir.")),
    "listAccess": (
        N_("Bir izne erişen bayiler"),
        N_("İYS'deki bir izni kullanabilecek bayileri listeler. Adres gövdededir, bağlantıda yer almaz."),
    ),
    "addAccess": (
        N_("İzne bayi erişimi ver"),
        N_(
            "En çok 100 bayiye, İYS'de kayıtlı bir izne erişim verir. Yinelemek bir şey değiştirmez. H401: izin daha "
            "İYS'de değil; retryable true ise iys.outcome accepted olunca aynı istekle yineleyin, false ise "
            "adresin onayı yok."
        ),
    ),
    "replaceAccess": (
        N_("Bir izne erişen bayileri belirle"),
        N_(
            "Bir izne erişenler yalnız bu bayiler olur, en çok 100; aracılık edenin erişimi de kalkar. Boş liste "
            "hepsinin erişimini kaldırır."
        ),
    ),
    "removeAccess": (
        N_("İzinden bayi erişimini kaldır"),
        N_("En çok 100 bayinin, aracılık eden bayi dahil, bir izne erişimini kaldırır."),
    ),
    "removeRetailer": (
        N_("Bayi sil"),
        N_("Hiçbir izne bağlı olmayan bayiyi İYS'den siler; bağlıysa 409 döner. Orada olmayan silinmiş sayılır."),
    ),
}
