"""Columns and fields of brands: what their cells say of whose consents a line or a row is.

Of a provider's brands one is chosen for a whole file or request. A line that is another brand's would have its refusal
written to the wrong one, and the right one's lost. A refusal is left unwritten only where a cell of brands is a plain
list of others' names and codes, and no cell beside it says the chosen one; in all other cases it is taken, and the cell
is listed: any other sign or word may turn the names round ("≠ Moda Evi", "Moda Evi hariç").
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from functools import cached_property, lru_cache
from typing import TypeVar

from portal.services.imports.brand_names import CODE, BrandNames
from portal.services.imports.layout import vocabulary
from portal.services.imports.layout.normalization import LONGEST_NAME, name_of, says_nothing
from portal.services.imports.layout.plain_words import is_code
from portal.services.imports.layout.vocabulary import Words

OF_BRANDS = Words("marka~ brand brands markakodu markaadi markano brandcode brandid brandname")
OF_IYS = Words("iys iyscode iyskodu")
# Or the recipients'.
OF_FIRMS = Words("firma~ sirket~ isletme~ kurum~ company magaza~ store shop saglayici~ provider")
OF_CODES = Words("kod~ code markakodu brandcode iyscode iyskodu")  # "İYS kodu", but "İYS işlem no".
# With a word beside these a column holds anything: "Araç markası".
_BESIDE = Words(f"{OF_BRANDS} {OF_IYS} {OF_FIRMS} {OF_CODES} {vocabulary.CODES} hizmet service ad adi isim ismi name")
# Words before a name or a code that say no more: "Marka 700002".
_LABELS = Words(f"marka markasi {OF_CODES} markaadi markano brand brandid brandname id ad adi name")
_PART = re.compile(r"\s[-–—]\s|[][(){},;:/|&+\"“”\r\n\t]")  # Of a cell of firms.
# What stands between names, by the letter that it has in _LIST; of other signs these turn no name round.
_BETWEEN = (
    dict.fromkeys('{}|&+"“”.', "?") | dict.fromkeys(",;/", ",") | dict.fromkeys(("ve", "and"), "a")
    | dict.fromkeys("-–—", "-") | dict.fromkeys("([", "(") | dict.fromkeys(")]", ")") | {":": ":"}
)  # fmt: skip
# Labels, names and codes, a code also beside its name: "700002 - Moda Evi", "Moda Evi (700002)".
_BRAND = r"(?:L+:?)?(?:C[-:]?N|N[-:]?C|N\(C\)|C\(N\)|[CN])"
_LIST = re.compile(rf"{_BRAND}(?:(?:,+a?|a){_BRAND})*")
_AND_MORE = re.compile(r"…|\.\.")

Key = TypeVar("Key")


class Named(Enum):
    """What words of a cell name."""

    OWN = auto()  # The chosen brand.
    PROVIDER = auto()
    CODE = auto()  # Another brand, by its code: no chance,
    NAME = auto()  # or by its name.
    ALL = auto()
    UNKNOWN = auto()


OTHERS = frozenset({Named.CODE, Named.NAME})


class BrandColumn:
    """What cells under a name, or a field's values, say of whose consents they are."""

    def __init__(self, name: str, brands: BrandNames):
        words = name_of(name[:LONGEST_NAME]).split()
        is_alone = all(each in _BESIDE for each in words)
        self._is_of_brands, is_of_iys, self.holds_firms, is_of_codes = (
            is_alone and any(each in kind for each in words) for kind in (OF_BRANDS, OF_IYS, OF_FIRMS, OF_CODES)
        )
        self.holds_brands = self._is_of_brands or (is_of_iys and is_of_codes)
        self._holds_codes = self.holds_brands and is_of_codes and not brands.is_sandbox
        self._brands = brands
        self.find_named = lru_cache(maxsize=1024)(self._find_named)

    def names_own(self, cell: str) -> bool:
        """Whether a cell is nothing but codes and names of the chosen brand, or its provider."""
        return frozenset() < self.find_named(cell) <= {Named.OWN, Named.PROVIDER}

    def names_others(self, cell: str) -> bool:
        """Whether a cell is a plain list of codes and names of other brands."""
        return frozenset() < self.find_named(cell) <= OTHERS

    def may_name_own(self, cell: str) -> bool:
        """Whether a cell names the chosen brand, or all; one of firms, which may be called like it, nothing else."""
        named = self.find_named(cell)
        return not named.isdisjoint({Named.OWN, Named.ALL}) if self.holds_brands else named == {Named.OWN}

    def contents(self, harmless: Callable[[str], bool] | None) -> Callable[[str], bool]:
        """Whether a cell needs no look of its own: it is the brand's, or it is harmless by itself and names no other
        brand; a number that is no brand's code is not."""
        also = None if self.holds_brands and harmless is is_code else harmless
        return lambda cell: (
            self.names_own(cell) or (also is not None and also(cell) and not self._mentions_others(cell))
        )

    def _mentions_others(self, cell: str) -> bool:
        if self.holds_brands:
            return self._brands.mentions_others(cell) or not self.find_named(cell).isdisjoint(OTHERS)
        # A firm "Yıldız Gıda" is none of a brand "Yıldız".
        return any(self.names_others(part) for part in _PART.split(cell[:LONGEST_NAME]))

    def _find_named(self, cell: str) -> frozenset[Named]:
        if says_nothing(cell):
            return frozenset()
        found, shape = set(), ""
        for token in self._brands.tokens(cell):
            is_code = CODE.fullmatch(token) is not None
            if named := self._kinds.get(token, Named.CODE if self._holds_codes and is_code else None):
                found.add(named)
                shape += "C" if is_code else "N"
            elif token in _BETWEEN or token in _LABELS:
                shape += _BETWEEN.get(token, "L")
            else:
                found.add(Named.ALL if token in vocabulary.ALL else Named.UNKNOWN)
        is_cut = len(cell) > LONGEST_NAME or _AND_MORE.search(cell)
        is_unclear = is_cut or not found or (found <= OTHERS and not _LIST.fullmatch(shape))
        return frozenset(found | {Named.UNKNOWN} if is_unclear else found)

    @cached_property
    def _kinds(self) -> dict[str, Named]:
        """Of codes and names. The code of a firm at İYS is that of its first brand."""
        own, provider, others = self._brands.own, self._brands.provider, self._brands.others
        if not self._is_of_brands:
            own, others = own - provider, others - provider
        of_provider = Named.OWN if self._is_of_brands else Named.PROVIDER
        of_others = {each: Named.CODE if CODE.fullmatch(each) else Named.NAME for each in others}
        return dict.fromkeys(provider, of_provider) | of_others | dict.fromkeys(own, Named.OWN)


