"""A password is long, hard to guess and not made of its owner; nothing is asked of its letters."""

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from portal.domain.identity import passwords
from portal.domain.identity.passwords import PasswordProblem

ABOUT = ["Ayşe Yıldırım", "ayse.yildirim@ornekmagaza.com.tr", "Örnek Mağazacılık A.Ş."]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "bahçede üç kedi uyuyor",
        "x7Kq9mPz2LwT",
        "мама мыла раму утром",
        "  boşluklar da sayılır  ",
        "ayse sever mavi bisiklet",  # One's name among other words.
    ],
)
def test_a_long_one_that_nobody_guesses_is_enough(password):
    verdict = passwords.assess_password(password, ABOUT)

    assert verdict.problem is None
    assert verdict.score >= passwords.ENOUGH


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", PasswordProblem.TOO_SHORT),
        ("x7Kq9mPz2Lw", PasswordProblem.TOO_SHORT),
        ("x7Kq9mPz2LwT" * 11, PasswordProblem.TOO_LONG),
        ("AyşeYıldırım1", PasswordProblem.ABOUT_YOU),
        ("ayse.yildirim@ornekmagaza.com.tr", PasswordProblem.ABOUT_YOU),
        ("ornek-magazacilik-2026", PasswordProblem.ABOUT_YOU),
        ("İzinlink!İzinlink!", PasswordProblem.ABOUT_YOU),
        ("aaaaaaaaaaaaaaaa", PasswordProblem.REPEATED),
        ("0123456789012345", PasswordProblem.REPEATED),
        ("galatasaray1905", PasswordProblem.USUAL),
        ("PasswordPassword", PasswordProblem.REPEATED),
        ("Şifre12345678", PasswordProblem.USUAL),
    ],
)
def test_others_are_not_and_it_is_said_why(password, problem):
    verdict = passwords.assess_password(password, ABOUT)

    assert verdict.problem == problem


def test_one_as_long_as_may_be_is_enough():
    longest = "".join(chr(200 + number) for number in range(passwords.LONGEST))

    assert passwords.assess_password(longest, []).problem is None


@pytest.mark.parametrize("short", ["x7Kq9mPz2Lw", "мама мыла"])
def test_a_short_one_never_looks_strong(short):
    assert passwords.assess_password(short, []).score < passwords.ENOUGH


def test_nothing_known_of_somebody_is_nothing_to_hold_against_them():
    assert passwords.assess_password("correct horse battery", ["", "  ", "@"]).problem is None


@pytest.mark.slow
def test_no_breached_password_on_the_list_is_taken_though_it_is_long_enough():
    long_ones = [each for each in FREQUENCY_LISTS["passwords"] if len(each) >= passwords.SHORTEST]

    assert len(long_ones) > 200
    assert [each for each in long_ones if passwords.assess_password(each, []).problem is None] == []
