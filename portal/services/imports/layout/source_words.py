"""The words that files use for the source of a consent."""

from portal.core.iys_protocol import Source

_LISTS = {
    Source.WEB: """
        web, web sitesi, web sitemiz, websitesi, website, web site, web sayfasi, web form, web formu,
        web site formu, internet, internet sitesi, internet formu, site, online, online form, eticaret,
        eticaret sitesi, landing page
    """,
    Source.ELECTRONIC: """
        elektronik ortam, elektronik, eortam, dijital, dijital ortam, dijital form, tablet, kiosk, wifi,
        wi fi, qr, qr kod, karekod, electronic, digital
    """,
    Source.MOBILE_APP: """
        mobil, mobil uygulama, mobil uygulamamiz, uygulama, mobile, mobile app, app, ios, android
    """,
    Source.SMS: """
        sms, mesaj, kisa mesaj, sms ile, text message
    """,
    Source.EMAIL: """
        eposta, email, mail, eposta ile, elektronik posta
    """,
    Source.CALL_CENTRE: """
        cagri merkezi, call center, call centre, callcenter, musteri hizmetleri, telefon, telefonla, arama,
        telefon gorusmesi, ses kaydi, ivr
    """,
    Source.SOCIAL_MEDIA: """
        sosyal medya, social media, facebook, instagram, twitter, linkedin, tiktok, youtube
    """,
    Source.PHYSICAL_PLACE: """
        fiziksel ortam, fiziksel, fiziki ortam, fiziksel magaza, magaza, magazada, magaza ici, sube, subede,
        kasa, bayi, ofis, yuz yuze, store, shop, branch, in store, physical
    """,
    Source.SIGNED_FORM: """
        islak imza, islak imzali form, islak imzali, imzali form, imza, form, basili form, kagit form,
        yazili form, anket, yazili, paper form, signed form, paper
    """,
    Source.EVENT: """
        etkinlik, fuar, fuarda, seminer, kongre, konferans, konser, lansman, stant, stand, event, fair,
        trade show
    """,
    Source.ATM: """
        atm
    """,
    Source.BEFORE_2015: """
        2015, 2015 oncesi, 2015 ten once, 2015 ten oncesi, mayis 2015 oncesi, 1 mayis 2015 oncesi,
        01 05 2015 oncesi, 1 5 2015 oncesi, before 2015, pre 2015
    """,
    Source.PROVIDER_DECISION: """
        karar, hizmet saglayici karari, firma karari, sirket karari, kendi kararimiz
    """,
}
SOURCES = {word.strip(): source.value for source, words in _LISTS.items() for word in words.split(",")}
for _source in Source:  # HS_WEB in any spelling, also without HS.
    _name = _source.value.lower().replace("_", " ")
    SOURCES |= {_name: _source.value, _name.removeprefix("hs "): _source.value}
SOURCES["hs fiziksel magaza"] = Source.PHYSICAL_PLACE.value  # What İYS called it until May 2020.
