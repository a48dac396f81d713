"""Looks of an ods, and what stands beside the cells of a workbook, may say what no cell says."""

import io
import re
import zipfile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, FormulaRule, IconSetRule, Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.worksheet.datavalidation import DataValidation

from portal.services.imports.layout import is_plain
from portal.services.imports.reading.workbook_chunker.__main__ import find_marks
from portal.services.imports.reading.workbook_chunker.marks import FORMULA, ONE_RESULT, SHAPE, SheetLooks
from portal.services.imports.reading.workbook_chunker.workbook_parts import WorkbookParts
from portal.services.imports.reading.workbook_chunker.xlsx_marks import texts_of_drawings
from portal.services.imports.reading.workbook_chunker.xlsx_styles import is_wordy
from tests.files import broken
from tests.files.people import with_parts
from tests.portal.services.imports.test_not_understood import examine
from tests.portal.services.imports.test_workbooks import cut_up, zipped

STRIKE = '<style:text-properties style:text-line-through-style="solid"/>'
RED = '<style:table-cell-properties fo:background-color="#ff0000"/>'
BOLD = '<style:text-properties fo:font-weight="bold"/>'
GRID = '<style:table-cell-properties fo:border="0.74pt solid #000000"/>'
FACE = '<style:font-face style:name="F1" svg:font-family="Arial" style:font-charset="x-symbol"/>'
LINE = '<table:table-row><table:table-cell {} office:value-type="string" office:string-value="Can"/></table:table-row>'
NUMBER = LINE.replace("string", "float", 1).replace(
    'string-value="Can"/>', 'value="1"><text:p>{}</text:p></table:table-cell>'
)
NUMBER = NUMBER.replace(" {}", "", 1)
NAMED, BY_ROW = 'table:style-name="marked"', 'table:default-cell-style-name="marked"'


def style(name: str, parts: str = "", *, parent: str = "", family: str = "table-cell", more: str = "") -> str:
    above = f' style:parent-style-name="{parent}"' if parent else ""
    return f'<style:style style:name="{name}" style:family="{family}"{above} {more}>{parts}</style:style>'


def ods(*, named="", automatic="", row="", cell="", columns="", letters="", beside="") -> bytes:
    """The four people by LibreOffice: the second of them with such attributes, a style for the page, and so on."""
    with zipfile.ZipFile(broken.SAVED / "people.ods") as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist() if not name.endswith(("/", ".png"))}
    files["styles.xml"] = files["styles.xml"].replace("</office:styles>", f"{named}</office:styles>")
    first, *rows = files["content.xml"].split("<table:table-row ")
    first = first.replace("</office:automatic-styles>", f"{automatic}</office:automatic-styles>")
    if columns:
        first = first.replace('table:default-cell-style-name="Default"', columns)
    rows[2] = f"{row} " + rows[2].replace("<table:table-cell ", f"<table:table-cell {cell} ")
    if letters:
        rows[2] = rows[2].replace("<text:p>", f'<text:p><text:span text:style-name="{letters}">')
        rows[2] = rows[2].replace("</text:p>", "</text:span></text:p>")
    rows[-1] = rows[-1].replace("</table:table>", f"{beside}</table:table>")
    files["content.xml"] = "<table:table-row ".join([first, *rows])
    return zipped(**{name: text.encode() for name, text in files.items()})


def condition(value: str, its: str = "plain") -> str:
    return (
        '<calcext:conditional-formats><calcext:conditional-format calcext:target-range-address="Sayfa1.A2:G5">'
        f'<calcext:condition calcext:apply-style-name="{its}" calcext:value="{value}"/>'
        "</calcext:conditional-format></calcext:conditional-formats>"
    )


def is_marked(content: bytes) -> bool:
    tables = find_marks(content, "ods").values()
    texts = [text for each in tables for text in each.looks.texts if not is_plain(text)]
    are_odd = any(each.notes or each.looks.colours > 1 or each.looks.formats for each in tables)
    return bool(are_odd or texts)


