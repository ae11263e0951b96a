"""A stand-in for Mailgun: real HTTP on loopback, its own ground truth, and misbehaviour on purpose.

In a test, in threads of this process:

    with StandIn(seed=1) as mailgun:
        mailgun.fail("reset-after", times=2)      # every kind of fault: faults.KINDS
        ...                                       # point the client at mailgun.url, see mailgun.environment()
        assert mailgun.truth.doubled() == {}
        assert mailgun.truth.missing({("ada@example.org", "11")}) == set()

As its own process: `python -m tests.mailgun_standin --help`, or `remote.process()`, which also asks it for its truth.
What it says and does follows Mailgun's documentation and the replies its clients have recorded. Where nothing is
known, the line says "guess".
"""

from tests.mailgun_standin.fates import Fates
from tests.mailgun_standin.faults import Fault, Plan, Rule
from tests.mailgun_standin.standin import StandIn

__all__ = ["Fates", "Fault", "Plan", "Rule", "StandIn"]
