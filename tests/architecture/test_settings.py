"""Settings come from the environment; a secret that is missing or weak stops the program at once, by its name."""

import ast
import base64
import contextlib
import secrets
import string
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

import config
from portal.app import create_app
from tests.architecture import product
from tests.conftest import SECRETS
from tests.databases import close_connections

KEY = base64.b64encode(secrets.token_bytes(32)).decode()


def read(**changes) -> dict:
    """The settings of the suite's environment, changed; None takes one away."""
    given = {**SECRETS, "DATABASE_URL": "sqlite://", **changes}
    environ = {name: value for name, value in given.items() if value is not None}
    return config.from_environment(environ)


@contextlib.contextmanager
def guest_at(environ) -> Iterator[FlaskClient]:
    """A browser at a portal with these settings, which lets go of its database afterwards."""
    app = create_app(environ)
    yield app.test_client()
    close_connections(app)


@pytest.mark.parametrize("missing", config.SECRETS)
def test_the_app_does_not_start_without_a_secret_and_says_which(environ, missing):
    del environ[missing]

    with pytest.raises(config.BadSetting) as refusal:
        create_app(environ)

    assert [name for name in config.SECRETS if name in str(refusal.value)] == [missing]


def test_all_missing_secrets_are_named_at_once():
    with pytest.raises(config.BadSetting, match="SECRET_KEY, LINK_SALT, VAULT_KEYS"):
        config.from_environment({})


def test_an_empty_secret_is_a_missing_one():
    with pytest.raises(config.BadSetting, match="Set LINK_SALT"):
        read(LINK_SALT="")


@pytest.mark.parametrize("name", ["SECRET_KEY", "LINK_SALT"])
def test_a_short_secret_is_refused(name):
    with pytest.raises(config.BadSetting, match=f"{name} is too short"):
        read(**{name: "x" * (config.SHORTEST_SECRET - 1)})


WEAK = [
    "a" * 43,
    "abdcefbdeacfdbecafbcdeafecbdfaecdbfacedb" * 2,
    "ab" * 20,
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789abcdef" * 3,
    "change-me-change-me",
    "x" * 99,
]


@pytest.mark.parametrize("name", ["SECRET_KEY", "LINK_SALT"])
@pytest.mark.parametrize("weak", WEAK)
def test_a_secret_that_is_easy_to_guess_is_refused_with_how_to_make_one(name, weak):
    with pytest.raises(config.BadSetting, match=f"{name} is too easy.*token_urlsafe") as refusal:
        read(**{name: weak})

    assert weak not in str(refusal.value)


def test_what_is_drawn_by_chance_is_taken():
    for draw in (secrets.token_urlsafe, secrets.token_hex):
        assert all(config.secret_bits(draw(16).encode()) >= config.WEAKEST_SECRET for _ in range(200))
    assert all(config.secret_bits(secrets.token_bytes(32)) >= config.WEAKEST_SECRET for _ in range(200))


def test_random_hexadecimal_digits_are_a_vault_key():
    for _ in range(200):
        assert config.vault_keys("1:" + base64.b64encode(secrets.token_hex(16).encode()).decode())


BAD_KEYS = {
    "32 times the same byte": "1:" + base64.b64encode(bytes([7]) * 32).decode(),
    "five different bytes": "1:" + base64.b64encode(bytes(secrets.choice(b"abcde") for _ in range(32))).decode(),
    "bytes that count on": "1:" + base64.b64encode(bytes(range(32))).decode(),
    "no generation": KEY,
    "no key": "1:",
    "31 bytes": "1:" + base64.b64encode(bytes(31)).decode(),
    "33 bytes": "1:" + base64.b64encode(bytes(33)).decode(),
    "not base64": "1:" + "*" * 44,
    "not ASCII": "1:" + "ğ" * 44,
    "generation 0": f"0:{KEY}",
    "generation 256": f"256:{KEY}",
    "a generation in superscript": f"²:{KEY}",
    "one generation twice": f"1:{KEY},1:{KEY}",
    "three generations": f"1:{KEY},2:{KEY},3:{KEY}",
    "two that write the same index": f"1:{KEY},3:{KEY}",
    "two that do not follow each other": f"1:{KEY},4:{KEY}",
    "a comma too many": f"1:{KEY},",
}


