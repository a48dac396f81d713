"""The words that consents, their files and columns are described by, and that say nothing of refusing; folded to ASCII.

A word belongs here only if it turns no consent round, whatever stands beside it. All others, and all forms that are not
written here, are unknown: "off", "ayrıldı", "gönderildi", and each -den/-dan (from) and -siz/-suz (without). Where one
is missing a person ticks a box once too often.
"""

import re
from collections.abc import Iterable

# What "~" stands for: the endings of a Turkish noun (onaylar, onayı, onayınızı, onayla).
ENDINGS = r"(?:l[ae]r)?(?:[iu]|s[iu]|[iu]?m|[iu]?m[iu]z|[iu]?n[iu]z)?(?:[ny]?[aeiu]|n?[iu]n|y?l[ae])?"
_ENDING = re.compile(ENDINGS)


class Words:
    """Words and patterns of one, parted by spaces; as text a pattern of any of them. Whole words are found by sets,
    with endings by their beginnings, since they are many."""

    def __init__(self, words: str):
        each = words.split()
        plain = [word for word in each if word.removesuffix("~").isalnum()]
        self._pattern = _any_of(each)
        self._stems = {word[:-1] for word in plain if word.endswith("~")}
        self._whole = {*plain, *self._stems}
        self._patterns = re.compile(_any_of([word for word in each if word not in plain] or ["(?!)"]))

    def __str__(self) -> str:
        return self._pattern

    def __contains__(self, word: str) -> bool:
        return (
            word in self._whole
            or any(word[:end] in self._stems and _ENDING.fullmatch(word, end) for end in range(2, len(word)))
            or self._patterns.fullmatch(word) is not None
        )


def _any_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(words)})".replace("~", ENDINGS)


# Of columns of consents.
SMS = Words("sms~ mesaj~ message messages msj")
CALL = Words("""
    arama aramasi aramasina aramasini aramayi aramaya aramalar aramalari aramalarina cagri~ telefon~ tel sesli
    phone call calls voice
""")
BULLETIN = Words("bulten~ ebulten~ newsletter newsletters mailing")
EMAIL = Words("eposta~ epostasi mail~ mails email~ emails")
CHANNEL = Words(f"{SMS} {CALL} {BULLETIN} {EMAIL}")

PERMISSION_NOUN = Words("izin~ izn~ riza~ muvafakat~ consent consents permission permissions")
CONSENT_NOUN = Words(f"{PERMISSION_NOUN} onay~ kabul~")  # "Onay" and "kabul" may be of an order, too.
CONSENT = Words(f"""
    {CONSENT_NOUN} izinli izinliler onayli onaylilar rizali consented opt optin opted approval
    (?:sms|mail|email|eposta|tel|arama|call)(?:izin|izni|onay|onayi|optin|consent|permission)
""")
# May this be done to a person? Of anything else without the question: "Ürün gönderilsin".
PERMITTED = Words("alsin alsinlar gonderilsin gondersin gelsin atilsin yapilsin")
# Of anything: "Teklif istedi", "Ürün alıyor".
WANTING = Words(f"""
    {PERMITTED} ister isterim isteriz istiyor istiyorum istiyoruz istiyorlar isteyen isteyenler istek istegi istedi
    almak almayi alayim alabilir alabilirim alabiliriz alir alirim alirsiniz aliyor aliyorum alan alanlar
    gonder gonderin gonderelim gonderebilir gonderebiliriz gonderebilirsiniz gonderilebilir
    gonderim gonderimi gonderimine gonderimini gonderilmesi gonderilmesine gonderilmesini atalim
    yapilmasina yapilmasini
""")
# Of messages and calls.
CONTACTING = Words("""
    aransin aransinlar arasin arayin arayabilir arayabiliriz arayabilirsiniz aranabilir aranabilirim aranmak
    aranmayi aranmaya aranmasini aranmasina iletilsin iletelim iletilmesine iletilmesini
    ulasilsin ulasilmasina ulasilmasini ulasabilirsiniz bilgilendirilsin bilgilendirilmek haberdar
    gecilmesini gecilmesine
""")
# To messages, or to a gym, a telephone line, a program.
SUBSCRIPTION = Words("""
    abone~ abonelik~ aboneligi~ subscribe subscribes subscribed subscriber subscribers subscription subscriptions
""")
WISH = Words(f"""
    {WANTING} {CONTACTING} {SUBSCRIPTION}
    onayliyorum onayliyoruz onaylarim send want wants receive receives receiving
""")
AGREES = Words("accept accepts agree agrees agreed allow allows allowed")
TOPIC = Words("""
    pazarlama pazarlamasi kampanya~ reklam~ tanitim~ ileti~ iletisim~ duyuru~ bildirim~ bilgilendirme bilgilendirmesi
    bilgilendirmeleri marketing promotion promotions promotional campaign campaigns communication communications offers
""")
NEWS = Words("haber~ haberler yenilik~ news updates")
GOODS = Words("firsat~ indirim~ etkinlik~ urun~ hizmet~ teklif~ products services")
OFFER = Words(f"{NEWS} {GOODS}")
BARE_STATE = Words("durum~ status")  # Of a consent, or of a line, a mailbox, a delivery, a call.
STATE = Words(f"{BARE_STATE} tercih~ preference preferences enabled iys")
QUESTION = Words("m[iu] m[iu]y[iu]z m[iu]s[iu]n m[iu]s[iu]n[iu]z m[iu]y[iu]m")
PERSON = Words("""
    musteri~ uye~ kisi~ alici~ kullanici~ hasta~ ogrenci~ veli~ misafir~ ziyaretci~ customer customers recipient user
    member person
""")
FILLER = Words("""
    ve veya ya da ile icin bana size sizi sana beni bizi bize benimle sizinle tarafima tarafimiza tarafindan firma~
    hakkinda iliskin yonelik ozel genel tum tumu her turlu kisa cep gsm mobil mobile ticari elektronik etk
    yoluyla uzerinden araciligiyla kanali kanaliyla olmak olsun olayim olan olabilir
    evet yes the a to of in by via for and or with is are be i we you me us my your our like would
""")
EVERYWHERE = Words(f"{CHANNEL} {CONSENT} {WISH} {AGREES} {TOPIC} {STATE} {QUESTION} {PERSON} {FILLER} {OFFER}")

