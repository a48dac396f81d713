"""Whose consents a file or a row says that it holds: only the chosen brand's code and names are its own.

Of a provider's brands one is chosen for a whole file or request. A column or a row's field of brands that names another
one would have its refusals written to the wrong brand, and the named one's lost. Where a name only may be meant, it is
listed or asked, and refusals are taken.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import Brand, Provider
from portal.services.imports.layout import vocabulary
from portal.services.imports.layout.normalization import LONGEST_NAME, folded, name_of
from portal.services.imports.layout.plain_words import is_code, is_plain
from portal.services.imports.layout.vocabulary import Words

BRAND = Words("marka~ brand brands markakodu markaadi markano brandcode brandid brandname")
IYS = Words("iys iyscode iyskodu")
FIRM = Words("firma~ sirket~ isletme~ kurum~ company magaza~ store shop saglayici~ provider")  # Or the recipients'.
CODE = Words("kod~ code markakodu brandcode iyscode iyskodu")  # "İYS kodu", but "İYS işlem no".
# With a word beside these a column holds anything: "Araç markası".
_BESIDE = Words(f"{BRAND} {IYS} {FIRM} {CODE} {vocabulary.CODES} hizmet service ad adi isim ismi name")
_CODE = re.compile(r"[1-9][0-9]{5,6}")
_GROUPED, _DECIMALS = re.compile(r"(?<=[0-9])[. ](?=[0-9]{3}\b)"), re.compile(r"(?<=[0-9])[.,]0+$")  # 700.002, 700002.0
_PART = re.compile(r"\s[-–]\s|[(),;:/|]")  # "700002 - Moda Evi"
_NUMBERED = re.compile(rf"\b(?:marka\w*|brand)(?: (?:kod\w*|code|no|id))? ({_CODE.pattern})\b")


@dataclass(frozen=True)
class BrandNames:
    """The codes and names of the chosen brand, of its provider and of the provider's other brands, folded and without
    blanks. Without any, nothing names another brand."""

    own: frozenset[str] = frozenset()
    provider: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()  # Of the others' those that are no ordinary words: not "Mobil".
    words: frozenset[str] = frozenset()  # Of the names of brand and provider, which stand in names of their files.
    is_sandbox: bool = False  # Its code is ours: files have İYS's.

    @classmethod
    def of_brand(cls, session: Session, brand: Brand) -> "BrandNames":
        provider = session.get_one(Provider, brand.provider_id)
        of_provider = select(Brand.brand_code, Brand.name).where(Brand.provider_id == provider.id)
        others = session.execute(of_provider.where(Brand.id != brand.id, Brand.has_not_ended())).all()
        return cls.of_names(
            [str(brand.brand_code), brand.name],
            [str(provider.iys_code), provider.title],
            [str(name) for other in others for name in other],
            former=[brand.header or "", *brand.former_names.splitlines()],
            is_sandbox=brand.is_sandbox,
        )

    @classmethod
    def of_names(
        cls, own: Sequence[str], provider: Sequence[str], others: Sequence[str], *, former: Sequence[str] = (),
        is_sandbox: bool = False,
    ) -> "BrandNames":  # fmt: skip
        """Of codes and names as they are written; another brand may have a former name by now."""
        of_others = _keys(others) - _keys(own)
        clear = _keys(each for each in others if each.isdigit() or not is_plain(each)) & of_others
        words = frozenset(word for name in (*own, *provider) for word in folded(name).split())
        return cls(_keys(own) | (_keys(former) - of_others), _keys(provider), of_others, clear, words, is_sandbox)

    def are_named_in(self, text: str) -> bool:
        """Whether a heading, or the name of a file or a sheet, names another brand, or a brand by another code."""
        if not self.own:
            return False
        words = _joined(text)
        named = {_key(each) for each in self._names.findall(words)}
        return bool(named & self.clear) or not self.own.union(self.provider).issuperset(_NUMBERED.findall(words))

    def readers(self, names: Sequence[str]) -> dict[int, "BrandColumn"]:
        """By place, the columns whose names say that they hold brands or firms, and nothing else."""
        columns = {place: BrandColumn(name, self) for place, name in enumerate(names) if self.own}
        return {place: each for place, each in columns.items() if each.is_clear or each.is_of_firms}

    @cached_property
    def _names(self) -> re.Pattern[str]:
        """Any name, with or without its blanks, and ours with an ending ("Örnek Mağazası"); the longest first, since
        one may begin with another."""
        names = sorted(self.own | self.provider | self.clear, key=len, reverse=True)
        ends = {each: r"\b" if each in self.clear else r"\w*" for each in names}
        return re.compile(rf"\b(?:{'|'.join(' ?'.join(map(re.escape, each)) + ends[each] for each in names)})")


NO_BRANDS = BrandNames()


class BrandColumn:
    """What cells under a name, or a field's values, say of whose consents they are."""

    def __init__(self, name: str, brands: BrandNames):
        words = name_of(name[:LONGEST_NAME]).split()
        is_alone = all(each in _BESIDE for each in words)
        is_brand, is_code, is_iys, self.is_of_firms = (
            is_alone and any(each in kind for each in words) for kind in (BRAND, CODE, IYS, FIRM)
        )
        self.is_clear = is_brand or (is_iys and is_code)
        self._holds_codes = self.is_clear and is_code and not brands.is_sandbox
        # The code of a firm at İYS is that of its first brand.
        self._others = brands.others if is_brand else brands.others - brands.provider
        self._own, self._brands = brands.own | (brands.provider - self._others), brands

    def names_own(self, cell: str) -> bool:
        """Whether a cell is nothing but codes and names of the chosen brand, or its provider."""
        named = self._named(cell)
        return bool(named) and named <= self._own

    def names_known(self, cell: str) -> bool:
        """Whether a line is another brand's of the provider, and not the chosen one's as well."""
        return self.is_clear and self._is_of_others(cell)

    def names_other(self, cell: str) -> bool:
        """The same, or of one that we do not know, by its code under a name of codes."""
        named = self._named(cell)
        is_unknown = self._holds_codes and named.isdisjoint(self._own) and any(map(_CODE.fullmatch, named))
        return is_unknown or self.names_known(cell)

    def contents(self, harmless: Callable[[str], bool] | None) -> Callable[[str], bool]:
        """Whether a cell needs no look of its own: it is the brand's, its line is a problem, or it is harmless by
        itself and names no other brand; a number that is no brand's code is not."""
        also = None if self.is_clear and harmless is is_code else harmless
        # A firm "Yıldız Gıda" is none of a brand "Yıldız".
        names_others = self._brands.are_named_in if self.is_clear else self._is_of_others
        return lambda cell: (
            self.names_own(cell)
            or self.names_other(cell)
            or (also is not None and also(cell) and not names_others(cell))
        )

    def _is_of_others(self, cell: str) -> bool:
        named = self._named(cell)
        return named.isdisjoint(self._own) and not named.isdisjoint(self._others)

    def _named(self, cell: str) -> frozenset[str]:
        whole = _keys([cell])
        return whole if whole <= self._own or whole <= self._others else _keys(_PART.split(cell[:LONGEST_NAME]))


def _joined(text: str) -> str:
    """Folded words, in which each number is one."""
    return folded(_DECIMALS.sub("", _GROUPED.sub("", text[:LONGEST_NAME])))


def _key(text: str) -> str:
    return _joined(text).replace(" ", "")


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_key, texts)) - {""}
