"""Words that may refuse, in files and as names of brands, folded to lower-case ASCII. What replies say: word_lists."""

import re
from collections.abc import Iterator

LONG = 6  # Letters of a word that may lack one.
# Words of consents, as others are joined to them: "smsret", "gsmret", "listeret", "mesajsizlar".
TOPICS = (
    r"(?:sms|mesaj|msj|e?mail|eposta|telefon|tel|gsm|cep|arama|liste|izin|onay|riza|iys|kayit|numara|musteri|uye|abone|"
    r"kampanya|reklam|bulten|whatsapp|wp|kvkk)(?:s?[iu])?"
)

# How words begin; after "(?!" stand names of people and places that begin so.
_BEGINNINGS = r"""
    ret(?!r[io]|ail?(?:ers?(?:code|access)?)?\b|ur|ent|ina|or|ik\b|if\b) red(?:\b|d|e[dt]|l[ae]r|l[iu]|c[iu]|ver|dedi)
    hayir(?!l[iu](?!st)|sev|oglu) yok(?!us|sul|ar) dn[cdm](?:\b|l) iptal itiraz ayril terk(?:\b|e[dt]) birak vazgec
    istem(?!i(?:han)?\b) istenm pasif(?!ik) kapat istifa cik(?!rik|maz|salin|[ocl])
    sil(?!i(?:\b|[fvks])|e\b|[aoglhkv]) kaldir(?!im) dus(?:\b|t[iu]|en|er\b|m[eu]|s[iu]n|el[iu]m|u[lr]|ecek|uyor)
    durdur sonland bitti biten\b bitsin redlen block\slist bitir bitmis engell bloke blokla yasak kisitla
    dondur(?!ma) aski[dy]a fesh fesih kovul kovdu vefat cay(?:di(?:l[ae]r)?\b|mis|iyor|acak) gitti gitmis giden
    kacti kustu kusmus kusen koptu kopmus atil(?:di|mis|an\b|anlar) sakinca
    cek(?:ti|mis|il(?:di|mis|en|iyor|sin|ecek)) kes(?:\b|il|t[iu]|sin|iniz|elim) kapan(?:di|mis|sin) kapali(?!cars)
    kurtul(?:du|mak|mus) uzaklas pisman sustur sessize rahatsiz sikayet olumsuz negati muaf haric(?!iye) gecersiz
    izinsiz onaysiz rizasiz isteksiz ilgisiz deaktif inaktif spam robinson refus reject declin deni[ae] revok withdr
    cancel unsub remov delet block(?:ed|ing|list) blacklist suppress deactiv inactiv passiv disabl exclud terminat
    expir churn resign object(?:ed|ion|s) stop(?!aj) mute[ds]?\b quit leav(?:e|ing) dropped complain unw(?:ant|ill)
    disallow forbid prohibit exempt banned no(?:sms|mail|email|call) vazcay veto kapad[iu] istm[iy]
    atlan(?:acak|[dt]i|sin|mis) temizlen(?!m) ayikla imha banla ab(?:ge)?meld cayma kuskun kizgin tepki gonulsuz
    cekimser kararsiz beklemede unutul unut\b unutun feragat boykot iptl ayrld
"""
# Whole words, and phrases (a space is written "_"). "No 3" is a number.
_WORDS = r"""
    degil\w* olmaz off out false yanlis never nope left gone ended exit closed deny without bye verme yazma atma
    gonderme yollama ulasma dokunma artik asla bir_?daha bos_?ver\w* geri_(?:al|cek|iste|don)\w* vaz_?gec\w*
    son_?ver\w* sona_er\w* pas_gec\w* kara_?liste\w* black_?list\w* opt(?:ed|ing|s)?_?out\w* not_\w+
    (?:do|does|did|is|was)_?n(?:o|)_?t no_longer no_more no(?!_(?:[a-z]_)?\d|\d)
    (?:liste|kayit|kapsam|iletisim|izin|istek|devre)[a-z]*_?disi\w*
    (?:liste|abonelik|uyelik|bulten|rehber|kayit)[a-z]*[dt][ae]n
    (?:et|ed|ver|veril|al|alin|ara|aran|gonder|gonderil|yap|yapil|yazil|atil|ulasil|bulun|gerek)m[ae]z(?:l[ae]r\w*)?
    (?:ilgilen|sev|onayla|konus|gorus|katil|hoslan|cevapla|goster|kullan)m[ae]z(?:l[ae]r\w*)? vfat pasf disinda
    es_gec(?!er)\w* geri_cevir\w* kalsin israr (?:ustune|uzerine)_git\w* muhatt?ap sifir void dead ban banli bloklu
    hyr hayr ipt rett dur kapa atla kesik kizdi merhum\w* rahmetli\w* \w+_disi(?:nda\w*)? uzak_dur\w* sakin
    yeter_de\w+ kirmizi_liste\w* elen(?:en|di|mis|ecek)\w* avoid\w* skip(?:ped|s)? drop drops ceased? hates?
    suspend\w* lapsed? nein kein\w* nicht on_hold former \w+m[iu]_yor\w* eski(?=$|_(?:uye|musteri|abone|kayit))
    engel (?:al|ala|ver|vere|et|ede|onayla|bekle|gelme)m[ae]m \w+m[ae]y[ae](?:y[iu]m|s[iu]n[iu]z) muteveffa vazg rej cxl
    (?:bik|bez|usan|yet)[dt]i dava_ac\w* hard_bounce
    do_?not\w+ rahat_?birak\w* \w+degil musaa?desiz imtina ekarte gndrm\w+ rddt\w* armyn\w* bulasma
    no(?:n?_?consent|_?contact|_?marketing|n_?activ|n_?subscrib)\w*
    luzumsuz\w* ugrasma elleme niet non$ yox hec eks
    erase[ds]? forg[eo]t(?:ten)? (?:un|dis)interested wrong_(?:number|person) gidecek(?:l[ae]r)? kizmis(?:l[ae]r)?
    sogu(?:du|mus)(?:l[ae]r)? kufur(?:_etti\w*)? kufrett\w* hakaret (?:sadece|yalniz(?:ca)?|only)_(?:whatsapp|wp)
    arsiv\w* degis(?:ti|mis)\w* baskasi(?:n[ia]\w*)? baska_kisi\w* yeni_sahi[bp]\w* hic_?biri\w* d_n_c
"""
# A verb that says not, but for the aorist, which is a surname's ("Yılmaz"); "aranmasını" and "aramaya" are nouns.
NOT = (
    r"[a-z]{2,30}(?:m[ae](?:d[iu](?:[mnk]|l[ae]r|n[iu]z|[gk][a-z]+)?|mis[a-z]*|m[ae](?:k|l[iu])[a-z]*|sin(?:l[ae]r)?|"
    r"y(?:[ae][nc][a-z]*|[ae]l[iu]m|[iu][nzm][a-z]*|n))|m[iu](?:yo[a-z]*|y[ae][cl][a-z]*|y[iu][nm][a-z]*|c[ae][a-z]+)|"
    r"(?<=t)mio[a-z]*|(?<=[dt]e)mio[a-z]*|(?<=r)mio[a-z]*)"
)
# "Gönder me" is no English.
CUT_NOT = r"(?:gonder|ver|iste|ilet|arat?|et|at|al|yaz|yap|yolla|ulas)_m[ae](?:z|d[iu]|y[iu]n\w*)?"
# Also letter by letter, or cut in two: "R E T", "İP TAL", "HA YIR".
_SPELT = [r"\s?".join(word) for word in ("ret", "red", "yok", "hayir", "iptal")]
_WITHOUT = rf"{TOPICS} ?s[iu]z(?:l[ae]r(?:[iu]n?)?)?"  # "SMS'siz", "mesajsızlar".
_STRONGEST, _NAMES = "iptal hayir olumsuz ayrildi cikti aramayin istemiyor silindi", {"hayri", "aramayi"}


