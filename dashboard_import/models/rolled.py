"""Roll-ups: what pages of statistics read instead of the rows. Made by `dashboard_import.rollups` at each load."""

from django.db import models

from dashboard_import.models.runs import CourseRun


class RollUp(models.Model):
    """Counts over one run, replaced whole in the transaction that loads its rows."""

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_constraint=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} of run {self.run_id}"


class StepDay(RollUp):
    """How many learners first visited, and how many completed, a step on a day (UTC)."""

    week = models.SmallIntegerField()
    step = models.SmallIntegerField()
    day = models.DateField()
    visited = models.IntegerField()
    completed = models.IntegerField()
