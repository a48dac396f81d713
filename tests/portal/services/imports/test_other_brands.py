"""What names another brand of the firm than the chosen one: its lines are problems, its sheets and files are asked."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import BatchState, Brand, Decision, ImportBatch
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.brand_columns import Named, brand_columns, is_another_brands
from portal.services.imports.brand_names import BrandNames
from portal.services.imports.layout import Field, Layout
from portal.services.imports.row_parser import RowParser
from portal.services.imports.store import layout_of
from tests import make
from tests.examples import some
from tests.portal.services.imports import test_worker
from tests.portal.services.imports.test_no_cell_lost import NOW
from tests.portal.services.imports.test_not_understood import HEADER, book, examine, line, text

FIRM = {"700001": "Örnek Mağaza", "700002": "Moda Evi", "700003": "Moda Evi Outlet"}


def chosen(code: str = "700001", *more: str, is_sandbox: bool = False) -> BrandNames:
    others = [each for other in FIRM.items() if other[0] != code for each in other]
    return BrandNames.of_names((code, FIRM[code]), ("600001", "Örnek Holding"), (*others, *more), is_sandbox=is_sandbox)


def brought(name: str, *cells: str, statuses: str = "E", brands: BrandNames | None = None):
    """A file with this column, of so many lines."""
    lines = [line(number, {"E": "Evet", "H": "Hayır"}[said], f'"{cell}"')
             for number, (cell, said) in enumerate(zip(cells, statuses * len(cells), strict=False), 10)]  # fmt: skip
    return examine(text([*HEADER, name], *lines), brands=brands or chosen())


def problems(found) -> list[int]:
    return [number for _, number, what in found.results if what == "other_brand"]


def test_the_names_of_a_brand_are_its_own_its_providers_and_those_of_the_others(app):
    with app.app_context():
        first = make.brand()
        first.former_names = "Eski Ad"
        other = Brand(provider_id=first.provider_id, brand_code=make.BRAND_CODE + 1, name="Moda Evi",
                      created_at=clock.now())  # fmt: skip
        db.session.add(other)
        db.session.commit()
        names, of_other = BrandNames.of_brand(db.session, first), BrandNames.of_brand(db.session, other)

        assert {str(make.BRAND_CODE), "eskiad"} <= names.own
        assert names.others == {str(make.BRAND_CODE + 1), "modaevi"} == of_other.own
        assert str(first.brand_code) in of_other.others
        assert names.words >= {"ornek"} and names.provider == of_other.provider


@pytest.mark.parametrize(
    ("name", "cell"),
    [("Marka Kodu", "700002"), ("Marka Kodu", "700.002"), ("Marka Kodu", "700002.0"), ("Marka", "Moda Evi"),
     ("Marka Adı", "MODA EVİ"), ("brandCode", "700003"), ("Brand ID", "700002 - Moda Evi"), ("MARKA", "ModaEvi"),
     ("İYS Marka Kodu", "700002"), ("iysCode", "700002"), ("İYS Kodu", "612345"), ("brand_code", "712345"),
     ("Marka no", "700002"), ("brand name", "Moda Evi (700002)"), ("Marka", "700002 Moda Evi"),
     ("Marka", "Marka 700002"), ("brandCode", "700002-Moda Evi"), ("Marka Kodu", "Moda Evi [700002]"),
     ("Marka", "Moda Evi ve Moda Evi Outlet")],
)  # fmt: skip
def test_a_line_that_names_another_brand_grants_and_refuses_nothing_and_is_named(name, cell):
    found = brought(name, cell, cell, statuses="EH")

    assert (found.granted, found.refused, problems(found)) == ([], [], [2, 3])


@pytest.mark.parametrize(
    ("name", "cells"),
    [("Marka Kodu", ["700001", "700001.0", "", "Örnek Mağaza"]), ("Marka", ["Örnek Mağaza", "700001 - ÖRNEK MAĞAZA"]),
     ("iysCode", ["600001"]), ("Hizmet sağlayıcı", ["Örnek Holding"]), ("Marka Adı", ["Nike", "Örnek Mağaza"]),
     ("Firma Adı", ["Moda Evi Gıda Ltd. Şti.", "Yıldız"]), ("Sipariş No", ["700002"]), ("Üye No", ["700002"]),
     ("Mağaza", ["Kadıköy"]), ("Mağaza Kodu", ["654321"])],
)  # fmt: skip
def test_a_brands_own_code_and_names_and_other_columns_need_no_word(name, cells):
    found = brought(name, *cells)

    assert (len(found.granted), problems(found), found.unread.doubtful) == (len(cells), [], 0)


@pytest.mark.parametrize(
    ("name", "cell"),
    [("Marka", "Nike"), ("Marka No", "2"), ("Marka No", "712345"), ("Araç Marka", "712345"), ("Marka", "Örnek"),
     ("Marka", "Örnek Mağazacılık"), ("Marka", "Moda Evi Bursa"), ("Marka Adı", "Moda Evi Bursa"),
     ("Marka", "Örnek Mağaza (eski: Moda Evi)"), ("Marka", "Moda Evi, Tümü"), ("Marka", "Moda Evi ve diğerleri"),
     ("Marka", "Moda Evi; tüm markalar"), ("Marka", "Moda Evi / hepsi"), ("Marka", "Moda Evi, …"),
     ("Marka", "Moda Evi hariç"), ("Marka Kodu", "700002, 70001"), ("Marka", "Moda Evi | Örnek Mğaza"),
     ("Marka", f"Moda Evi{' ' * 300}Örnek Mağaza"),
     ("Marka Adı", "Mobil ve diğerleri"), ("Provider ID", "654321"), ("Hizmet Sağlayıcı Kodu", "700002"),
     ("Hizmet Sağlayıcı", "Örnek Ticaret Anonim Şirketi"), ("Mağaza", "Moda Evi"), ("Firma Adı", "Moda Evi"),
     ("Şirket Kodu", "700002")],
)  # fmt: skip
def test_what_may_be_another_brand_is_only_listed_and_its_refusals_are_taken(name, cell):
    found = brought(name, cell, "", cell, statuses="EEH", brands=chosen("700001", "Mobil"))

    assert (len(found.granted), found.refused, problems(found)) == (2, [4], [])
    assert [each.header for each in found.unread.columns if each.may_refuse] == [name]


@settings(deadline=None, max_examples=some(60))
@given(
    st.lists(st.sampled_from(["Örnek Mağaza", "700001", "Moda Evi", "700002", "Bursa", "Örnek", "hepsi"]), min_size=1,
             max_size=3),
    st.sampled_from([", ", " / ", "; ", "\n", " ve ", " and ", " & ", " + ", " | "]),
)  # fmt: skip
def test_a_refusal_is_unwritten_only_where_the_cell_is_a_plain_list_of_other_brands(names, between):
    found = brought("Marka", "Örnek Mağaza", between.join(names), statuses="EH")
    is_others, is_own = ({*names} <= its for its in ({"Moda Evi", "700002"}, {"Örnek Mağaza", "700001"}))
    is_others = is_others and (len(names) == 1 or between.strip() not in ("&", "+", "|"))

    assert (problems(found), found.refused) == (([3], []) if is_others else ([], [3]))
    assert found.unread.doubtful == (not is_others and not is_own)


@pytest.mark.parametrize(
    "cell",
    ["Moda Evi ❌", "≠ Moda Evi", "~~Moda Evi~~", "M̶o̶d̶a̶ Evi", "!Moda Evi", "Moda Evi?", "Moda Evi +", "Moda-Evi",
     "Moda Evi ve", "ve Moda Evi", "Moda Evi ve, 700002", "no Moda Evi", "İYS Moda Evi", "Moda Evi - Moda Evi Outlet"],
)  # fmt: skip
def test_any_other_sign_or_word_beside_another_brands_name_may_turn_it_round(cell):
    columns = brand_columns(["Marka"], chosen())

    assert not is_another_brands(columns, [cell]) and Named.UNKNOWN in columns[0].find_named(cell)


@pytest.mark.parametrize(
    ("names", "cells", "is_others"),
    [(("Marka Kodu", "Marka"), ("700001", "Moda Evi"), False),
     (("Marka", "Marka Kodu"), ("Örnek Mağaza", "700002"), False),
     (("Marka", "Marka"), ("Moda Evi", "Örnek Mağaza"), False), (("Marka", "Marka Adı"), ("Moda Evi", "Örnek"), False),
     (("Marka Kodu", "Marka"), ("700002", "Tümü"), False), (("Marka", "Mağaza"), ("Moda Evi", "Örnek Mağaza"), False),
     (("Marka Kodu", "Marka"), ("700002", "Moda Evi Türkiye"), True), (("Marka", "Marka Kodu"), ("Moda Evi", ""), True),
     (("İYS Kodu", "Marka Kodu"), ("600001", "700002"), True),
     (("Firma", "Marka"), ("Örnek Holding", "Moda Evi"), True)],
)  # fmt: skip
def test_no_column_beside_may_name_the_brand_itself_where_a_refusal_is_unwritten(names, cells, is_others):
    found = examine(text([*HEADER, *names], line(10), line(11, "Hayır", *cells)), brands=chosen())

    assert (problems(found), found.refused) == (([3], []) if is_others else ([], [3]))
    assert is_others or found.unread.doubtful


def test_an_unknown_code_of_a_brand_in_sandbox_mode_is_only_listed():
    found = brought("Marka Kodu", "712345", brands=chosen(is_sandbox=True))

    assert (len(found.granted), found.unread.doubtful) == (1, 1)


@settings(deadline=None, max_examples=some(40))
@given(
    st.sampled_from(["Marka Kodu", "brandCode", "Marka", "Marka Adı"]),
    st.lists(st.tuples(st.sampled_from([*FIRM]), st.sampled_from("EH")), min_size=1, max_size=8),
)
def test_a_file_of_several_brands_gives_each_line_to_its_own_brand_alone(name, lines):
    cells = [FIRM[code] if name in ("Marka", "Marka Adı") else code for code, _ in lines]

    for brand in FIRM:
        found = brought(name, *cells, statuses="".join(said for _, said in lines), brands=chosen(brand))
        its = {number: Status.GRANTED if said == "E" else Status.REFUSED
               for number, (code, said) in enumerate(lines, 2) if code == brand}  # fmt: skip
        assert {number: what.status for _, number, what in found.results if isinstance(what, Entry)} == its
        assert problems(found) == [number for number, (code, _) in enumerate(lines, 2) if code != brand]
        assert found.unread.doubtful == 0


@pytest.mark.parametrize(("cell", "is_held"), [("712345", True), ("700002", True), ("700001", False)])
def test_a_refusal_of_another_brand_holds_its_persons_grants_back(cell, is_held):
    columns = {Field.PHONE: 0, Field.STATUS: 1}
    parser = RowParser(
        Layout(columns), at=NOW, header_line=1, header=["Telefon", "Durum", "Marka Kodu"], brands=chosen()
    )
    _, held = parser.parse_and_hold((2, ["0532 123 45 67", "RET", cell]))

    assert [each.text for each in held] == ["+905321234567"] * is_held


@pytest.mark.parametrize("name", ["700002", "Brand 700002", "Moda Evi", "ModaEvi izinleri", "Marka kodu 712345"])
def test_a_sheet_a_title_a_column_or_a_file_named_as_another_brand_is_asked(name):
    rows = [HEADER, line(1)]
    said = [
        examine(book(*rows, title=name), "izinler.xlsx", brands=chosen()).unread,
        examine(book([name], *rows), "izinler.xlsx", brands=chosen()).unread,
        examine(text(*rows), f"{name.replace(' ', '_')}.csv", brands=chosen()).unread,
        examine(text([f"Telefon {name}", *HEADER[1:]], line(1)), brands=chosen()).unread,
    ]
    assert all(each.doubtful for each in said)


@pytest.mark.parametrize("name", ["700001", "Marka kodu 700001", "Örnek Mağaza", "Örnek Holding 600001", "Marka 2026"])
def test_a_sheet_a_title_or_a_file_named_as_the_brand_itself_is_not_asked(name):
    rows = [HEADER, line(1)]
    assert not examine(book([name], *rows, title=name), f"{name}.xlsx", brands=chosen()).unread.doubtful


@pytest.mark.parametrize("other", ["Mobil", "Ad", "İzin", "Online"])
def test_a_brand_that_is_called_like_a_column_makes_no_column_doubtful(other):
    rows = [["Ad Soyad", "Mobil Telefon", *HEADER[1:]], ["Ayşe Ak", *line(1)]]

    found = examine(text(*rows), "Online izinler.csv", brands=chosen("700001", other))

    assert (found.granted, found.unread.doubtful) == ([2], 0)


@pytest.mark.parametrize(
    ("own", "other", "cell", "is_others"),
    [("Ay", "Yıldız & Ay", "Yıldız & Ay", True), ("Evi", "Moda Evi", "Moda, Evi", False),
     ("Moda", "Moda Evi", "Moda Evi", True), ("Outlet", "Moda Evi Outlet", "Moda Evi; Outlet", False),
     ("Ay", "Yıldız & Ay", "YILDIZ&AY", True), ("Ay", "Yıldız & Ay", "Yıldız + Ay", False),
     *[("Moda Evi", "Moda Evi Outlet", f"Moda Evi {rest}", rest == "Outlet")
       for rest in ("Outlet", "+ Outlet", "/ Outlet", "(Outlet)", "- Outlet", "& Outlet", "ve Outlet")]],
)  # fmt: skip
def test_a_name_within_a_longer_one_of_another_brand_is_its_own_beside_a_sign_that_the_longer_one_has_not(
    own, other, cell, is_others
):
    brands = BrandNames.of_names(["700001", own], [], [other])

    assert is_another_brands(brand_columns(["Marka"], brands), [cell]) == is_others


def test_the_brands_name_with_an_ending_is_no_other_brand_called_like_its_beginning():
    brands = chosen("700002", "Moda")

    assert not brands.mentions_others("Moda Evinin izinleri 2026")
    assert brands.mentions_others("Moda izinleri")


@pytest.mark.slow
@pytest.mark.parametrize(("is_kept", "only_refusals"), [(True, False), (True, True), (False, False)])
def test_a_run_reads_lines_by_the_brands_of_its_dry_run(app, rows, monkeypatch, is_kept, only_refusals):
    monkeypatch.setattr(test_worker, "HEADER", f"{test_worker.HEADER};Marka")
    with app.app_context():
        first = make.brand()
        said = [(0, ""), (1, "Moda Evi"), (1, ""), (2, "Moda Evi")]
        lines = [f"{test_worker.line(number, 'RET', mail=False)};{its}" for number, its in said]
        batch = test_worker.batch_after_dry_run(first, lines)
        counted = {"first_refusal": 6, "repeated": 2}
        assert batch.tally == counted
        db.session.add(Brand(provider_id=first.provider_id, brand_code=make.BRAND_CODE + 1, name="Moda Evi",
                             created_at=clock.now()))  # fmt: skip
        if not is_kept:  # By the release before.
            layout = replace(layout_of(vault(), batch), other_brands=None)
            batch.layout = vault().seal(layout.packed(), ImportBatch.LAYOUT, batch.provider_id, batch.id)
            counted = {"first_refusal": 2, "repeated": 2, "other_brand": 4}
        db.session.commit()

        test_worker.begin(batch, only_refusals=only_refusals)
        test_worker.finish(batch)

        assert (batch.state, batch.tally) == (BatchState.DONE, counted)
        assert rows.count(Decision) == counted["first_refusal"]