# Words of giving a consent: "SMS izni alındı" is one, "SMS alındı" none.
GIVING = Words("""
    var contact has have given granted flag bilgi bilgisi degeri beyan~ tamam
    veriyor veriyorum veriyoruz verir veririm veren verenler verdi verdim verdigi verildi verildigi verilen verilmis
    alindi alindigi alinan alinmis alim
    ediyor ediyorum ediyoruz eder ederim etti ettim edildi edilen edilmis eden edenler
""")
# Only before a consent: "SMS gönderme izni". "İzin verme" forbids it.
ACT = Words("gonderme gonderilme verme verilme alma alinma arama aranma yapma atma iletme")
PLACE = Words("web site~ sitesi internet online magaza~ sube~ form~ uyelik~ uyeligi")
# "Kampanyalardan haberdar olmak": the one from (-den) that is known.
FROM_TOPICS = Words(
    r"(?:kampanya|reklam|tanitim|ileti|duyuru|bildirim|haber|firsat|indirim|etkinlik|yenilik|urun|hizmet|teklif)"
    r"(?:l[ae]r)?(?:[iu]n|[iu][nm][iu]z)?d[ae]n"
)
# Where one is joined to a channel, the name speaks of more than this channel: "Kampanya ve bülten izni".
MORE_TOPICS = Words(f"{TOPIC} {OFFER} {FROM_TOPICS} contact contacted irtibat~ ulas[iu]\\w+ listelerden lists")
# In a name of one channel, of others as well: "SMS vb.", "E-posta dahil"; and of all but one.
AND_OTHERS = Words(r"""
    vb vs vd vesaire benzeri etc dahil\w* includ\w+
""")
ALL_BUT = Words(r"""
    disinda\w* haric\w* except\w* excluding other\sthan apart\sfrom but\snot \w*[dt][ae]n\sbaska\w* sadece yalniz\w*
    only just
""")
# All or others of a kind that is no channel: "tüm listelerden", not "tüm kampanya SMS'leri".
ALL = Words("tum tumu butun hepsi herhangi hicbir all any every everything diger~ other others")
# "Diğer yollarla", "hiçbir şekilde", "by any means".
WAYS = Words(r"""
    yol(?:la|lar\w*|dan|u\w*)? kanal\w* sekil\w* sekl\w* arac\w* yontem\w* bicim\w* ways? channels? means? methods?
""")
CONTACT = Words(r"contact\w* iletisim\w* irtibat\w* ulas[iu]\w+")
# Known where a name speaks of the first, too.
BESIDE = (
    (CONSENT_NOUN, GIVING),
    (CHANNEL, PLACE),
    (Words("haberdar"), FROM_TOPICS),
    (Words("elektronik"), Words("posta~")),
    (Words("ileti"), Words("yonetim sistemi")),  # İYS.
    (BULLETIN, Words("e")),
)

DATE = Words("tarih tarihi date datetime timestamp zaman zamani")
CLOCK = Words("saat saati time")
FORMAT = Words("ve and gg aa yyyy yy dd mm hh ss")
# What is written down when a person gives a consent.
RECORD = Words("""
    kayit kaydi uyelik basvuru form formu olusturma olusturulma olma ekleme eklenme abonelik abone created creation
    create signup registration registered subscription subscribed joined at on
""")

