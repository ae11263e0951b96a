"""The control path, for tests in other processes: GET /_truth, POST /_truth, GET and POST /_rules."""

import dataclasses
from typing import TYPE_CHECKING

from tests.mailgun_standin.answers import Answer, as_json, said
from tests.mailgun_standin.faults import Fault, Plan, Rule
from tests.mailgun_standin.forms import Request
from tests.mailgun_standin.router import Endpoint
from tests.mailgun_standin.truth import Copy

if TYPE_CHECKING:
    from tests.mailgun_standin.standin import StandIn


def endpoints(standin: "StandIn") -> list[Endpoint]:
    """Return the control paths."""
    return [
        ("GET", "/_truth", lambda request: as_json(report(standin, **_asked(request)))),
        ("POST", "/_truth", lambda request: _compare(standin, request)),
        ("GET", "/_rules", lambda _request: as_json(settings(standin))),
        ("POST", "/_rules", lambda request: _configure(standin, request)),
    ]


def report(standin: "StandIn", *, address: str = "", short: bool = False) -> dict:
    """Return the truth: calls, faults, what was doubled, and the copies as [address, key, message id, time, list].

    `short` leaves out calls and copies. With an `address`, its copies whole.
    """
    truth = standin.truth
    accepted, distinct = truth.totals()
    found: dict[str, object] = {
        "seed": standin.seed,
        "lean": truth.lean,
        "requests": dict(truth.requests),
        "faults": dict(truth.faults()),
        "accepted": accepted,
        "distinct": distinct,
        "doubled": [[*pair, number] for pair, number in truth.doubled().items()],
        "webhooks": len(standin.webhooks.tries),
    }
    if address:
        return found | {"copies": [whole(copy) for copy in truth.copies(address)]}
    if not short:
        found["calls"] = [dataclasses.asdict(call) for call in list(truth.calls)]
        found["copies"] = [
            [copy.address, truth.key(copy), copy.message_id, copy.time, copy.suppressed] for copy in truth.everything()
        ]
    return found


def whole(copy: Copy) -> dict:
    """Return everything about one copy."""
    names = ("address", "message_id", "time", "suppressed", "routed", "subject", "text", "html", "headers", "variables")
    return {name: getattr(copy, name) for name in names} | {"sees": copy.sees, "options": copy.message.options}


def configure(standin: "StandIn", changes: dict) -> None:
    """Change how the stand-in behaves; raises ValueError or TypeError for what it does not know.

    Keys: `clear` (true: no rules, no planned faults), `rules` (list of {"fault": kind or fields of Fault, + fields of
    Rule}), `plan`, `events`, `fates`, `webhooks` (fields of Plan, Manners, Fates, Habits), `hook` (an address for all
    webhooks), `refuse` (seconds), `delay` (seconds), `clock` (seconds to add to the time), `state` (of the domain),
    `bad` (addresses that are malformed), `suppress` ({list: [addresses]}), `happen` (list of {"event": name,
    "address": whose newest copy it happens to, + details as in shapes.py}).
    """
    actions = {
        "clear": lambda value: value and standin.faults.clear(),
        "rules": lambda value: [standin.faults.add(read_rule(one)) for one in value],
        "plan": lambda value: setattr(standin.faults, "plan", read_plan(standin.faults.plan, value)),
        "events": lambda value: amend(standin.events.manners, value),
        "fates": lambda value: amend(standin.fates, value),
        "webhooks": lambda value: amend(standin.webhooks.habits, value),
        "hook": standin.webhooks.point,
        "refuse": lambda value: standin.refuse(float(value)),
        "delay": lambda value: setattr(standin, "delay", float(value)),
        "clock": lambda value: setattr(standin.clock, "ahead", float(value)),
        "state": lambda value: setattr(standin.domain, "state", value),
        "bad": lambda value: standin.bad_addresses.update(map(str.lower, value)),
        "suppress": lambda value: [
            standin.suppressions.add(kind, one) for kind, addresses in value.items() for one in addresses
        ],
        "happen": lambda value: [_happen(standin, **one) for one in value],
    }
    if unknown := set(changes) - set(actions):
        raise ValueError(f"Nothing is called {unknown.pop()!r}. There are: {', '.join(actions)}.")
    for name, value in changes.items():
        actions[name](value)


def settings(standin: "StandIn") -> dict:
    """Return how the stand-in behaves now, in the words of configure()."""
    return {
        "rules": [dataclasses.asdict(rule) for rule in standin.faults.rules],
        "plan": dataclasses.asdict(standin.faults.plan),
        "events": dataclasses.asdict(standin.events.manners),
        "fates": dataclasses.asdict(standin.fates),
        "webhooks": dataclasses.asdict(standin.webhooks.habits),
        "delay": standin.delay,
        "clock": standin.clock.ahead,
        "state": standin.domain.state,
        "bad": sorted(standin.bad_addresses),
    }


def read_rule(value: dict) -> Rule:
    """Return the rule that a JSON object describes."""
    fault = value["fault"]
    return Rule(**value | {"fault": Fault(**fault) if isinstance(fault, dict) else Fault(fault)})


def read_plan(plan: Plan, value: dict) -> Plan:
    """Return the plan with some of its fields changed."""
    if "latency" in value:
        value = value | {"latency": tuple(value["latency"])}
    return dataclasses.replace(plan, **value)


def amend(target: object, changes: dict) -> None:
    """Set fields of a dataclass; raises ValueError for a name that it does not have."""
    known = {one.name for one in dataclasses.fields(target)}
    if unknown := set(changes) - known:
        raise ValueError(f"Nothing is called {unknown.pop()!r}. There are: {', '.join(sorted(known))}.")
    for name, value in changes.items():
        setattr(target, name, tuple(value) if isinstance(value, list) else value)


def _happen(standin: "StandIn", event: str, address: str, **details: object) -> None:
    copies = standin.truth.copies(address)
    if not copies:
        raise ValueError(f"Nothing was accepted for {address}.")
    standin.happen(event, copies[-1], **details)


def _asked(request: Request) -> dict:
    return {"address": request.first("address"), "short": request.first("short") == "yes"}


def _compare(standin: "StandIn", request: Request) -> Answer:
    expected = [tuple(pair) for pair in request.json["expected"]]
    truth = standin.truth
    compared = {"missing": sorted(truth.missing(expected)), "unexpected": sorted(truth.unexpected(expected))}
    return as_json(report(standin, short=True) | compared)


def _configure(standin: "StandIn", request: Request) -> Answer:
    try:
        configure(standin, request.json)
    except (ValueError, TypeError, KeyError) as error:
        return said(str(error), 400)
    return as_json(settings(standin))
