"""What a sender's domain publishes, by a table of DNS answers."""

import base64
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.core import dns_records
from portal.core.dns_records import NoAnswer
from portal.services.messaging.gateways import dkim
from portal.services.messaging.gateways.sender_domain import DomainProblem, check_domain
from tests.name_server import running_name_server

KEY = dkim.DkimKey("bilgi.ornek.com.tr", "s1", dkim.generate_rsa_key())
OTHER = dkim.DkimKey("bilgi.ornek.com.tr", "s1", dkim.generate_rsa_key())
SPF, DKIM, DMARC = "bilgi.ornek.com.tr", KEY.record_name, "_dmarc.bilgi.ornek.com.tr"
RELAY = {"spf.relay.example": ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"]}
GOOD = {
    SPF: ["other=1", "v=spf1 include:spf.relay.example -all"],
    DKIM: [KEY.record],
    DMARC: ["v=DMARC1; p=reject"],
} | RELAY


def public(bits: int) -> str:
    key = rsa.RSAPublicNumbers(65537, 2**bits - 1).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def checked(texts, aliases=(), silent=(), expected=KEY.record, **options):
    def look_up(name: str, kind: str) -> list[str]:
        if name in silent:
            raise NoAnswer
        found = {"TXT": texts, "CNAME": dict(aliases), "MX": {"posta.ornek.com.tr": ["10 mx.relay.example."]}}[kind]
        return found.get(name, [])

    return check_domain("bilgi.ornek.com.tr", {DKIM: expected}, look_up, **options)


def chain(length: int) -> dict[str, list[str]]:
    """SPF records that include each other, one after the other."""
    names = [SPF, *(f"{number}.example" for number in range(length))]
    includes = {name: [f"v=spf1 include:{other} ~all"] for name, other in pairwise(names)}
    return includes | {names[-1]: ["v=spf1 -all"]}


BAD = [
    (SPF, [], "spf_missing"),
    (SPF, ["v=spf10 -all"], "spf_missing"),
    (SPF, ["v=spf1 -all", "v=spf1 include:spf.relay.example -all"], "spf_several"),
    (SPF, ["v=spf1 include:spf.relay.example +all"], "spf_open"),
    (SPF, ["v=spf1 ALL"], "spf_open"),
    (SPF, ["v=spf1 include:spf.relay.example ?all"], "spf_neutral"),
    (SPF, ["v=spf1 include:spf.relay.example"], "spf_neutral"),
    (SPF, ["v=spf1 192.0.2.1 -all"], "spf_syntax"),
    (SPF, ["v=spf1 include: spf.relay.example -all"], "spf_syntax"),
    (SPF, ["v=spf1 include:nothing.example -all"], "spf_include"),
    (SPF, ["v=spf1 redirect=nothing.example"], "spf_include"),
    (SPF, ["v=spf1 a mx ptr exists:%{i}.x.example a:b.example mx:c.example/24 a/24 mx a a a -all"], "spf_lookups"),
    (SPF, [f"v=spf1 include:{SPF} -all"], "spf_lookups"),
    (DKIM, [], "dkim_missing"),
    (DKIM, [KEY.record, OTHER.record], "dkim_several"),
    (DKIM, ["v=DKIM1; k=rsa; p="], "dkim_revoked"),
    (DKIM, [f"v=DKIM1; p={public(2048)}"], "dkim_other_key"),
    (DKIM, [OTHER.record], "dkim_other_key"),
    (DKIM, [KEY.record[:255]], "dkim_broken"),
    (DKIM, ["v=DKIM1; k=ed25519; p=YWJj"], "dkim_broken"),
    (DKIM, ["v=DKIM1; k=rsa"], "dkim_broken"),
    (DKIM, [KEY.record + "; t=y"], "dkim_testing"),
    (DMARC, [], "dmarc_missing"),
    (DMARC, ["v=DMARC1; p=reject", "v=DMARC1; p=none"], "dmarc_several"),
    (DMARC, ["v=DMARC1; rua=mailto:a@ornek.com.tr"], "dmarc_syntax"),
    (DMARC, ["v=DMARC1; p=monitor"], "dmarc_syntax"),
    (DMARC, ["v=DMARC1; p=none; rua=mailto:a@ornek.com.tr"], "dmarc_none"),
]


def test_a_domain_that_publishes_everything_has_no_problem():
    findings = checked(GOOD)

    assert [(each.record, each.name, each.problem, each.is_fault) for each in findings] == [
        ("SPF", SPF, None, False),
        ("DKIM", DKIM, None, False),
        ("DMARC", DMARC, None, False),
    ]
    assert findings[0].published == (GOOD[SPF][1],)


@pytest.mark.parametrize(("name", "answer", "problem"), BAD, ids=map(str, range(len(BAD))))
def test_each_fault_is_named_and_the_other_records_stay_right(name, answer, problem):
    findings = checked(GOOD | {name: answer})

    assert [each.problem for each in findings if each.problem] == [problem]
    assert [each.name for each in findings if each.problem] == [name]
    assert findings[0].problem or findings[1].problem or findings[2].problem
    is_hint = problem in ("spf_neutral", "dkim_testing", "dmarc_none")
    assert any(each.is_fault for each in findings) != is_hint


def test_ten_lookups_are_allowed_and_eleven_are_not():
    assert checked(GOOD | chain(10))[0].problem is None
    assert checked(GOOD | chain(11))[0].problem == DomainProblem.SPF_LOOKUPS


def test_an_included_record_must_be_right_too():
    for wrong, problem in [("v=spf1 nonsense -all", "spf_include"), ("v=spf1 +all", "spf_open")]:
        assert checked(GOOD | {"spf.relay.example": [wrong]})[0].problem == problem


def test_a_key_of_the_relay_may_be_any_that_is_long_enough_also_by_an_alias():
    relays = "s1.relay.example."
    weak, strong = ({**GOOD, DKIM: [f"k=rsa; p={public(bits)}"]} for bits in (768, 1024))
    missing = GOOD | {DKIM: []}

    assert [checked(each, expected="")[1].problem for each in (strong, weak)] == [None, DomainProblem.DKIM_WEAK]
    assert checked(missing, {DKIM: [relays]}, expected="")[1].problem == DomainProblem.DKIM_ALIAS
    # A resolver follows an alias by itself: what it leads to counts.
    assert checked(strong, {DKIM: [relays]}, expected="")[1].problem is None


def test_the_policy_of_the_nearest_domain_above_counts_for_what_has_none():
    above = {**GOOD, DMARC: [], "_dmarc.ornek.com.tr": ["v=DMARC1; p=reject; sp=none"]}
    finding = checked(above)[2]

    assert (finding.name, finding.problem) == ("_dmarc.ornek.com.tr", DomainProblem.DMARC_NONE)
    assert checked(above | {"_dmarc.ornek.com.tr": ["v=DMARC1; p=quarantine"]})[2].problem is None


def test_spf_counts_where_bounces_arrive():
    findings = checked(GOOD | {"posta.ornek.com.tr": GOOD[SPF], SPF: []}, bounce_domain="posta.ornek.com.tr")
    elsewhere = checked(GOOD, bounce_domain="yok.ornek.com.tr")

    assert [each.problem for each in findings] == [None] * 4 and findings[0].name == "posta.ornek.com.tr"
    assert [each.problem for each in elsewhere] == ["spf_missing", None, None, "mx_missing"]


def test_a_silent_name_server_proves_nothing():
    findings = checked(GOOD, silent=(DKIM,))

    assert [each.problem for each in findings] == [None, DomainProblem.NO_ANSWER, None]
    assert not any(each.is_fault for each in findings)


def test_every_problem_has_a_sentence_and_a_cure():
    assert all(each.sentence and each.cure for each in DomainProblem)


def test_a_real_name_server_is_asked():
    with running_name_server() as server:
        server.texts = GOOD | {DKIM: [KEY.record[:200] + '" "' + KEY.record[200:]]}
        findings = check_domain(
            SPF, {DKIM: KEY.record}, lambda name, kind: dns_records.look_up(name, kind, server.address)
        )

    assert [each.problem for each in findings] == [None, None, None]
