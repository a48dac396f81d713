"""Test controls of the sandbox: the clock, and the timing of lists and pushes."""

import pytest

from iys_sandbox import create_sandbox
from tests.iys_sandbox.callers import GRANT, codes


def test_the_clock_moves_forward_and_stays_so_over_a_restart(provider, file, clock):
    provider.client.post("/clock", json={"forward": 3600})

    expected = {"now": "2026-11-24T10:00:00+00:00"}
    assert provider.client.get("/clock").json == expected
    assert create_sandbox(file, clock=clock).test_client().get("/clock").json == expected


def test_the_clock_moves_to_a_moment_and_runs_on(provider, clock):
    answer = provider.client.post("/clock", json={"at": "2026-12-01T12:00:00+03:00"})
    clock.forward(seconds=5)

    assert answer.json == {"now": "2026-12-01T09:00:00+00:00"}
    assert provider.client.get("/clock").json == {"now": "2026-12-01T09:00:05+00:00"}


def test_what_was_given_too_early_expires_with_the_clock(provider):
    provider.client.post("/clock", json={"at": "2026-11-30T12:00:00+03:00"})
    provider.signs_in()

    assert codes(provider.adds(GRANT)) == ["H467"]


@pytest.mark.parametrize("fields", [{}, {"at": "morgen"}, {"at": "2026-12-01T12:00:00"}, {"forward": "viel"}])
def test_a_clock_that_cannot_be_moved_so_says_how(provider, fields):
    assert provider.client.post("/clock", json=fields).status_code == 400


def test_a_form_switches_as_json_does(provider):
    for fields in ({"json": {"held": True}}, {"data": {"held": "true"}}):
        assert provider.client.post("/push", **fields).get_json()["held"] is True
    assert provider.client.post("/push", data={"held": "false"}).get_json()["held"] is False


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/lists", {"colour": 1}),
        ("/lists", {"seconds": "soon"}),
        ("/push", {"delay": -1}),
        ("/push", {"held": "maybe"}),
    ],
)
def test_an_impossible_setting_is_refused(provider, path, fields):
    assert provider.client.post(path, json=fields).status_code == 400