@pytest.mark.parametrize(
    "dressed",
    [
        {"automatic": style("marked", STRIKE), "cell": NAMED},
        {"named": style("marked", STRIKE), "cell": NAMED},
        {"named": style("old", STRIKE), "automatic": style("marked", parent="old"), "cell": NAMED},
        {"automatic": style("marked", STRIKE), "row": BY_ROW},
        {"automatic": style("marked", STRIKE), "columns": BY_ROW},
        {"automatic": style("marked", STRIKE, family="text"), "letters": "marked"},
        {"automatic": style("marked", RED), "cell": NAMED},
        {"named": style("marked", RED), "row": BY_ROW},
        {"automatic": style("marked", RED) + style("white"), "columns": BY_ROW, "cell": 'table:style-name="white"'},
        {"automatic": style("marked", BOLD), "cell": NAMED},
        {"cell": 'table:formula="of:=CONCATENATE(&quot;RE&quot;;&quot;T&quot;)"'},
        *(
            {
                "automatic": f'<number:number-style style:name="N1"><number:{tag}>Ret</number:{tag}>'
                + "</number:number-style>"
                + style("marked", more='style:data-style-name="N1"'),
                "cell": NAMED,
            }
            for tag in ("text", "currency-symbol", "embedded-text", "fill-character")
        ),
        *(
            {"beside": LINE.format(facts).replace('office:value-type="string" office:string-value="Can"', "")}
            for facts in (
                'table:formula="of:=1" office:value-type="void"',
                'table:formula="of:=1" calcext:value-type="string"',
            )
        ),
        {
            "beside": LINE.format("").replace(
                '"string" office:string-value="Can"/>', '"float"><text:p>RET</text:p></table:table-cell>'
            )
        },
        {"automatic": style("marked", '<style:text-properties style:font-name="Wingdings 2"/>'), "columns": BY_ROW},
        {"automatic": FACE + style("marked", '<style:text-properties style:font-name="F1"/>'), "columns": BY_ROW},
        {
            "automatic": style("marked", '<style:text-properties fo:font-family="Webdings"/>', family="text"),
            "letters": "marked",
        },
        *(
            {"beside": condition(each)}
            for each in (
                "formula-is([.$G2]=&quot;Form 2&quot;)",
                "=[$Ret.$A$1]",
                "=COUNTIF([$Ret.$A:.$A];[.B2])&gt;0",
                "contains-text([.$J$1])",
                "between([.$J$1],[.$J$2])",
            )
        ),
        {"automatic": style("struck", STRIKE), "beside": condition("=1", "struck")},
        {"automatic": style("marked", '<style:map style:condition="cell-content()=[.J1]"/>'), "columns": BY_ROW},
        {
            "automatic": style("struck", STRIKE)
            + style("marked", '<style:map style:condition="cell-content()=1" style:apply-style-name="struck"/>'),
            "columns": BY_ROW,
        },
        {"beside": condition("duplicate").replace(":G5", ":G2")},
        *({"beside": NUMBER.format(each)} for each in ("RET", "-", "✗ 1", "0")),
        {"automatic": style("marked", '<style:map style:condition="is-true-formula([.G2]=1)"/>'), "columns": BY_ROW},
        *({"beside": f"<table:shapes><draw:{each}/></table:shapes>"} for each in ("line", "measure", "caption")),
        {"beside": "<table:shapes><draw:frame><draw:object/></draw:frame></table:shapes>"},  # A chart.
        {"beside": "<table:help-message><text:p>Bu kişiler RET</text:p></table:help-message>"},
        {"automatic": style("marked", STRIKE), "beside": LINE.format(NAMED)},
    ],
)
def test_what_is_marked_in_a_libreoffice_file_is_seen(dressed):
    assert is_marked(ods(**dressed))


@pytest.mark.parametrize(
    "dressed",
    [
        {},
        {"automatic": style("marked", RED), "columns": BY_ROW},
        {"automatic": style("marked", GRID), "cell": NAMED},
        *({"beside": condition(each)} for each in ("duplicate", "=&quot;Form 2&quot;", "contains-text(&quot;2&quot;)")),
        *({"beside": NUMBER.format(each)} for each in ("1", "1,00 ₺", "100%", "001", "1E+00")),
    ],
)
def test_a_plain_libreoffice_file_has_no_marks(dressed):
    assert not is_marked(ods(**dressed))


