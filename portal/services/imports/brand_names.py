"""Whose consents a file or a row says that it holds: only the chosen brand's code and names are its own.

Of a provider's brands one is chosen for a whole file or request. A column, a sheet, a title, the file's name or a row's
field that names another one would have its refusals written to the wrong brand, and the named one's lost.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import Brand, Provider
from portal.services.imports.layout import vocabulary
from portal.services.imports.layout.normalization import LONGEST_NAME, folded, name_of
from portal.services.imports.layout.plain_words import is_code
from portal.services.imports.layout.vocabulary import Words

BRAND = Words("marka~ brand brands markakodu markaadi markano brandcode brandid brandname")
PROVIDER = Words("saglayici~ provider iyscode iyskodu")
FIRM = Words("firma~ sirket~ isletme~ kurum~ company magaza~ store shop")
_CODE_OF = Words("kod~ code")  # "İYS kodu", but "İYS işlem no".
# With no word beside these a column holds codes or names of İYS's brands; "Araç markası" may hold anything.
_BESIDE = Words(f"{BRAND} {PROVIDER} {vocabulary.CODES} iys hizmet service firma~ sirket~ ad adi isim ismi name")
_CODE = re.compile(r"\b[1-9][0-9]{5,6}\b")
_GROUPED, _FLOAT = re.compile(r"(?<=[0-9])[. ](?=[0-9]{3}\b)"), re.compile(r"(?<=[0-9])[.,]0+$")  # 700.002, 700002.0
_PART = re.compile(r"\s[-–]\s|[(),;:/|]")  # "700002 - Moda Evi"
_NUMBERED = re.compile(r"\b(?:marka\w*|brand)(?: (?:kod\w*|code|no|id))? ([0-9]+)\b")


@dataclass(frozen=True)
class BrandNames:
    """The codes and names of the chosen brand, of its provider and of the provider's other brands, folded and without
    blanks. Without any, nothing names another brand."""

    own: frozenset[str] = frozenset()
    provider: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()  # Of the names of brand and provider, which stand in names of their files.
    is_sandbox: bool = False  # Its code is ours: files have İYS's.

    @classmethod
    def of_brand(cls, session: Session, brand: Brand) -> "BrandNames":
        provider = session.get_one(Provider, brand.provider_id)
        of_provider = select(Brand.brand_code, Brand.name).where(Brand.provider_id == provider.id)
        others = session.execute(of_provider.where(Brand.id != brand.id, Brand.has_not_ended())).all()
        own = _keys([str(brand.brand_code), brand.name])
        of_others = _keys(str(name) for other in others for name in other) - own
        return cls(
            # Another brand may be called so by now.
            own | (_keys([brand.header or "", *brand.former_names.splitlines()]) - of_others),
            _keys([str(provider.iys_code), provider.title]),
            of_others,
            frozenset(word for name in (brand.name, provider.title) for word in folded(name).split()),
            brand.is_sandbox,
        )

    def are_named_in(self, text: str) -> bool:
        """Whether a heading, or the name of a file or a sheet, names another brand, or a brand by another number."""
        words = _joined(text)
        return self.find_others(words, self.others) or (
            bool(self.own) and not self.own.union(self.provider).issuperset(_NUMBERED.findall(words))
        )

    def readers(self, header: Sequence[str]) -> dict[int, "BrandColumn"]:
        """By place, the columns whose names say that they hold brands or firms."""
        found = {place: BrandColumn(name, self) for place, name in enumerate(header) if self.own}
        return {place: each for place, each in found.items() if each.kind is not None}

    def find_others(self, words: str, others: frozenset[str]) -> bool:
        """Whether any of `others` stands in folded words, and no longer name there."""
        return any(_key(each) in others for each in self._names.findall(words)) if others else False

    @cached_property
    def _names(self) -> re.Pattern[str]:
        """Any name, with or without its blanks; the longest first, since one may begin with another."""
        names = sorted(self.own | self.provider | self.others, key=len, reverse=True)
        return re.compile(rf"\b(?:{'|'.join(' ?'.join(map(re.escape, each)) for each in names)})\b")


NO_BRANDS = BrandNames()


class BrandColumn:
    """What cells under a name say of whose consent their line is."""

    def __init__(self, name: str, brands: BrandNames):
        words = name_of(name[:LONGEST_NAME]).split()
        is_of_iys = "iys" in words and any(each in _CODE_OF for each in words)
        self.kind = next((kind for kind in (BRAND, PROVIDER, FIRM) if any(each in kind for each in words)), None)
        self.kind = self.kind or (PROVIDER if is_of_iys else None)
        self.is_clear = self.kind is not FIRM and all(each in _BESIDE for each in words)
        self._brands, others = brands, brands.others
        # The code of a firm at İYS is that of its first brand.
        self._others = others if self.kind is BRAND else others - brands.provider
        self._own = brands.own | (brands.provider - self._others)
        self.names_other = lru_cache(maxsize=1024)(self._names_other)

    def names_own(self, cell: str) -> bool:
        """Whether a cell is nothing but codes and names of the chosen brand, or its provider."""
        parts = {_key(part) for part in _PART.split(cell)} - {""}
        return _key(cell) in self._own or (bool(parts) and parts <= self._own)

    def contents(self, harmless: Callable[[str], bool] | None) -> Callable[[str], bool]:
        """Whether a cell needs no look of its own: it is the brand's, its line is a problem, or it is harmless by
        itself; a number that is no brand's code is not."""
        also = None if harmless is is_code else harmless
        return lambda cell: self.names_own(cell) or self.names_other(cell) or (also is not None and also(cell))

    def names_known(self, cell: str) -> bool:
        """Whether a cell names another brand of the provider."""
        if self.kind is FIRM:  # "Yıldız Gıda" is none of a brand "Yıldız".
            return any(_key(part) in self._others for part in _PART.split(cell))
        return self._brands.find_others(_joined(cell), self._others)

    def _names_other(self, cell: str) -> bool:
        """The same; under a clear name also one that we do not know, by its code."""
        codes = _CODE.findall(_joined(cell)) if self.is_clear and not self._brands.is_sandbox else []
        return self.names_known(cell) or any(code not in self._own for code in codes)


def _joined(text: str) -> str:
    """Folded words, in which each number is one."""
    return folded(_FLOAT.sub("", _GROUPED.sub("", text[:LONGEST_NAME])))


def _key(text: str) -> str:
    return _joined(text).replace(" ", "")


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_key, texts)) - {""}
