"""What counts as an address of the web and as a way to reach a firm, in the form of a firm."""

import pytest
from werkzeug.datastructures import MultiDict

from portal.web.shared.company_form import CompanyForm

pytestmark = pytest.mark.alike

FIRM = {
    "legal_form": "company", "title": "Yeni Mağazacılık A.Ş.", "number": "0454053692000015",
    "contact": "0850 765 43 21", "notice_url": "https://www.example.com/aydinlatma",
}  # fmt: skip


@pytest.fixture
def errors(app):
    """What the form says of a field."""

    def filled(**values) -> list[str]:
        with app.test_request_context("/"):
            form = CompanyForm(MultiDict(FIRM | values), meta={"csrf": False})
            form.validate()
            return [str(each) for name in values for each in form[name].errors]

    return filled


@pytest.mark.parametrize(
    "contact",
    [
        "0850 765 43 21",
        "444 0 123",
        "+90 (212) 123 45 67",
        "destek@ornek.example",
        "Müşteri hizmetleri: 0850-123-45-67",
    ],
)
def test_a_number_or_an_address_is_a_way_to_reach_a_firm(errors, contact):
    assert errors(contact=contact) == []


@pytest.mark.parametrize("contact", ["bizi arayın", "abc", "12345", "@", "destek@"])
def test_what_is_neither_is_said_to_be_none(errors, contact):
    (told,) = errors(contact=contact)

    assert "destek@firmaniz.com" in told


@pytest.mark.parametrize(
    "address", ["www.example.com", "foo", "ftp://example.com/a", "javascript:alert(1)", "http://10.0.0.1/a"]
)
def test_a_wrong_address_of_the_web_is_said_once(errors, address):
    (told,) = errors(notice_url=address)

    assert told.startswith("Adres https:// ile başlar;")