def brand_columns(names: Sequence[str], brands: BrandNames) -> dict[int, BrandColumn]:
    """By place, the columns whose names say that they hold brands or firms, and nothing else."""
    columns = {place: BrandColumn(name, brands) for place, name in enumerate(names) if brands.own}
    return {place: each for place, each in columns.items() if each.holds_brands or each.holds_firms}


def find_another(columns: Mapping[Key, BrandColumn], cells: Mapping[Key, str]) -> Key | None:
    """The column by whose cell a line is another brand's: it lists others alone, and no cell beside it names the
    chosen one. Only beside a code may another cell of brands be unknown."""
    of_brands = {key: columns[key].find_named(cell) for key, cell in cells.items() if columns[key].holds_brands}
    others = [key for key, named in of_brands.items() if frozenset() < named <= OTHERS]
    coded = [key for key in others if Named.CODE in of_brands[key]]
    if not others or any(columns[key].may_name_own(cell) for key, cell in cells.items()):
        return None
    is_known = not any(Named.UNKNOWN in named for named in of_brands.values())
    return coded[0] if coded else others[0] if is_known else None


def is_another_brands(columns: Mapping[int, BrandColumn], cells: Sequence[str]) -> bool:
    """Whether a file's line is another brand's."""
    return find_another(columns, {place: cells[place] for place in columns if place < len(cells)}) is not None
