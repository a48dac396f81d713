"""Columns and fields of brands: what their cells say of whose consents a line or a row is.

Of a provider's brands one is chosen for a whole file or request. A column or a row's field of brands that names another
one would have its refusals written to the wrong brand, and the named one's lost. Where a name only may be meant, it is
listed or asked, and refusals are taken.
"""

import re
from collections.abc import Callable, Sequence

from portal.services.imports.brand_names import CODE, BrandNames, brand_keys
from portal.services.imports.layout import vocabulary
from portal.services.imports.layout.normalization import LONGEST_NAME, name_of
from portal.services.imports.layout.plain_words import is_code
from portal.services.imports.layout.vocabulary import Words

OF_BRANDS = Words("marka~ brand brands markakodu markaadi markano brandcode brandid brandname")
OF_IYS = Words("iys iyscode iyskodu")
# Or the recipients'.
OF_FIRMS = Words("firma~ sirket~ isletme~ kurum~ company magaza~ store shop saglayici~ provider")
OF_CODES = Words("kod~ code markakodu brandcode iyscode iyskodu")  # "İYS kodu", but "İYS işlem no".
# With a word beside these a column holds anything: "Araç markası".
_BESIDE = Words(f"{OF_BRANDS} {OF_IYS} {OF_FIRMS} {OF_CODES} {vocabulary.CODES} hizmet service ad adi isim ismi name")
_PART = re.compile(r"\s[-–]\s|[(),;:/|]")  # "700002 - Moda Evi"


class BrandColumn:
    """What cells under a name, or a field's values, say of whose consents they are."""

    def __init__(self, name: str, brands: BrandNames):
        words = name_of(name[:LONGEST_NAME]).split()
        is_alone = all(each in _BESIDE for each in words)
        named = [
            each for each in (OF_BRANDS, OF_IYS, OF_FIRMS, OF_CODES) if is_alone and any(map(each.__contains__, words))
        ]
        self.holds_firms = OF_FIRMS in named
        self.holds_brands = OF_BRANDS in named or (OF_IYS in named and OF_CODES in named)
        self._holds_codes = self.holds_brands and OF_CODES in named and not brands.is_sandbox
        # The code of a firm at İYS is that of its first brand.
        self._others = brands.others if OF_BRANDS in named else brands.others - brands.provider
        self._own, self._brands = brands.own | (brands.provider - self._others), brands

    def names_own(self, cell: str) -> bool:
        """Whether a cell is nothing but codes and names of the chosen brand, or its provider."""
        named = self._named(cell)
        return bool(named) and named <= self._own

    def names_our_brand(self, cell: str) -> bool:
        """Whether a line is another brand's of the provider, and not the chosen one's as well."""
        return self.holds_brands and self._is_of_others(cell)

    def names_another(self, cell: str) -> bool:
        """Whether a line is another brand's, of the provider or by a code under a name of codes that we do not know."""
        named = self._named(cell)
        is_unknown = self._holds_codes and named.isdisjoint(self._own) and any(map(CODE.fullmatch, named))
        return is_unknown or self.names_our_brand(cell)

    def contents(self, harmless: Callable[[str], bool] | None) -> Callable[[str], bool]:
        """Whether a cell needs no look of its own: it is the brand's, its line is a problem, or it is harmless by
        itself and names no other brand; a number that is no brand's code is not."""
        also = None if self.holds_brands and harmless is is_code else harmless
        # A firm "Yıldız Gıda" is none of a brand "Yıldız".
        names_others = self._brands.names_others if self.holds_brands else self._is_of_others
        return lambda cell: (
            self.names_own(cell)
            or self.names_another(cell)
            or (also is not None and also(cell) and not names_others(cell))
        )

    def _is_of_others(self, cell: str) -> bool:
        named = self._named(cell)
        return named.isdisjoint(self._own) and not named.isdisjoint(self._others)

    def _named(self, cell: str) -> frozenset[str]:
        whole = brand_keys([cell])
        return whole if whole <= self._own or whole <= self._others else brand_keys(_PART.split(cell[:LONGEST_NAME]))


def brand_columns(names: Sequence[str], brands: BrandNames) -> dict[int, BrandColumn]:
    """By place, the columns whose names say that they hold brands or firms, and nothing else."""
    columns = {place: BrandColumn(name, brands) for place, name in enumerate(names) if brands.own}
    return {place: each for place, each in columns.items() if each.holds_brands or each.holds_firms}