def test_marks_of_a_libreoffice_file_are_asked_for():
    found = examine(ods(named=style("marked", RED), row=BY_ROW), "liste.ods")

    assert [mark.kind for mark in found.unread.marks] == ["colour"]


HEADER = ["Ad Soyad", "Telefon", "SMS izni", "Onay tarihi", "Kaynak", "Form no"]


def xlsx(dress) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    sheet.append(HEADER)
    for number in range(4):
        sheet.append(["Ayşe Yılmaz", f"0532 700 00 1{number}", "Evet", "23.11.2026 10:00", "Web", f"F-1{number}"])
    dress(book, sheet)
    book.save(out)
    return out.getvalue()


def letters(**how):
    return lambda _, sheet: [setattr(cell, "font", Font(**how)) for cell in sheet[3]]


def by_rule(rule, place="A2:F9"):
    return lambda _, sheet: sheet.conditional_formatting.add(place, rule)


def coloured_tab(book, _):
    other = book.create_sheet("Liste 2")
    other.append(HEADER)
    other.sheet_properties.tabColor = "FFFF0000"


def prompt(_, sheet):
    sheet.add_data_validation(DataValidation(type="list", formula1='"Evet"', sqref="C2", prompt="Evet = istemiyor"))


def bold_total(_, sheet):
    sheet.append(["Toplam", 4])
    for cell in sheet[6]:
        cell.font = Font(bold=True)


def zebra(_, sheet):
    for number in (3, 5):
        for cell in sheet[number]:
            cell.fill = PatternFill("solid", fgColor="FFDDEBF7")


def looks_of(content: bytes) -> list[SheetLooks]:
    return [each.looks for each in find_marks(content, "xlsx").values()]


RET = NumberFormat(numFmtId=164, formatCode='"RET"')
FILL = PatternFill(bgColor="FFFF0000")


def of_words(kind: str, formula: str) -> Rule:
    return Rule(
        kind, operator=kind.replace("ContainsText", "Contains"), formula=[formula], dxf=DifferentialStyle(fill=FILL)
    )


@pytest.mark.parametrize(
    "dress",
    [
        letters(bold=True),
        letters(italic=True),
        letters(underline="double"),
        letters(vertAlign="superscript"),
        by_rule(FormulaRule(formula=["COUNTIF(Ret!A:A,$B2)>0"], fill=FILL)),
        by_rule(CellIsRule(operator="equal", formula=["$H$1"], fill=FILL)),
        by_rule(CellIsRule(operator="notEqual", formula=['""'], fill=FILL), "A3:F3 A5:F5"),
        by_rule(CellIsRule(operator="equal", formula=['"Evet"'], font=Font(strike=True))),
        by_rule(FormulaRule(formula=["MOD(ROW(),1000)=3"], fill=FILL)),
        by_rule(of_words("containsText", "NOT(ISERROR(SEARCH($J$1,A2)))")),
        by_rule(of_words("beginsWith", "LEFT(A2,LEN(Ret!$A$1))=Ret!$A$1")),
        by_rule(IconSetRule("3Symbols", "num", [0, 1, 2])),
        by_rule(Rule("cellIs", operator="equal", formula=["1"], dxf=DifferentialStyle(numFmt=RET))),
        coloured_tab,
        prompt,
    ],
)
def test_letters_rules_prompts_and_tabs_that_may_mean_something_are_seen(dress):
    assert any(each.colours > 1 or each.texts for each in looks_of(xlsx(dress)))


