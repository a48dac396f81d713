"""Descriptions of fields that several schemas have, as msgids, and examples of them."""

from portal.core.lazy_text import N_

RETAILER = N_(
    "Karara aracılık eden bayinin İYS'deki sekiz haneli kodu. Bir bayiye verilen ret hepsi için geçerlidir. İYS'de "
    "olmayan kodla onay alınır ama H180 ile bekler; ret bayisiz bildirilir."
)
RETAILERS = N_("Kararda bildirilen, izni kullanabilecek bayiler; şimdiki erişimi …/retailers/access/query söyler.")
PHONE, FORM = "+905321234567", "Üyelik formu 2026-118, 24.11.2026"
EVIDENCE = N_("Onayın nerede, nasıl alındığı; onayda gerekir. Ret olabilecek söz geçerse evidence_refuses olur.")
REFERENCE = N_(
    "Kişinin sizdeki numarası; şifreli saklanır, adresin geçtiği her yanıtta döner. Son gönderilen geçerlidir, karar "
    "yazılmasa da. Adresindir, kanalın değil: adresin bütün kayıtlarına yazın. Numara el değiştirince (hat kapanınca) "
    "null olur."
)
