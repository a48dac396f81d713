"""The words that a column's name may be made of and still be understood, by kind, folded to ASCII.

A word belongs here only if it turns no consent round, whatever stands beside it. All others, and all forms that are not
written here, are unknown: "off", "ayrıldı", "gönderildi", and each -den/-dan (from) and -siz/-suz (without).
"""

# What "~" stands for: the endings of a Turkish noun (onaylar, onayı, onayınızı, onayla).
ENDINGS = r"(?:l[ae]r)?(?:[iu]|s[iu]|[iu]?m|[iu]?m[iu]z|[iu]?n[iu]z)?(?:[ny]?[aeiu]|n?[iu]n|y?l[ae])?"


def any_of(words: str) -> str:
    """A pattern of any of these words."""
    return f"(?:{'|'.join(words.split()).replace('~', ENDINGS)})"


SMS = any_of("sms~ mesaj~ message messages msj")
CALL = any_of("""
    arama aramasi aramasina aramasini aramayi aramaya aramalar aramalari aramalarina cagri~ telefon~ tel sesli
    phone call calls voice
""")
BULLETIN = any_of("bulten~ ebulten~ newsletter newsletters mailing")
EMAIL = any_of("eposta~ epostasi mail~ mails email~ emails")
CHANNEL = f"(?:{SMS}|{CALL}|{BULLETIN}|{EMAIL})"

CONSENT_NOUN = any_of("izin~ izn~ onay~ riza~ kabul~ muvafakat~ consent consents permission permissions")
CONSENT = any_of(f"""
    {CONSENT_NOUN} izinli izinliler onayli onaylilar rizali consented opt optin opted approval
    (?:sms|mail|email|eposta|tel|arama|call)(?:izin|izni|onay|onayi|optin|consent|permission)
""")
WISH = any_of("""
    ister isterim isteriz istiyor istiyorum istiyoruz istiyorlar isteyen isteyenler istek istegi istedi
    almak almayi alsin alsinlar alayim alabilir alabilirim alabiliriz alir alirim alirsiniz aliyor aliyorum alan alanlar
    gonder gonderin gonderilsin gondersin gonderelim gonderebilir gonderebiliriz gonderebilirsiniz gonderilebilir
    gonderim gonderimi gonderimine gonderimini gonderilmesi gonderilmesine gonderilmesini gelsin atilsin atalim
    aransin aransinlar arasin arayin arayabilir arayabiliriz arayabilirsiniz aranabilir aranabilirim aranmak
    aranmayi aranmaya aranmasini aranmasina yapilsin yapilmasina yapilmasini iletilsin iletelim
    iletilmesine iletilmesini ulasilsin ulasilmasina ulasilmasini ulasabilirsiniz bilgilendirilsin bilgilendirilmek
    abone~ abonelik~ aboneligi~ subscribe subscribes subscribed subscriber subscribers subscription subscriptions
    haberdar gecilmesini gecilmesine onayliyorum onayliyoruz onaylarim send want wants receive receives receiving
""")
AGREES = any_of("accept accepts agree agrees agreed allow allows allowed")
TOPIC = any_of("""
    pazarlama pazarlamasi kampanya~ reklam~ tanitim~ ileti~ iletisim~ duyuru~ bildirim~ bilgilendirme bilgilendirmesi
    bilgilendirmeleri marketing promotion promotions promotional campaign campaigns communication communications offers
""")
STATE = any_of("durum~ tercih~ status preference preferences enabled iys")
QUESTION = any_of("m[iu] m[iu]y[iu]z m[iu]s[iu]n m[iu]s[iu]n[iu]z m[iu]y[iu]m")
PERSON = any_of("""
    musteri~ uye~ kisi~ alici~ kullanici~ hasta~ ogrenci~ veli~ misafir~ ziyaretci~ customer customers recipient user
    member person
""")
FILLER = any_of("""
    ve veya ya da ile icin bana size sizi sana beni bizi bize benimle sizinle tarafima tarafimiza tarafindan firma~
    hakkinda iliskin yonelik ozel genel tum tumu her turlu kisa cep gsm mobil mobile ticari elektronik etk
    yoluyla uzerinden araciligiyla kanali kanaliyla olmak olsun olayim olan olabilir
    haber~ haberler firsat~ indirim~ etkinlik~ yenilik~ urun~ hizmet~ teklif~ news updates products services
    evet yes the a to of in by via for and or with is are be i we you me us my your our like would
""")
EVERYWHERE = (CHANNEL, CONSENT, WISH, AGREES, TOPIC, STATE, QUESTION, PERSON, FILLER)

# Words of giving a consent: "SMS izni alındı" is one, "SMS alındı" none.
GIVING = any_of("""
    var contact has have given granted bilgi bilgisi degeri beyan~ tamam
    veriyor veriyorum veriyoruz verir veririm veren verenler verdi verdim verdigi verildi verildigi verilen verilmis
    alindi alindigi alinan alinmis alim
    ediyor ediyorum ediyoruz eder ederim etti ettim edildi edilen edilmis eden edenler
""")
# Only before a consent: "SMS gönderme izni". "İzin verme" forbids it.
ACT = any_of("gonderme gonderilme verme verilme alma alinma arama aranma yapma atma iletme")
PLACE = any_of("web site~ sitesi internet online magaza~ sube~ form~ uyelik~ uyeligi")
# "Kampanyalardan haberdar olmak": the one from (-den) that is known.
FROM_TOPICS = (
    any_of("""
    kampanya reklam tanitim ileti duyuru bildirim haber firsat indirim etkinlik yenilik urun hizmet teklif
""")
    + r"(?:l[ae]r)?(?:[iu]n|[iu][nm][iu]z)?d[ae]n"
)
# Known where a name speaks of the first, too.
BESIDE = (
    (CONSENT_NOUN, GIVING),
    (CHANNEL, PLACE),
    (any_of("haberdar"), FROM_TOPICS),
    (any_of("elektronik"), any_of("posta~")),
    (BULLETIN, "e"),
)

DATE = any_of("tarih tarihi date datetime timestamp zaman zamani")
CLOCK = any_of("saat saati time")
FORMAT = any_of("ve and gg aa yyyy yy dd mm hh ss")
# What is written down when a person gives a consent.
RECORD = any_of("""
    kayit kaydi uyelik basvuru form formu olusturma olusturulma olma ekleme eklenme abonelik abone created creation
    create signup registration registered subscription subscribed joined at on
""")
