"""Roll-ups: what pages of statistics read instead of the rows. Made by `dashboard_import.tallies` at each load."""

from django.db import models

from dashboard_import.models.runs import CourseRun


class Tally(models.Model):
    """One count of people of one run, such as how many visited step 2.5 on 12 March; kinds are those of `tallies`.

    Of `week`, `step`, `day` (UTC) and `value` (a word of FutureLearn's) each kind uses what it needs. The four counts
    are of everyone, and of those among them with the role of a learner, who bought a statement, who fully participated.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=40)
    week = models.SmallIntegerField(null=True)
    step = models.SmallIntegerField(null=True)
    day = models.DateField(null=True)
    value = models.CharField(max_length=500, default="")
    everyone = models.IntegerField()
    learners = models.IntegerField()
    buyers = models.IntegerField()
    participants = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["run", "kind"], name="tallies_of_run")]

    def __str__(self) -> str:
        return f"{self.kind} of run {self.run_id}"