def _misspelt(word: str) -> Iterator[str]:
    """It with two letters in the other order; or, if it is long, without one."""
    for place in range(len(word)):
        yield word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
        if len(word) > LONG:
            yield word[:place] + word[place + 1 :]


_MISSPELT = {each for word in _STRONGEST.split() for each in _misspelt(word)} - _NAMES
ROOTS = "|".join(_BEGINNINGS.split())
_WHOLE_WORDS = "|".join([*_WORDS.split(), CUT_NOT, _WITHOUT, *_SPELT, *sorted(_MISSPELT)]).replace("_", " ")
# Joined to anything: nobody's name and no firm's ("sistemi", "silindir", "göndermek", and "hayırlı").
ANYWHERE = (
    r"iptal|istemi(?:yo|c|s)|istem(?:ez|e[dy])|istenm|hayir(?!l[iu](?!ste)|sev|oglu)|silindi(?!r)|silinsin|ayrildi|"
    r"verm(?:edi|iyor)|aramay|gonderme(?!k|s)|gondermi|atmay|yazmay|olumsuz|redd?et|reddedi|unsub|opt ?out|"
    r"vazgec|kara ?liste|blacklist"
)
MAY_REFUSE = re.compile(rf"(?<![a-z])(?:{ROOTS}|{NOT}\b)|\b(?:{_WHOLE_WORDS})\b|{ANYWHERE}")