@pytest.mark.parametrize(
    "dress",
    [
        bold_total,
        zebra,
        by_rule(FormulaRule(formula=["MOD(ROW(),2)=0"], fill=FILL)),
        by_rule(CellIsRule(operator="equal", formula=['"Hayır"'], fill=FILL)),
        by_rule(of_words("containsText", 'NOT(ISERROR(SEARCH("Hayır",A2)))')),
        by_rule(of_words("notContainsText", 'ISERROR(SEARCH(("Evet"),(A2)))')),
        by_rule(of_words("endsWith", 'RIGHT(A2,LEN("r"))="r"')),
        by_rule(ColorScaleRule(start_type="min", start_color="FFFF0000", end_type="max", end_color="FF00FF00")),
        lambda _, sheet: setattr(sheet.sheet_properties, "tabColor", "FFFF0000"),
    ],
)
def test_totals_bands_and_rules_of_a_cells_own_words_mean_nothing(dress):
    assert not any(each.colours > 1 or each.texts for each in looks_of(xlsx(dress)))


def column_in(**font):
    return lambda _, sheet: [setattr(cell, "font", Font(**font)) for cell in sheet["C"][1:]]


def in_part_of_each(_, sheet):
    for cell in sheet["C"][1:]:
        cell.value = CellRichText(TextBlock(InlineFont(rFont="Wingdings"), "x"))


@pytest.mark.parametrize(
    "dress",
    [*(column_in(name=name) for name in ("Wingdings 2", "ITC Zapf Dingbats", "Symbol", "Marlett", "Monotype Sorts")),
     column_in(name="Arial", charset=2), in_part_of_each],
)  # fmt: skip
def test_a_cell_in_a_font_of_signs_holds_no_letters_however_alike_its_column(dress):
    found = examine(xlsx(dress), "liste.xlsx")

    assert [mark.kind for mark in found.unread.marks] == ["format"]
    assert not examine(xlsx(column_in(name="Arial", charset=162)), "liste.xlsx").unread.marks


def number_format(code):
    return lambda _, sheet: [setattr(cell, "number_format", code) for cell in sheet["C"][1:]]


@pytest.mark.parametrize("code", ['[=1]"Hayır"', "[$RET] 0", "[$HAYIR-41F]", "0*x", '"0"', "\\0", "0,", ";;;"])
def test_a_format_of_numbers_that_shows_something_else_is_named(code):
    assert [mark.kind for mark in examine(xlsx(number_format(code)), "liste.xlsx").unread.marks] == ["format"]


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "[$TL-41F] #,##0",
        "[$₺-tr-TR]#,##0",
        "[$-tr-TR,1200]dd mmmm yyyy",
        '"0"000 000 00 00',
        "#,##0.00",
        "dd.mm.yyyy",
        '0" TL"',
        '#,##0;-#,##0;"-"',
    ],
)
def test_a_format_of_numbers_that_shows_the_value_means_nothing(code):
    assert not examine(xlsx(number_format(code)), "liste.xlsx").unread.marks


STRANGE_FORMATS = r"""x~!x0~-~+;-~;;~[$❌] 0~[$!!]0~[$×]~[$ – ]0~[$✘-41F]0~[$USD-RET]0~[$-]0~"!!"0~\!0~0^~[<1]0;\-"""
PLAIN_FORMATS = r"""[<=9999999]###\-####;\(###\)\ ###\-####~$#,##0~[$-F400]h:mm:ss\ AM/PM~[h]:mm:ss~0.00E+00~#,##0.00 TL
0;-0;;@~_-* #,##0.00\ "₺"_-;-* #,##0.00\ "₺"_-;_-* "-"??\ "₺"_-;_-@_-~yyyy-mm-dd"T"hh:mm:ss~[$€-407]#,##0
[$-tr-TR]dd mmmm yyyy;@~[$-F800]dddd\,\ mmmm\ dd\,\ yyyy~0%~"+90 "000~General_)~# ?/?""".replace("\n", "~")


def test_a_format_shows_digits_separators_and_known_currencies_or_is_named():
    assert [each for each in STRANGE_FORMATS.split("~") if not is_wordy(each)] == []
    assert [each for each in PLAIN_FORMATS.split("~") if is_wordy(each)] == []


def test_a_font_of_signs_in_a_shared_string_counts_for_its_file():
    file = io.BytesIO(xlsx(lambda *_: None))
    with zipfile.ZipFile(file, "a") as packed:
        part = '<rPr><rFont val="Wingdings 2"/></rPr><t>T</t>'
        packed.writestr("xl/sharedStrings.xml", f"<sst><si><r>{part}</r></si></sst>")

    assert [each.formats for each in looks_of(file.getvalue())] == [5]


