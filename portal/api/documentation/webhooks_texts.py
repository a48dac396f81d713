"""What the documentation says of webhook endpoints, as msgids."""

from portal.core.lazy_text import N_

OPERATIONS: dict[str, tuple[str, str]] = {
    "listWebhooks": (N_("Webhook adresleri"), N_("Yalnız bu markanın olaylarını alan adresleri listeler.")),
    "addWebhook": (
        N_("Webhook adresi ekle"),
        N_(
            "Markanın bundan sonraki olaylarını bu adrese gönderir; brandCode'u null olanlar (package.low, erasure "
            "başvurusu) yalnız panelde bütün firma için eklenen adrese gider. İmzanın parolası yalnız bu yanıtta "
            "görünür. Firmanın en çok 10 adresi olabilir."
        ),
    ),
    "changeWebhook": (
        N_("Webhook adresini değiştir"),
        N_("Gönderilen alanları değiştirir. isOn duraklatır ya da kaldığı yerden sürdürür; olaylar kaybolmaz."),
    ),
    "removeWebhook": (N_("Webhook adresini sil"), N_("Adresi ve gönderim kayıtlarını siler.")),
}
