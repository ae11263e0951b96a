"""A stand-in of FutureLearn's partner pages on loopback, over real HTTP, in every layout from 2016 to 2026.

    with StandIn(runs, era="2018") as futurelearn:
        futurelearn.url …

It serves what `dashboard_import.generating` makes. It knows nothing of the code it tests.
"""

from tests.futurelearn_standin.eras import ERAS
from tests.futurelearn_standin.standin import PASSWORD, USERNAME, StandIn

__all__ = ["ERAS", "PASSWORD", "USERNAME", "StandIn"]
