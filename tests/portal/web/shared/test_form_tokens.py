from itsdangerous import Signer

from portal.web.shared import form_tokens


def test_a_text_is_signed_as_by_the_library_so_that_open_pages_outlive_a_release(app):
    theirs = Signer(app.config["SECRET_KEY"], salt="some-form")

    with app.app_context():
        ours = form_tokens.text_signer("some-form")

    assert ours.sign("a.text") == theirs.sign("a.text")
    assert ours.unsign(theirs.sign("a.text")) == b"a.text"
