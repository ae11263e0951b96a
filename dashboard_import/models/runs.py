"""CourseRun: one dated run of a FutureLearn course."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CourseRun(models.Model):
    """One run, known by its course's short name in addresses (`cyber-security`) and its number.

    `totals` is what FutureLearn's own statistics page said: {"joiners": {"count": 3544, "percent": null}, …}, the
    count being a number, or a text such as `N/A` where the page had no number.
    """

    institution = models.CharField(_("institution"), max_length=200, blank=True)
    course = models.CharField(_("course"), max_length=200)
    slug = models.SlugField(_("short name"), max_length=200, db_index=False)
    number = models.PositiveIntegerField(_("run"))
    start = models.DateField(_("first day"), null=True, blank=True)
    end = models.DateField(_("last day"), null=True, blank=True)
    weeks = models.PositiveSmallIntegerField(_("weeks"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=30, blank=True)
    totals = models.JSONField(_("FutureLearn's own totals"), default=dict, blank=True)
    date_created = models.DateTimeField(_("first seen"), auto_now_add=True)
    date_updated = models.DateTimeField(_("last loaded"), auto_now=True)

    class Meta:
        verbose_name = _("FutureLearn run")
        verbose_name_plural = _("FutureLearn runs")
        ordering = ["course", "number", "pk"]
        constraints = [models.UniqueConstraint(fields=["slug", "number"], name="one_run_per_slug_and_number")]
        permissions = [
            ("load_futurelearn", "Can load FutureLearn files"),
            ("see_statistics", "May see statistics"),
        ]

    def __str__(self) -> str:
        return f"{self.course} {self.number}"


class RowOfRun(models.Model):
    """One row of one run's file of one kind, found by the run and its place in the file, counted from 1.

    No constraint ties a row to its run: a load holds the run's lock and writes all rows, and checking each of five
    million would take longer than reading them. Fields are called as their columns. `extra` holds the columns
    that we do not know, as text by name; null where the file has none.
    """

    pk = models.CompositePrimaryKey("run_id", "row")
    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    row = models.IntegerField()
    extra = models.JSONField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.run_id}, row {self.row}"


def moment() -> models.DateTimeField:
    """Return a field for a moment that may be missing."""
    return models.DateTimeField(null=True)


def word(length: int = 64) -> models.CharField:
    """Return a field for FutureLearn's own word or id, kept as it is: `Unknown`, `--` and `NA` (Namibia) included."""
    return models.CharField(max_length=length)


def count() -> models.BigIntegerField:
    """Return a field for a number that may be missing."""
    return models.BigIntegerField(null=True)


def small() -> models.SmallIntegerField:
    """Return a field for a week, step or question number that may be missing."""
    return models.SmallIntegerField(null=True)
