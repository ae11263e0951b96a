"""`manage.py generate_futurelearn FOLDER`: invented partner data, to try the import and the statistics with."""

import datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard_import.generating import LAYOUTS, QUIRKS, make_runs, write_flat, write_tree


class Command(BaseCommand):
    help = "Write invented FutureLearn data into FOLDER. The same options give the same files, byte by byte."

    def add_arguments(self, parser: CommandParser) -> None:
        day = datetime.date.fromisoformat
        parser.add_argument("folder", type=Path)
        parser.add_argument("--seed", default="1", help="another seed, other people")
        parser.add_argument("--courses", type=int, default=1)
        parser.add_argument("--runs", type=int, default=2, help="in all, spread over the courses")
        parser.add_argument("--weeks", type=int, default=3)
        parser.add_argument("--joiners", type=int, default=500, help="people in the first run of a course")
        parser.add_argument("--step-rows", type=int, help="exactly so many rows of step activity in each run")
        parser.add_argument(
            "--layout", choices=("mixed", *LAYOUTS), default="mixed", help="whose files; mixed: each run a later year's"
        )
        parser.add_argument("--today", type=day, default=datetime.date(2026, 9, 1), help="nothing is younger than this")
        parser.add_argument("--quirk", action="append", choices=QUIRKS, default=[], help="a fault seen in real files")
        parser.add_argument("--flat", action="store_true", help="one folder of <slug>-<run>_<dataset>.csv")

    def handle(self, **options) -> None:
        folder = options["folder"]
        try:
            runs = make_runs(
                options["seed"],
                courses=options["courses"],
                runs=options["runs"],
                joiners=options["joiners"],
                step_rows=options["step_rows"],
                weeks=options["weeks"],
                layout=options["layout"],
                today=options["today"],
                quirks=frozenset(options["quirk"]),
            )
            (write_flat if options["flat"] else write_tree)(runs, folder)
        except (ValueError, OSError) as error:
            raise CommandError(f"{error}.") from None
        self.stdout.write(f"Wrote {len(runs)} runs of {options['courses']} courses into {folder}.")
