"""Names of firms and towns in titles and names of files and sheets: words that nobody can list, but that say nothing.

A firm's name begins a text or a part of it, and ends with the form of the company or a trade. What stands behind that
obeys the rule of known words.
"""

import re

from portal.services.imports.layout.normalization import folded
from portal.services.imports.layout.vocabulary import PERSON

# Provinces, and districts by whose names branches go.
_TOWNS = """
    adana adiyaman afyon afyonkarahisar agri aksaray amasya ankara antalya ardahan artvin aydin balikesir bartin batman
    bayburt bilecik bingol bitlis bolu burdur bursa canakkale cankiri corum denizli diyarbakir duzce edirne elazig
    erzincan erzurum eskisehir gaziantep giresun gumushane hakkari hatay igdir isparta istanbul izmir kahramanmaras
    karabuk karaman kars kastamonu kayseri kirikkale kirklareli kirsehir kilis kocaeli konya kutahya malatya manisa
    mardin mersin mugla mus nevsehir nigde ordu osmaniye rize sakarya samsun sanliurfa siirt sinop sivas sirnak tekirdag
    tokat trabzon tunceli usak van yalova yozgat zonguldak izmit antakya adapazari turkiye kibris anadolu avrupa ege
    marmara akdeniz karadeniz trakya kadikoy besiktas sisli uskudar bakirkoy umraniye pendik maltepe kartal atasehir
    beyoglu fatih sariyer bornova karsiyaka buca konak cankaya kecioren yenimahalle nilufer alanya bodrum marmaris
    fethiye cesme kusadasi gebze corlu merkez carsi avm
"""
TOWNS = frozenset(_TOWNS.split())
_FORM = r"(?:A\.\s?[SŞ]\.?|A[SŞ]\s*$|Ltd\b|L[iİ]m[iİ]ted\b|[SŞ]t[iİ]\b|San\b|T[iİ]c\b|Anon[iİ]m\b|[SŞ][iİ]rket[iİ]\b)"
_TRADE = (
    r"(?:(?:tekst[iİ]l|market|eczanes?[iİ]?|oto(?:mot[iİ]v)?|mob[iİ]lya|opt[iİ]k|kuaf[oö]r|otel[iİ]?|restoran|g[iı]da|"
    r"[iİ]n[sş]aat|tur[iİ]zm|s[iİ]gorta|emlak|kozmet[iİ]k|kl[iİ]n[iİ][gğk][iİ]?|ma[gğ]azac[iı]l[iı]k|kuyumculuk)\b)"
)
_PARTS = r"[–—:|,;/()\n]|\s-\s"
_NAME = re.compile(
    rf"(?:^|(?<=[–—:|,;/()\n])|(?<=\s-\s))((?:(?!{_PARTS}).){{0,60}}?)\b"
    rf"(?:{_FORM}\.?(?:\s*(?:ve\s+)?{_FORM}\.?)*|{_TRADE}(?!(?:(?!{_PARTS}).){{0,60}}\b{_FORM}))",
    re.I,
)
# No firm is called so: several people, who did something, or had it done to them; and whom a list is of.
_NO_FIRM = re.compile(
    rf"\b(?:\w+l[ae]r(?:[iu]\w*)?|\w*(?:[ae]c[ae][kg]\w*|m[iu]s|[dt][iu]|[iu]yor\w*|s[iu]z|(?:[iu]l|[iu]n|l[ae][nt])[ae]n)|"
    rf"{PERSON}|liste\w*|sms|mesaj|mail|eposta|telefon|numara\w*|izin\w*|onay\w*)\b"
)
_KARDES = re.compile(r"\b(?:kardesler|hizmetler|urunler)[iu]?\b")


def without_firms(text: str) -> str:
    """A text without the names of firms that it begins with, or a part of it does."""
    return _NAME.sub(lambda found: found[0] if _NO_FIRM.search(_KARDES.sub("", folded(found[1]))) else "", text)