@pytest.mark.parametrize("bad", BAD_KEYS)
def test_bad_vault_keys_are_refused_without_being_told(bad):
    with pytest.raises(config.BadSetting) as refusal:
        read(VAULT_KEYS=BAD_KEYS[bad])

    assert "VAULT_KEYS" in str(refusal.value)
    assert KEY not in str(refusal.value)


def test_one_key_generation_or_two_that_follow_each_other_are_read():
    other = base64.b64encode(secrets.token_bytes(32)).decode()

    assert read(VAULT_KEYS=f"7:{KEY}")["VAULT_KEYS"] == {7: base64.b64decode(KEY)}
    assert read(VAULT_KEYS=f" 2:{KEY} , 3:{other}")["VAULT_KEYS"].keys() == {2, 3}


def test_no_setting_in_the_program_looks_like_a_secret():
    """Fifteen random characters say so by themselves: letters of both cases and digits, no space."""
    texts = {
        (name, node.value)
        for name, path in product.modules()
        for node in product.nodes(product.tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert [text for text in sorted(texts) if looks_random(text[1])] == []
    assert looks_random(secrets.token_hex(16).upper() + "x") and looks_random("a" + KEY)


def looks_random(text: str) -> bool:
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    plain = set(text) <= set(string.ascii_letters + string.digits + "+/=_-")
    return plain and len(text) >= 15 and all(set(text) & set(kind) for kind in kinds) and len(set(text)) < len(text)


def test_a_secret_has_no_default():
    """Nothing but the three secrets and the database is needed to read the settings, and they are taken as they are."""
    settings = config.from_environment({name: SECRETS[name] for name in config.SECRETS} | {"DATABASE_URL": "sqlite://"})

    assert [settings[name] for name in ("SECRET_KEY", "LINK_SALT")] == [SECRETS["SECRET_KEY"], SECRETS["LINK_SALT"]]


@pytest.mark.parametrize("name", ["PORT", "PROXY_HOPS", "IYS_REQUESTS_PER_SECOND"])
def test_a_number_that_is_none_is_named(name):
    with pytest.raises(config.BadSetting, match=f"{name} is not a number: 'eight'"):
        read(**{name: "eight"})


@pytest.mark.parametrize("name", ["PORT", "PROXY_HOPS", "IYS_REQUESTS_PER_SECOND"])
def test_a_number_below_zero_is_named(name):
    """As a pace it would know no limit, as a count of proxies it would believe any of them."""
    with pytest.raises(config.BadSetting, match=f"{name} is below zero"):
        read(**{name: "-1"})


def test_production_serves_no_host_by_default():
    assert read(DEVELOPMENT=None, HOSTS=None)["HOSTS"] == frozenset()


def test_development_serves_this_machine_only_by_default():
    assert read(HOSTS=None)["HOSTS"] == {"localhost", "127.0.0.1"}


@pytest.mark.parametrize("said", [None, "", "0", "yes"])
def test_only_a_plain_1_is_development(said):
    assert not read(DEVELOPMENT=said)["DEVELOPMENT"]


def test_the_session_cookie_of_production_belongs_to_this_host_and_to_https(environ):
    del environ["DEVELOPMENT"]
    with guest_at(environ) as guest:
        cookie = guest.get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]

    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-izinlink=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert "Domain" not in cookie


def test_production_without_hosts_answers_nobody(environ):
    del environ["DEVELOPMENT"], environ["HOSTS"]

    with guest_at(environ) as guest:
        assert guest.get("/sign-in").status_code == 404


def test_production_says_how_many_proxies_stand_in_front():
    production = {"DEVELOPMENT": None, "HOSTS": "izin.example"}
    with pytest.raises(config.BadSetting, match=r"Set PROXY_HOPS: how many proxies .* \(0: none"):
        read(PROXY_HOPS=None, **production)

    assert read(PROXY_HOPS="2", **production)["PROXY_HOPS"] == 2


def test_production_makes_no_database_that_nobody_asked_for(tmp_path):
    production = {"DEVELOPMENT": None, "DATABASE_URL": None, "INSTANCE": str(tmp_path)}
    with pytest.raises(config.BadSetting, match=r"Set DATABASE_URL .*izinlink\.db"):
        read(**production)

    (tmp_path / "izinlink.db").touch()
    assert read(**production)["DATABASE_URL"] == f"sqlite:///{tmp_path}/izinlink.db"


@pytest.mark.parametrize(("name", "bad"), [("LOG_LEVEL", "LOUD"), ("DATABASE_POOLING", "statement")])
def test_a_setting_with_a_few_values_takes_no_other(name, bad):
    with pytest.raises(config.BadSetting, match=f"{name} is "):
        read(**{name: bad})


def test_production_says_where_its_links_begin():
    with pytest.raises(config.BadSetting, match="LINK_BASE"):
        read(DEVELOPMENT=None, LINK_BASE=None, HOSTS="izin.example")


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ({"DEVELOPMENT": None, "HOSTS": "izin.example,www.izin.example"}, "https://izin.example/inbound/iys"),
        ({"DEVELOPMENT": None, "HOSTS": "k.example,izin.example", "SHORT_HOSTS": "k.example"}, "https://izin.example/"),
        ({"DEVELOPMENT": None, "HOSTS": None}, ""),
        ({"HOSTS": "localhost", "PORT": "8000"}, "http://localhost:8000/inbound/iys"),
        (
            {"DEVELOPMENT": None, "HOSTS": "a.example,b.example", "PUSH_BASE": "https://b.example/inbound/iys/"},
            "https://b",
        ),
    ],
)
def test_iys_posts_to_a_main_host(given, base):
    settings = read(**given)

    assert settings["PUSH_BASE"].startswith(base) and bool(settings["PUSH_BASE"]) == bool(base)


