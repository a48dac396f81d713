import sqlite3

import pytest

from portal.services.messaging.fake_gateway import create_gateway

TEXT = "Mavi Kahve: onayinizi soruyoruz: http://127.0.0.1:8000/k/abc23 Mersis: 0123456789012345"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "gateway.db"


@pytest.fixture
def phone(file):
    return create_gateway(file).test_client()


def message(number, text=TEXT, to="+905321234567"):
    return {"id": number, "to": to, "text": text}


def send(phone, *messages):
    return phone.post("/messages", json={"messages": list(messages)})


def shown(phone, path="/"):
    return phone.get(path).get_data(as_text=True)


def test_a_message_is_shown_with_its_link_to_press(phone):
    answer = send(phone, message(1))

    assert answer.status_code == 202
    assert '<a href="http://127.0.0.1:8000/k/abc23">http://127.0.0.1:8000/k/abc23</a> Mersis' in shown(phone)


def test_the_same_message_sent_twice_is_shown_once(phone):
    for _ in range(2):
        assert send(phone, message(1)).status_code == 202

    assert shown(phone).count("<li>") == 1


def test_the_clear_address_is_kept_nowhere(phone, file):
    send(phone, message(1), message(2, to="ayse@example.com"))

    kept = b"".join(each.read_bytes() for each in file.parent.iterdir())
    assert b"5321234567" not in kept
    assert b"ayse@example.com" not in kept
    assert "+90 5•• ••• •• 67" in shown(phone)
    assert "a•••@e•••.com" in shown(phone)


def test_a_text_cannot_bring_its_own_markup(phone):
    send(phone, message(1, text='<b>x</b> http://a/"onclick=1'))

    page = shown(phone)
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert '<a href="http://a/">' in page


def test_the_newest_fifty_come_first_and_older_ones_on_the_next_page(phone):
    send(phone, *(message(number, text=f"ileti {number}.") for number in range(51)))

    first, second = shown(phone), shown(phone, "/?page=2")
    assert first.index("ileti 50.") < first.index("ileti 49.")
    assert "ileti 0." not in first
    assert "ileti 0." in second
    assert "ileti 1." not in second


@pytest.mark.parametrize("page", ["0", "-1", "99", "x"])
def test_a_page_that_does_not_exist_shows_the_nearest(phone, page):
    send(phone, message(1, text="merhaba"))

    assert "merhaba" in shown(phone, f"/?page={page}")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"messages": "x"},
        {"messages": [{"id": 1, "to": "+905321234567"}]},
        {"messages": [message(1) | {"subject": None}]},
        {"messages": [{"id": None, "to": "+905321234567", "text": "x"}]},
        {"messages": [message(number) for number in range(1001)]},
    ],
)
def test_another_shape_is_refused_and_nothing_of_it_kept(phone, file, body):
    answer = phone.post("/messages", json=body)

    assert answer.status_code == 400
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT count(*) FROM message").fetchone() == (0,)
    db.close()


def test_what_was_taken_outlives_a_restart(phone, file):
    send(phone, message(1, text="merhaba"))

    again = create_gateway(file).test_client()
    assert "merhaba" in shown(again)


def test_a_mail_is_shown_with_its_subject_and_its_link(phone):
    send(phone, message("mail-1", to="ayse@example.com") | {"subject": "Yeni parola <belirleyin>"})

    assert "Yeni parola &lt;belirleyin&gt;" in shown(phone)
    assert '<a href="http://127.0.0.1:8000/k/abc23">' in shown(phone)


def test_a_file_of_before_mails_came_goes_on(file):
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE message (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
                   "masked_address TEXT NOT NULL, text TEXT NOT NULL, received_at TEXT NOT NULL)")  # fmt: skip
        db.execute("INSERT INTO message VALUES (1, '1', 'a', 'earlier', '2026-11-24T11:00:00+00:00')")
    db.close()

    phone = create_gateway(file).test_client()
    send(phone, message(2) | {"subject": "later"})
    assert "earlier" in shown(phone) and "later" in shown(phone)


def test_it_says_that_it_is_well(phone):
    assert phone.get("/health").json == {"status": "ok"}


def test_no_script_may_run_in_the_viewer(phone):
    policy = phone.get("/").headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'self'")
