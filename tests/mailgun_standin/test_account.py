"""Suppressions, the domain, its webhooks, routes and mailing lists."""

import json

import pytest

from tests.mailgun_standin.asking import DOMAIN, call, eventually, follow, get, post


@pytest.mark.parametrize("kind", ["bounces", "complaints", "unsubscribes"])
def test_suppression_lists(mailgun, kind):
    at = f"/v3/{DOMAIN}/{kind}"
    assert call(mailgun, "POST", at, data={"address": "Ada+x@x.org", "code": "551"}).json()["address"] == "Ada+x@x.org"
    many = [{"address": f"p{number}@x.org"} for number in range(5)]
    assert "5 addresses" in call(mailgun, "POST", at, json=many).json()["message"]
    assert get(mailgun, f"{at}/ada%2Bx@x.org").json()["address"] == "Ada+x@x.org"
    found, path = [], f"{at}?limit=2"
    while page := get(mailgun, path).json()["items"]:
        found += [one["address"] for one in page]
        path = get(mailgun, path).json()["paging"]["next"].removeprefix(mailgun.url)
    assert found == ["Ada+x@x.org", *(f"p{number}@x.org" for number in range(5))]
    assert call(mailgun, "DELETE", f"{at}/ADA%2Bx@x.org").status_code == 200
    assert call(mailgun, "DELETE", f"{at}/ada%2Bx@x.org").status_code == 404
    assert get(mailgun, f"{at}/ada%2Bx@x.org").status_code == 404
    assert get(mailgun, at, page="previous", address="p2@x.org").json()["items"][-1]["address"] == "p1@x.org"
    assert call(mailgun, "POST", at, data={"code": "1"}).status_code == 400
    assert call(mailgun, "DELETE", at).status_code == 200
    assert mailgun.suppressions.on(kind) == set()


def test_the_domain_and_its_webhooks(mailgun):
    assert get(mailgun, f"/v3/domains/{DOMAIN}").json()["domain"]["state"] == "active"
    mailgun.domain.state = "unverified"
    assert get(mailgun, f"/v4/domains/{DOMAIN}").json()["domain"]["state"] == "unverified"
    assert get(mailgun, "/v3/domains/other.org").status_code == 404
    at = f"/v3/domains/{DOMAIN}/webhooks"
    assert get(mailgun, at).json() == {"webhooks": {}}
    assert call(mailgun, "PUT", f"{at}/opened", data={"url": "https://x.org"}).status_code == 404
    made = call(mailgun, "POST", at, data={"id": "opened", "url": ["https://x.org/", "https://y.org/"]})
    assert made.json()["webhook"] == {"urls": ["https://x.org/", "https://y.org/"]}
    assert call(mailgun, "POST", at, data={"id": "opened", "url": "https://x.org/"}).status_code == 400
    assert call(mailgun, "POST", at, data={"id": "sent", "url": "https://x.org/"}).status_code == 400
    assert call(mailgun, "PUT", f"{at}/opened", data={"url": "https://z.org/"}).status_code == 200
    assert get(mailgun, at).json() == {"webhooks": {"opened": {"urls": ["https://z.org/"]}}}
    assert get(mailgun, f"{at}/opened").json() == {"webhook": {"urls": ["https://z.org/"]}}
    assert call(mailgun, "DELETE", f"{at}/opened").status_code == 200
    assert get(mailgun, f"{at}/opened").status_code == 404
    assert call(mailgun, "PATCH", at).status_code == 501
    assert call(mailgun, "DELETE", at).status_code == 405


def test_routes(mailgun):
    fields = {"priority": "0", "description": "groups", "expression": f'match_recipient("group-.*@{DOMAIN}")'}
    actions = ['forward("https://x.org/mime")', "stop()"]
    made = call(mailgun, "POST", "/v3/routes", data=fields | {"action": actions}).json()["route"]
    assert (made["actions"], made["expression"]) == (actions, fields["expression"])
    assert get(mailgun, "/v3/routes").json() == {"total_count": 1, "items": [made]}
    number = made["id"]
    assert call(mailgun, "PUT", f"/v3/routes/{number}", data={"priority": "5"}).json()["priority"] == 5
    assert get(mailgun, f"/v3/routes/{number}").json()["route"]["description"] == "groups"
    assert call(mailgun, "POST", "/v3/routes", data={"priority": "x"}).status_code == 400
    at = f"group-1@{DOMAIN}"
    post(mailgun, [at, "a@x.org"], json.dumps({at: {"n": "G"}, "a@x.org": {"n": "A"}}), text="%recipient.n%")
    assert [copy.text for copy in mailgun.truth.everything()] == ["%recipient.n%", "A"]
    assert call(mailgun, "DELETE", f"/v3/routes/{number}").status_code == 200
    assert get(mailgun, f"/v3/routes/{number}").status_code == 404


def test_mailing_lists(mailgun):
    at = f"/v3/lists/group@{DOMAIN}"
    assert get(mailgun, at).status_code == 404
    fields = {"address": f"group@{DOMAIN}", "access_level": "members", "reply_preference": "list"}
    assert call(mailgun, "POST", "/v3/lists", data=fields).status_code == 201
    assert call(mailgun, "POST", "/v3/lists", data=fields).status_code == 400
    assert get(mailgun, at).json()["list"]["access_level"] == "members"
    assert call(mailgun, "PUT", at, data={"access_level": "nobody"}).status_code == 400
    assert call(mailgun, "PUT", at, data={"name": "Group 1"}).json()["list"]["name"] == "Group 1"

    def upload(members, **more):
        return call(mailgun, "POST", f"{at}/members.json", data={"members": json.dumps(members), **more})

    assert "task-id" not in upload(["a@x.org", {"address": "b@x.org", "subscribed": False, "vars": {"d": 1}}]).json()
    assert [one["subscribed"] for one in mailgun.lists.members(f"group@{DOMAIN}")] == [True, False]
    upload([{"address": "b@x.org"}])
    assert get(mailgun, f"{at}/members/b@x.org").json()["member"]["subscribed"] is False
    upload([{"address": "B@x.org"}], upsert="yes")
    assert get(mailgun, f"{at}/members/b@x.org").json()["member"]["subscribed"] is True
    assert "task-id" in upload([f"p{number}@x.org" for number in range(101)]).json()
    assert get(mailgun, at).json()["list"]["members_count"] == 2
    assert eventually(lambda: get(mailgun, at).json()["list"]["members_count"] == 103)
    assert upload(["x@x.org"] * 1001).status_code == 400
    assert len(get(mailgun, f"{at}/members", limit=500).json()["items"]) == 100
    first = get(mailgun, f"{at}/members/pages", limit=100).json()
    rest = follow(mailgun, first["paging"]["next"]).json()
    assert (len(first["items"]), len(rest["items"])) == (100, 3)
    assert call(mailgun, "POST", f"{at}/members", data={"address": "c@x.org"}).status_code == 200
    assert call(mailgun, "POST", f"{at}/members", data={"address": "c@x.org"}).status_code == 400
    assert (
        call(mailgun, "PUT", f"{at}/members/c@x.org", data={"subscribed": "no"}).json()["member"]["subscribed"] is False
    )
    assert call(mailgun, "DELETE", f"{at}/members/c@x.org").status_code == 200
    assert get(mailgun, f"{at}/members/c@x.org").status_code == 404
    assert len(get(mailgun, "/v3/lists/pages").json()["items"]) == 1
    assert call(mailgun, "DELETE", at).status_code == 200
    assert get(mailgun, f"{at}/members").status_code == 404