@pytest.mark.parametrize(
    "base",
    [
        "http://izin.example/inbound/iys",
        "https://k.example/inbound/iys",
        "https://else.example/inbound/iys",
        "https://izin.example/iys",  # Our endpoint has another path, and logs hide its token by that path.
        "https://ayse@izin.example/inbound/iys",
        "https://[izin.example/inbound/iys",
        "x",
    ],
)
def test_iys_posts_neither_in_clear_nor_to_a_host_that_is_not_ours(base):
    with pytest.raises(config.BadSetting, match="PUSH_BASE"):
        read(DEVELOPMENT=None, HOSTS="izin.example,k.example", SHORT_HOSTS="k.example", PUSH_BASE=base)


@pytest.mark.parametrize(
    "base", ["http://api.iys.org.tr", "http://10.0.0.7:8001", "https://", "ftp://localhost", "https://[", "api"]
)
def test_production_tells_iys_nothing_in_clear(base):
    with pytest.raises(config.BadSetting, match="IYS_BASE_URL"):
        read(DEVELOPMENT=None, IYS_BASE_URL=base)


def test_a_password_stands_in_no_address_of_iys():
    with pytest.raises(config.BadSetting, match="IYS_BASE_URL") as refusal:
        read(IYS_BASE_URL="https://ayse:secret@api.iys.org.tr")

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("base", ["https://api.iys.org.tr", "https://iys.example/test/", "http://127.0.0.1:8001"])
def test_production_takes_iys_by_https_or_a_box_on_this_machine(base):
    assert read(DEVELOPMENT=None, IYS_BASE_URL=base)["IYS_BASE_URL"] == base.rstrip("/")


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ({"DEVELOPMENT": None, "HOSTS": "izin.example,www.izin.example"}, "https://izin.example"),
        ({"DEVELOPMENT": None, "HOSTS": "k.example,izin.example", "SHORT_HOSTS": "k.example"}, "https://izin.example"),
        ({"DEVELOPMENT": None, "HOSTS": None}, ""),
        ({"HOSTS": "localhost", "PORT": "8000"}, "http://localhost:8000"),
        ({"DEVELOPMENT": None, "HOSTS": "a.example,b.example", "MAIN_BASE": "https://b.example/"}, "https://b.example"),
    ],
)
def test_links_in_mails_begin_with_a_main_host(given, base):
    assert read(**given)["MAIN_BASE"] == base


