"""`manage.py make_groups --sequence 3 --mix level --apart language --dry-run`."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from groups.formation import Plan, report
from groups.forming import as_they_stand, commit, eligible, has_groups, left_out, open_groups, preview, rules_of
from groups.models import FormingRules
from groups.placing import place_newcomers
from groups.plan import MIX, SIMILAR, Options
from groups.wording import report_lines
from sequence.models import Sequence


class Command(BaseCommand):
    help = "Make the groups of a course run. Once they are made, it only places people who came late."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sequence", type=int, required=True, help="number of the course run")
        parser.add_argument("--size", type=int, help="people in a group (20, or as remembered)")
        parser.add_argument("--min", type=int, help="fewest people in a group (0.6 times the size)")
        parser.add_argument("--max", type=int, help="most people in a group (1.4 times the size)")
        rule = {"action": "append", "metavar": "KEY", "dest": "questions"}
        parser.add_argument("--mix", type=lambda key: (key, MIX), help="each group mirrors these answers", **rule)
        parser.add_argument(
            "--similar", type=lambda key: (key, SIMILAR), help="people with the same answer together", **rule
        )
        parser.add_argument("--apart", metavar="KEY", help="answers, such as languages, that have groups of their own")
        parser.add_argument("--unconfirmed", action="store_true", help="also people who have not confirmed")
        parser.add_argument("--seed", help="another seed gives other groups by the same rules")
        parser.add_argument(
            "--dry-run", action="store_true", help="print the plan, or the groups as they stand, and make nothing"
        )

    def handle(self, **options) -> None:
        sequence = Sequence.objects.filter(pk=options["sequence"]).first()
        if sequence is None:
            raise CommandError(f"There is no course run {options['sequence']}.")
        try:
            self._make(self._rules(sequence, options), options["dry_run"])
        except ValidationError as error:
            by_field = error.message_dict.items() if hasattr(error, "error_dict") else ()
            said = [f"{name}: {' '.join(texts)}" for name, texts in by_field]
            raise CommandError(" ".join(said or error.messages)) from None

    def _make(self, rules: FormingRules, dry_run: bool) -> None:
        sequence = rules.sequence
        if not has_groups(sequence):
            found = preview(rules)
            self._report(found.plan, rules)
            for why, count in left_out(sequence, rules.confirmed_only):
                self.stdout.write(f"Left out: {count:,} {why}")
            if dry_run or not found.people:
                return
            try:
                count = commit(rules, found.mark)
            except ValidationError:
                if not has_groups(sequence):  # else somebody made them at the same moment
                    raise
            else:
                self.stdout.write(f"Made {count:,} groups.")
                return
        self._look_after(rules, dry_run)

    def _look_after(self, rules: FormingRules, dry_run: bool) -> None:
        """Report on groups that there are, or give late-comers their places in them."""
        sequence = rules.sequence
        self.stdout.write(f"{sequence} has {open_groups(sequence).count():,} groups. They stay as they are.")
        if dry_run:
            self._report(as_they_stand(rules), rules)
            self.stdout.write(f"Waiting for a place: {eligible(sequence, rules.confirmed_only).count():,}")
            return
        placed = place_newcomers(sequence)
        self.stdout.write(
            f"Late-comers: {placed.joined:,} joined a group, {placed.in_founded:,} are in "
            f"{placed.founded:,} new groups, {placed.waiting:,} wait."
        )

    def _report(self, plan: Plan, rules: FormingRules) -> None:
        for line in report_lines(report(plan, confirmed=rules.proven), plan):
            self.stdout.write(line)

    def _rules(self, sequence: Sequence, said: dict) -> FormingRules:
        """Return the remembered rules with what the command line says instead."""
        rules = rules_of(sequence)
        if any(said[name] is not None for name in ("size", "min", "max")):
            size = rules.target if said["size"] is None else said["size"]
            try:
                wanted = Options(size, said["min"] or 0, said["max"] or 0)
            except ValueError as error:
                raise ValidationError(str(error)) from None
            rules.target, rules.minimum, rules.maximum = wanted.target, wanted.minimum, wanted.maximum
        if said["questions"]:
            rules.questions = [list(rule) for rule in dict(said["questions"]).items()]
        rules.apart = rules.apart if said["apart"] is None else said["apart"]
        rules.seed = rules.seed if said["seed"] is None else said["seed"]
        rules.confirmed_only = rules.confirmed_only and not said["unconfirmed"]
        rules.clean_fields(exclude=["sequence", "questions"])
        return rules
