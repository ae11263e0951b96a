"""The events: who finds which, how they come late, and what becomes of a copy."""

import time

import pytest

from tests.mailgun_standin import Fates, StandIn, shapes
from tests.mailgun_standin.asking import DOMAIN, PEOPLE, events, eventually, follow, get, names, post, send


def test_one_accepted_event_for_each_copy(mailgun):
    send(mailgun)
    found = events(mailgun, **{"message-id": "abc@mail.example.org", "event": "accepted", "ascending": "yes"})
    assert names(found) == [("accepted", address) for address in PEOPLE]
    assert [one["user-variables"] for one in found] == [{"d": str(number)} for number in range(6)]
    assert {one["message"]["headers"]["message-id"] for one in found} == {"abc@mail.example.org"}
    assert found[0]["tags"] == ["week-1"]
    assert found[0]["timestamp"] == mailgun.truth.copies(PEOPLE[0])[0].time
    assert len({one["id"] for one in found}) == 6


def test_a_message_id_in_brackets_finds_what_it_should_not(mailgun):
    send(mailgun, PEOPLE[:2], "one@x")
    send(mailgun, PEOPLE[2:3], "two@x")
    assert len(events(mailgun, **{"message-id": "one@x"})) == 2
    assert len(events(mailgun, **{"message-id": "<one@x>"})) == 3
    assert events(mailgun, **{"message-id": "three@x"}) == []


def test_filters_pages_and_direction(mailgun):
    send(mailgun, PEOPLE[:3], "one@x")
    middle = time.time()
    post(mailgun, PEOPLE[3:], **{"o:tag": ["b", "c"]})
    mailgun.happen("opened", mailgun.truth.copies(PEOPLE[0])[0])

    def who(**query):
        return [address[7] for _event, address in names(events(mailgun, **query))]

    assert who() == list("0543210")
    assert who(ascending="yes", limit=2) == list("0123450")
    assert who(limit=2) == list("0543210")
    assert who(limit=7) == list("0543210")
    assert who(event="accepted", recipient="LEARNER0@example.org") == ["0"]
    assert who(event="opened OR clicked") == ["0"]
    assert who(tags="c") == list("543")
    assert who(tags="week-1 OR b", event="accepted") == list("543210")
    assert who(begin=middle, ascending="yes") == list("3450")
    assert who(begin=middle, ascending="no") == list("210")
    assert who(begin=0, end=middle) == list("012")
    assert who(begin=middle, end=0) == list("210")
    assert who(end="Mon, 20 Dec 2021 20:33:21 GMT") == list("0543210")
    assert get(mailgun, f"/v3/{DOMAIN}/events", begin=middle).status_code == 400
    assert get(mailgun, f"/v3/{DOMAIN}/events", begin="soon", ascending="yes").status_code == 400


def test_a_page_holds_at_most_300_and_the_last_one_is_empty(mailgun):
    post(mailgun, [f"p{number}@x.org" for number in range(650)])
    sizes, path = [], f"/v3/{DOMAIN}/events?limit=1000"
    while not sizes or sizes[-1]:
        answer = get(mailgun, path).json()
        sizes.append(len(answer["items"]))
        path = answer["paging"]["next"].removeprefix(mailgun.url)
    assert sizes == [300, 300, 50, 0]
    assert mailgun.truth.requests["GET /v3/{domain}/events/{page}"] == 3
    post(mailgun, "late@x.org")
    assert get(mailgun, path).json()["items"] == []  # newest first: what came since does not lie behind the last page


def test_events_that_loop_fail_or_lead_elsewhere(mailgun):
    send(mailgun)
    mailgun.configure(events={"loop": True})
    first = get(mailgun, f"/v3/{DOMAIN}/events", limit=2).json()
    again = follow(mailgun, first["paging"]["next"]).json()
    assert again == first
    mailgun.configure(events={"loop": False, "next_base": "https://elsewhere.invalid", "lower": True})
    assert get(mailgun, f"/v3/{DOMAIN}/events").json()["paging"]["next"].startswith("https://elsewhere.invalid/v3/")
    mailgun.configure(events={"status": 500})
    assert get(mailgun, f"/v3/{DOMAIN}/events").status_code == 500
    mailgun.configure(events={"status": 0, "fail_rate": 0.5})
    seen = [get(mailgun, f"/v3/{DOMAIN}/events").status_code for _query in range(20)]
    assert set(seen) == {200, 500}