@pytest.mark.parametrize(
    "base",
    [
        "http://izin.example",
        "https://k.example",
        "https://else.example",
        "https://izin.example/x",
        "https://a@izin.example",
    ],
)
def test_links_in_mails_lead_neither_in_clear_nor_elsewhere(base):
    with pytest.raises(config.BadSetting, match="MAIN_BASE"):
        read(DEVELOPMENT=None, HOSTS="izin.example,k.example", SHORT_HOSTS="k.example", MAIN_BASE=base)


@pytest.mark.parametrize(
    "url", ["smtp.example", "http://smtp.example", "smtps:///x", "smtps://a:b@h:x", "smtps://a:b@[h"]
)
def test_a_mail_server_that_cannot_be_read_is_refused_without_being_told(url):
    with pytest.raises(config.BadSetting, match="SMTP_URL") as refusal:
        read(SMTP_URL=url, MAIL_FROM="izin@izin.example")

    assert url not in str(refusal.value)


def test_a_mail_server_needs_to_know_from_whom_mails_come():
    with pytest.raises(config.BadSetting, match="MAIL_FROM"):
        read(SMTP_URL="smtps://ayse:secret@smtp.example")

    given = {"SMTP_URL": "smtps://ayse:secret@smtp.example:465", "MAIL_FROM": "izin@izin.example"}
    assert {name: read(**given)[name] for name in given} == given


@pytest.mark.parametrize(
    "address", ["izin", "@izin.example", "izin@", "İzin <izin@izin.example>", "a@b.example, c@d.example"]
)
def test_mails_come_from_one_address(address):
    with pytest.raises(config.BadSetting, match="MAIL_FROM"):
        read(SMTP_URL="smtps://smtp.example", MAIL_FROM=address)


@pytest.mark.parametrize("url", ["https://sandbox.example/", "http://127.0.0.1:8001", "https://sandbox.example/box"])
def test_a_sandbox_is_reached_in_safety(url):
    assert read(DEVELOPMENT=None, SANDBOX_URL=url, SANDBOX_KEY="tqgiZklhVlIvOnaUvr4BxL")["SANDBOX_URL"] == url.rstrip(
        "/"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://sandbox.example",
        "ftp://127.0.0.1",
        "sandbox",
        "https://",
        "https://ayse:secret@sandbox.example",
        "https://api.iys.org.tr",
        "https://iys.org.tr",
        "https://API.IYS.ORG.TR",
    ],
)
def test_nobody_practises_in_clear_text_or_at_iys(url):
    with pytest.raises(config.BadSetting, match="SANDBOX_URL") as refusal:
        read(DEVELOPMENT=None, SANDBOX_URL=url)

    assert "secret" not in str(refusal.value)


def test_iys_by_another_name_is_no_sandbox_either():
    with pytest.raises(config.BadSetting, match="SANDBOX_URL is the same as IYS_BASE_URL"):
        read(DEVELOPMENT=None, SANDBOX_URL="https://iys.example", IYS_BASE_URL="https://iys.example/")


def test_without_a_sandbox_nobody_practises():
    assert read()["SANDBOX_URL"] == ""


@pytest.mark.parametrize("key", ["short", "x" * 15, "x" * 43, "şifreşifreşifreşifre", "x" * 16 + "\n"])
def test_a_weak_key_of_the_sandbox_is_refused(key):
    with pytest.raises(config.BadSetting, match="SANDBOX_KEY"):
        read(SANDBOX_KEY=key)


def test_firms_practise_at_no_sandbox_without_a_key():
    with pytest.raises(config.BadSetting, match="Set SANDBOX_KEY"):
        read(DEVELOPMENT=None, SANDBOX_URL="https://box.example")
