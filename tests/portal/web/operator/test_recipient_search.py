"""Support for a caller: a search with a reason, kept in the audit of the provider."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Brand, Consent, Recipient
from tests import make
from tests.portal.web.operator.conftest import DENIZ, assign

pytestmark = [pytest.mark.slow, pytest.mark.alike]

REASON = "Alıcı aradı, retinin ulaşıp ulaşmadığını sordu."
ASKED = {"address": "0532 123 45 67", "reason": REASON}


@pytest.fixture
def path(fatma, rows):
    return f"/operator/providers/{rows(Recipient)[0].provider_id}/recipients"


@pytest.fixture
def support(app, deniz, path):
    assign(app, DENIZ, int(path.split("/")[3]))
    return deniz


def looks(rows) -> list[AuditEntry]:
    return rows(AuditEntry, AuditEntry.act.in_(("recipient.assisted", "recipient.not_found")))


def test_support_sees_the_history_masked_and_the_reason_is_kept(support, fatma, path, rows):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    page = support.posts(path, ASKED).text

    for words in ("Onay", "Ret", "+90 5•• ••• •• 67", "HS_WEB", "Kişisel bağlantı"):
        assert words in page
    assert make.PHONE not in page and 'value="0532' not in page and REASON not in page
    (look,) = looks(rows)
    assert (look.act, look.facts) == ("recipient.assisted", {"reason": REASON})
    assert look.provider_id == int(path.split("/")[3])
    assert look.subject_id == next(each for each in rows(Recipient) if each.kind == "phone").id


def test_what_was_granted_in_a_practice_that_is_over_lets_nobody_send(app, support, fatma, path):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        db.session.query(Consent).update({"iys_status": "ONAY", "iys_as_of": clock.now()})
        db.session.commit()
    before = support.posts(path, ASKED).text
    with app.app_context():
        db.session.query(Brand).update({"is_sandbox": True, "closed_at": clock.now()})
        db.session.commit()

    after = support.posts(path, ASKED).text

    assert "<strong>Evet</strong>" in before and "<strong>Evet</strong>" not in after
    assert "Deneme</span>" in after


def test_support_reads_since_when_the_address_is_its_present_holders(app, support, fatma, path):
    fatma.decides(MESAJ="ONAY")
    before = support.posts(path, ASKED).text
    with app.app_context():
        db.session.query(Recipient).update({"closed_at": clock.now()})
        db.session.commit()

    assert "el değiştirdi" in support.posts(path, ASKED).text and "el değiştirdi" not in before


def test_opening_the_page_looks_at_nobody(support, path, rows):
    assert support.opens(path).status_code == 200
    assert support.opens(f"{path}?address=05321234567&reason={REASON}").status_code == 200
    assert looks(rows) == []


@pytest.mark.parametrize(
    "reason", ["", "kısa", "         x", "0532 123 45 67", "fatma@example.com 05321234567", "x" * 201]
)
def test_without_a_reason_in_words_nothing_is_shown(support, fatma, path, rows, reason):
    fatma.decides(MESAJ="RET")

    answer = support.posts(path, ASKED | {"reason": reason})

    assert answer.status_code == 422
    assert "HS_WEB" not in answer.text and "67</h2>" not in answer.text
    assert looks(rows) == []


def test_an_address_in_the_reason_is_hidden(support, path, rows):
    support.posts(path, ASKED | {"reason": "Fatma Hanım 0532 123 45 67 numarasından aradı, fatma@example.com"})

    (look,) = looks(rows)
    assert look.facts["reason"] == "Fatma Hanım ••• numarasından aradı, •••"


def test_a_search_in_vain_is_kept_too(support, path, rows):
    answer = support.posts(path, ASKED | {"address": "0533 000 00 00"})

    assert "kayıtlarında yok" in answer.text
    (look,) = looks(rows)
    assert (look.act, look.facts) == ("recipient.not_found", {"reason": REASON})


@pytest.mark.parametrize("address", ["", "0555 12", "fatma", "x" * 299, "🙂"])
def test_what_is_no_address_is_explained(support, path, rows, address):
    answer = support.posts(path, ASKED | {"address": address})

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert looks(rows) == []


def test_support_of_others_finds_no_page(deniz, path, rows):
    assert deniz.opens(path).status_code == 404
    assert deniz.posts(path, ASKED).status_code == 404
    assert looks(rows) == []


def test_another_providers_recipients_are_not_found(derya, fatma, newcomer, rows):
    fatma.decides(MESAJ="RET")

    answer = derya.posts(f"/operator/providers/{newcomer}/recipients", ASKED)

    assert "kayıtlarında yok" in answer.text and "HS_WEB" not in answer.text