def test_events_come_late_and_one_by_one(mailgun):
    mailgun.configure(events={"delay": 3600.0})
    send(mailgun)
    assert events(mailgun) == []
    mailgun.configure(events={"delay": 0.0, "spread": 100.0})
    mailgun.clock.ahead = 50
    assert 0 < len(events(mailgun)) < 6
    mailgun.clock.ahead = 101
    assert len(events(mailgun)) == 6


def test_an_event_id_comes_again_the_next_day_and_a_clock_may_jump_back(mailgun):
    post(mailgun, "a@x.org")
    mailgun.clock.ahead = 86_400
    post(mailgun, "b@x.org")
    mailgun.clock.ahead = -3600
    post(mailgun, "c@x.org")
    assert names(events(mailgun)) == [("accepted", "c@x.org")]  # the others are still to come
    mailgun.clock.ahead = 86_500
    found = {one["recipient"]: one for one in events(mailgun)}
    assert found["a@x.org"]["id"] == found["b@x.org"]["id"]


def test_a_suppressed_recipient_is_accepted_and_then_failed(mailgun):
    for kind, address in zip(("bounces", "unsubscribes", "complaints"), PEOPLE, strict=False):
        mailgun.suppressions.add(kind, address.upper())
    send(mailgun)
    assert eventually(lambda: len(events(mailgun, event="failed")) == 3)
    found = {one["recipient"]: one for one in events(mailgun, event="failed")}
    assert [found[address]["delivery-status"]["code"] for address in PEOPLE[:3]] == [605, 606, 607]
    assert found[PEOPLE[0]]["reason"] == "suppress-bounce"
    assert {one["severity"] for one in found.values()} == {"permanent"}
    assert [copy.suppressed for copy in mailgun.truth.everything()] == [
        "bounces",
        "unsubscribes",
        "complaints",
        "",
        "",
        "",
    ]
    assert mailgun.suppressions.on("bounces") == {PEOPLE[0]}


def test_fates_are_those_of_seed_message_and_address():
    fates = Fates(delivered=0.8, failed=0.2, deferred=0.3, opened=0.5, machine=0.5, clicked=0.3, unsubscribed=0.2,
                  complained=0.1, wait=0.01)  # fmt: skip
    people = [f"p{number}@x.org" for number in range(200)]
    seen = []
    for _run in range(2):
        with StandIn(seed=3, fates=fates) as mailgun:
            post(mailgun, people, **{"h:Message-Id": "<a@x>"})
            assert eventually(mailgun.later.idle)
            seen.append(sorted((made.name, made.copy.address) for made in mailgun.events.everything()))
            bounced = {
                made.copy.address
                for made in mailgun.events.everything("failed")
                if made.as_json()["severity"] == "permanent"
            }
            assert mailgun.suppressions.on("bounces") == bounced
            left = {made.copy.address for made in mailgun.events.everything("unsubscribed")}
            assert mailgun.suppressions.on("unsubscribes") == left
            delivered = {made.copy.address for made in mailgun.events.everything("delivered")}
            assert delivered | bounced == set(people)
            assert {made.as_json()["client-info"]["bot"] for made in mailgun.events.everything("opened")} == {
                "",
                "gmail",
            }
    assert seen[0] == seen[1]
    assert {name for name, _address in seen[0]} == {*shapes.NAMES} - {"rejected", "stored"}


def test_the_odd_shapes_of_events(mailgun):
    send(mailgun, PEOPLE[:1])
    [copy] = mailgun.truth.everything()
    assert mailgun.happen("failed", copy, severity="temporary", status=False).as_json()["delivery-status"] is None
    assert "recipient" not in mailgun.happen("rejected", copy).as_json()
    assert mailgun.happen("clicked", copy, url="https://x.org/").as_json()["url"] == "https://x.org/"
    with pytest.raises(ValueError, match="no event 'sent'"):
        shapes.event("sent", event_id="1", timestamp=1.0, recipient="a@x.org", message_id="a@x")