# Kinds of columns by a word of their names, which has no others but these and those of COMMON.
DATES = Words("tarih~ date datetime timestamp zaman zamani gun gunu day dogum birth birthday dogumgunu yildonumu at on")
CODES = Words("""
    sira no nosu num numara~ number nr id kod~ code tc tckn vkn kimlik iban plaka~ barkod~ barcode sku zip postcode
    sinif~ masa~ oda~ room
""")
AMOUNTS = Words("""
    tutar~ toplam~ bakiye~ puan~ adet adedi miktar~ fiyat~ ciro~ harcama~ sayi~ yas yasi tl amount total price quantity
    butce~ qty points balance count age spent sum km prim~ yil~ year
""")
GENDERS = Words("cinsiyet~ gender sex")
LANGUAGES = Words("dil~ language lang locale")
CLOCKS = Words("saat~ time hour")
ADDRESSES = Words("adres~ address street line sokak~ cadde~")
TEXTS = Words("""
    ad adi soyad~ isim ismi soyisim soyismi name surname firstname lastname fullname unvan~ first last full title
    il ili ilce~ sehir~ semt~ mahalle~ ulke~ bolge~ city district town province country region county yer yeri
    daire dairesi magaza~ sube~ bayi~ store branch shop meslek~ temsilci~ danisman~ satici yetkili personel egitmen
    sahip~ sahibi sigortali~ bagisci~ misafir~ uyruk uyrugu brans~ koy~
    ogrenci~ veli~ hasta~ musteri~ misafir~ hizmet~ tedavi~ egitim~ doktor~ doctor hekim~ mukellef~ guest nationality
    username alici~ yolcu~ danisan~ malik~
""")
COMMON = Words("""
    abone~ lead leads firma~ sirket~ isletme~ kurum~ hesap~ cari~ kart~ uyelik~ uyeligi kayit~ kaydi form~
    fatura~ siparis~ teslimat~ kargo~ odeme~ urun~ fis~ satis~ ev is vergi posta arac evlilik sadakat ana genel ilk
    magaza~ sube~ ad adi soyad~ isim ismi name ve the of and in client contact account card order orders invoice billing
    shipping delivery company tax postal identity alternate islem basvuru randevu rezervasyon ziyaret~ alisveris~ marka
    sektor brand s servis~ bagis~ police~ model~ arac~ ortak~ baba anne default
    ilgilendigi paket~
""")
# What happened on a day, and ended nothing, and beside a word of dates a consent. "Son" (last) stands before some of
# it only: "Son üyelik" may be its end.
EVENTS = Words("""
    alisveris~ satin alma ziyaret~ giris~ olusturma olusturulma guncelleme guncellenme islem~ teslim sevk randevu~
    rezervasyon~ basvuru~ etkinlik~ katilim~ created updated modified changed ordered purchase purchased visit visited
    paid payment registered registration joined signed sign signup up login logged seen event baslangic~
    damgasi tamamlanma added start completion confirm submission submitted activity gonderim muayene~ kontrol~ bakim~
    konaklama~ kiralama~ teklif~ check varis~ arrival
""")
CONSENTS = Words(
    "izin izni onay onayi riza alinma alindigi verildigi durum durumu iys sms arama eposta consent permission"
)
# Beside all of these: what stands on sheets, in titles, in names of files, and in texts of proof.
OTHERS = Words(f"""
    {RECORD} {FORMAT} {PLACE}
    liste~ tablo~ dosya~ sayfa~ sheet list table veri~ data export import ihrac rapor~ report ornek~ sablon~ template
    excel microsoft book workbook worksheet calisma kitabi exports upload gmail outlook google yahoo hubspot
    salesforce zoho mailchimp shopify woocommerce netsis logo mikro parasut
    excel csv xlsx xls crm erp pos kopya~ copy yedek final taslak guncel yeni bilgi~ info kvkk aydinlatma contacts
    clients members users people rehber~ kontak~ katilimci~ bireysel~ kurumsal~ notlar notlari aciklama~ yorum~ etiket~
    tags notes comments aylik yillik haftalik gunluk donem~ ay~ hafta~ toplu gonderim~ kanal~ channel kaynak~ kaynagi
    source yontem~ ortam~ mecra~ alim sekli tip~ tur~ type kategori~ whatsapp msisdn cell cellphone sabit ikinci
    alternatif home work second sozlesme~ belge~ evrak~ protokol~ referans~ ref reference agreement contract receipt
    dayanak~ dayanagi kanit~ ispat~ proof origin evidence sicil temas~ nedeni sebebi basis reason iliski satir
    itibariyle tarihli as ltd sti san tic anonim limited zorunlu opsiyonel izinlink hatalar hata duzeltilecek satirlar~
    gec kalanlar karar kararlar errors rows lines late correct duzeltilmis var beyan~ kurs~ konaklayan~ katilan~
    portfoy~ kuafor~ davetli~ file sample test deneme kitap~ bayram~ yilbasi fuar~ toplanan image good again addresses
    verenler verdi verdigi verildi verilen alindi alinan given granted retailer retailers
    retailercode retaileraccess access erisim~ state
""")
PLAIN = (
    DATES, CODES, AMOUNTS, GENDERS, LANGUAGES, CLOCKS, ADDRESSES, TEXTS, COMMON, EVENTS, CONSENTS, OTHERS, EVERYWHERE,
)  # fmt: skip
