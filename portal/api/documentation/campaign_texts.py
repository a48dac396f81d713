"""What the documentation says of campaigns and links, as msgids."""

from portal.core.lazy_text import N_

OPERATIONS: dict[str, tuple[str, str]] = {
    "addCampaign": (
        N_("Kampanya taslağı aç"),
        N_(
            "Olağan metin hemen kullanılır; kendi metniniz incelemeyi bekler. Tanıtım sayılabilecek sözcüğe bir kişi "
            "bakar."
        ),
    ),
    "addPeople": (
        N_("Kampanyaya kişi ekle"),
        N_("En çok 10.000 kişi, her biri kendi temasıyla. Yanlış satırlar doğruları etkilemez; kişi iki kez eklenmez."),
    ),
    "showCampaign": (
        N_("Bir kampanya"),
        N_("Durumunu, taslaksa eksiklerini, kimlerin neden dışarıda kaldığını ve sonuçları gösterir."),
    ),
    "addLaunch": (
        N_("Kampanyayı başlat"),
        N_(
            "Paneldeki bütün denetimler geçerlidir; eksik varsa 409 döner. Reddetmiş, daha önce sorulmuş ya da teması "
            "olmayan kişiye bağlantı yapılmaz."
        ),
    ),
    "listCampaigns": (N_("Kampanyalar"), N_("Markanın kampanyalarını listeler, en yenisi başta.")),
    "listLinks": (
        N_("Kampanyanın bağlantıları"),
        N_(
            "Şimdi gönderilebilecek bağlantıları hazır metinleriyle verir. Bağlantılar başlattıktan sonra birkaç "
            "saniyede yapılır. Göndermeden hemen önce alın: bu arada reddeden listeden düşer."
        ),
    ),
}