@pytest.mark.parametrize(
    "hide",
    [
        lambda _, sheet: setattr(sheet.row_dimensions[3], "hidden", True),
        lambda _, sheet: setattr(sheet.row_dimensions[3], "height", 0.1),
        lambda _, sheet: setattr(sheet.sheet_format, "zeroHeight", True),
    ],
)
def test_hidden_lines_are_asked_for(hide):
    content = xlsx(hide)

    assert [mark.text for mark in examine(content, "liste.xlsx").unread.marks] == ["Gizli ya da süzülmüş satırlar"]


@pytest.mark.parametrize(
    ("kind", "drawn", "seen"),
    [
        ("drawing", b"<xdr:contentPart r:id='rId1'/>", [SHAPE]),
        ("drawing", b"<xdr:graphicFrame><dgm:relIds/></xdr:graphicFrame>", [SHAPE]),
        ("drawing", b"<xdr:pic/>", []),
        ("drawing", b"<xdr:graphicFrame><c:chart/></xdr:graphicFrame>", [SHAPE]),
        ("vmlDrawing", b"<v:shape><x:ClientData ObjectType='Checkbox'/></v:shape>", [SHAPE]),
        ("vmlDrawing", b"<v:shape><x:ClientData ObjectType='Note'/></v:shape>", []),
    ],
)
def test_a_stroke_of_a_pen_a_diagram_a_chart_and_a_control_are_shapes(kind, drawn, seen):
    sheet, file = "xl/worksheets/sheet1.xml", io.BytesIO()
    link = f'<Relationships><Relationship Id="r" Type="http://x/{kind}" Target="../drawings/d.xml"/></Relationships>'
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("xl/worksheets/_rels/sheet1.xml.rels", link)
        packed.writestr("xl/drawings/d.xml", b"<xdr:wsDr>" + drawn + b"</xdr:wsDr>")
    assert [each for each in texts_of_drawings(WorkbookParts(file.getvalue()), sheet) if each] == seen


def test_a_sheet_that_is_a_chart_is_a_shape_of_the_file():
    """Nobody reads what it and its series are called."""
    with xlsxwriter.Workbook(out := io.BytesIO()) as book:
        sheet, chart = book.add_worksheet("Liste"), book.add_chart({"type": "column"})
        for number, row in enumerate((["Telefon", "SMS izni"], ["0532 123 45 67", "Evet"])):
            sheet.write_row(number, 0, row)
        chart.add_series({"values": "=Liste!$A$2:$A$2"})
        book.add_chartsheet("RET VERENLER").set_chart(chart)

    assert SHAPE in [mark.text for mark in examine(out.getvalue(), "liste.xlsx").unread.marks]


@pytest.mark.parametrize("more", ["", 'table:number-rows-repeated="3" '])
def test_a_merged_cell_of_a_libreoffice_file_holds_for_each_that_it_covers(more):
    with zipfile.ZipFile(broken.SAVED / "people.ods") as packed:
        files = {name: packed.read(name) for name in packed.namelist() if not name.endswith(("/", ".png"))}
    text = 'office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    line = f"<table:table-row {{}}>{{}}<table:table-cell {text}</table:table-row>"
    merged = '<table:table-cell table:number-{}-spanned="3" ' + text.format("RET")
    covered = '<table:covered-table-cell table:number-columns-repeated="{}"/>'
    rows = (
        line.format(more, merged.format("columns") + covered.format(2), "Fatma"),
        line.format("", merged.format("rows"), "Ayşe"),
        *[line.format("", covered.format(1), "Burak")] * 2,
        line.format("", "<table:table-cell/>", "Can"),
    )
    content = re.sub(rb"<table:table-row.*</table:table-row>", "".join(rows).encode(), files["content.xml"], flags=re.S)

    _, sheets = cut_up(zipped(**files | {"content.xml": content}))

    across = [["RET"] * 3 + ["Fatma"]] * (3 if more else 1)
    assert [cells for _, cells in sheets[0]] == [
        *across, ["RET", "Ayşe"], ["RET", "Burak"], ["RET", "Burak"], ["", "Can"],
    ]  # fmt: skip


