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
        N_(
            "En çok 10.000 kişi, her biri kendi temasıyla. Yanlış satırlar doğruları etkilemez; kişi iki kez eklenmez. "
            "Bir satırı ret diyen adres o kampanyaya hiçbir satırla eklenmez. Bilinmeyen bir alanın ne dediği "
            "anlaşılmazsa satır sonra onsuz gelse de kampanya, panelde biri bakana kadar başlamaz; yalnız buradaki "
            "alanları gönderin."
        ),
    ),
    "showCampaign": (
        N_("Bir kampanya"),
        N_("Durumunu, taslaksa eksiklerini, kimlerin neden dışarıda kaldığını ve sonuçları gösterir."),
    ),
    "addLaunch": (
        N_("Kampanyayı başlat"),
        N_(
            "Paneldeki bütün denetimler geçerlidir; eksik varsa 409 döner, bir kişinin bakması gerekiyorsa "
            "person_needed ile sayfası. Reddetmiş, daha önce sorulmuş ya da teması olmayan kişiye bağlantı yapılmaz."
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
    "listPoints": (
        N_("İzin noktalarının listesi"),
        N_("Metni ve kanalları bağlantıda kullanılacak noktaları listeler; noktayı panelde bir kişi açar."),
    ),
    "addLink": (
        N_("Tek kişiye bağlantı"),
        N_(
            "Kasa ya da çağrı merkezi için: kısa adres, iki sözcük ve hazır ileti. Reddetmiş ya da önce sorulmuş "
            "kişide bağlantı yerine nedeni döner (already_asked: bütün kanallarda, bir bağlantıyla; bildirdiğiniz onay "
            "sorulmuş sayılmaz, izni önce okuyun). Aynı kişiye hep aynı bağlantı."
        ),
    ),
    "addRefusalLinks": (
        N_("Kalıcı ret bağlantıları"),
        N_(
            "E-posta hizmetinizin birleştirme alanı için: her alıcıya süresiz, yalnız reddetmeye yarayan bir adres. "
            "List-Unsubscribe başlığında tek tıkla da çalışır. Firma durdurulmuşken de verilir."
        ),
    ),
}