def test_lines_of_a_group_that_is_not_shown_are_hidden():
    line, end = LINE.format(""), "</table:table-row-group>"
    start, inner = '<table:table-row-group table:display="false">', "<table:table-row-group>"
    below = f"{inner}{line}{end}{start}{inner}{line}{end}{line}{inner}{inner}{line}{end}{end}{end}{line}"

    (people,) = find_marks(ods(beside=below), "ods").values()

    assert people.hidden == {7, 8, 9}


COMPUTED = b'<calcPr calcId="191029"/>'


def by_xlsxwriter(value: object, calculation: bytes = b"", others: object = None, usual: object = 0) -> bytes:
    """One or two columns of formulas, in a workbook that says by default that it was not computed."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for number in range(1, 5):
            sheet.write_formula(number, 0, "=IF(COUNTIF(Ret!A:A,B2)>0,1,0)", None, value if number == 3 else usual)
            if others:
                sheet.write_formula(number, 1, "=UPPER(C2)", None, others)
    with zipfile.ZipFile(out) as packed:
        parts = {name: packed.read(f"xl/{name}.xml") for name in ("workbook", "worksheets/sheet1")}
    parts["workbook"] = re.sub(rb"<calcPr[^>]*>", calculation or rb"\g<0>", parts["workbook"])
    parts["worksheets/sheet1"] = parts["worksheets/sheet1"].replace(b"<v>-</v>", b"<v></v>")
    return with_parts(out.getvalue(), {f"xl/{name}.xml": part for name, part in parts.items()})


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (by_xlsxwriter(0), [FORMULA]),
        (by_xlsxwriter("RET"), [FORMULA]),
        (by_xlsxwriter(0, b'<x:calcPr calcId="1" fullCalcOnLoad="true"/>'), [FORMULA]),
        (by_xlsxwriter(0, b'<calcPr calcId="191029" calcCompleted="0"/>'), [FORMULA]),
        (by_xlsxwriter("-", b"<!-- -->"), [FORMULA]),
        (by_xlsxwriter("0,00", COMPUTED), [ONE_RESULT]),
        (by_xlsxwriter("RET", b"<!-- -->"), [FORMULA]),
        (by_xlsxwriter("RET", COMPUTED), []),
        # A template of Excel, filled by a program that does not compute; other formulas tell of lines without a value.
        (by_xlsxwriter(0, COMPUTED), [ONE_RESULT]),
        (by_xlsxwriter("Evet", COMPUTED, others="EVET", usual="Hayır"), [ONE_RESULT]),
        *[(by_xlsxwriter(same, COMPUTED, usual=same), [ONE_RESULT]) for same in ("Hayır", "ONAY", 1)],
        (xlsx(lambda *_: None), []),
    ],
)
def test_a_formula_that_its_program_did_not_compute_says_what_nobody_sees(content, named):
    assert [each for looks in looks_of(content) for each in looks.texts] == named


@pytest.mark.parametrize(
    ("cell", "generator", "named"),
    [
        ('office:value-type="string" office:string-value=""', b"<generator>odfpy</generator>", [FORMULA]),
        ('office:value-type="float" office:value="0"', b"<x/>", [FORMULA]),
        ('office:value-type="string" office:string-value="RET"', b"<x/>", [FORMULA]),
        ('office:value-type="string" office:string-value="RET"', b"<m:generator>LibreOffice/25.2</m:generator>", []),
        ('office:value-type="float" office:value="0"', b"<m:generator>LibreOffice/25.2</m:generator>", [ONE_RESULT]),
    ],
)
def test_a_libreoffice_file_of_a_program_that_does_not_compute_is_named(cell, generator, named):
    line = f'<table:table-row><table:table-cell table:formula="of:=1" {cell}/></table:table-row>'
    (people,) = find_marks(with_parts(ods(beside=line), {"meta.xml": generator}), "ods").values()

    assert [each for each in people.looks.texts if each in (FORMULA, ONE_RESULT)] == named
