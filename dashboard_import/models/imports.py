"""ImportRun: one execution of the importer. ImportedFile: what became of one file in it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dashboard_import.models.runs import CourseRun


class ImportRun(models.Model):
    """Who imported when, from where, and what came of it. Rows read are rows stored and rows rejected."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        INCOMPLETE = "incomplete", _("something is missing")
        FAILED = "failed", _("failed")

    COUNTS = ("rows_read", "rows_stored", "rows_rejected")

    status = models.CharField(_("state"), max_length=12, choices=Status, default=Status.RUNNING)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    by = models.CharField(_("by"), max_length=150, help_text=_("The name of a person or of a command."))
    source = models.CharField(_("from"), max_length=500)
    upload = models.CharField(_("uploaded file"), max_length=500, blank=True)
    started = models.DateTimeField(_("started"), auto_now_add=True)
    seen = models.DateTimeField(_("last sign of life"), auto_now_add=True)
    finished = models.DateTimeField(_("finished"), null=True)
    seconds = models.FloatField(_("seconds"), null=True)
    files = models.PositiveIntegerField(_("files"), default=0)
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    rows_stored = models.BigIntegerField(_("rows stored"), default=0)
    rows_rejected = models.BigIntegerField(_("rows rejected"), default=0)
    error = models.TextField(_("what is missing"), blank=True)

    class Meta:
        verbose_name = _("FutureLearn import")
        verbose_name_plural = _("FutureLearn imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.source}"


class ImportedFile(models.Model):
    """One file in one import. `kind` is a name of `dashboard_import.datasets`, with underscores; empty if unknown."""

    class Outcome(models.TextChoices):
        LOADED = "loaded", _("loaded")
        UNCHANGED = "unchanged", _("as before: nothing to do")
        REFUSED = "refused", _("refused: nothing was changed")
        ABSENT = "absent", _("FutureLearn has no such file")
        MISSING = "missing", _("could not be fetched")

    import_run = models.ForeignKey(ImportRun, models.CASCADE, related_name="imported_files")
    run = models.ForeignKey(CourseRun, models.SET_NULL, null=True, related_name="+", verbose_name=_("run"))
    kind = models.CharField(_("kind"), max_length=50, blank=True)
    name = models.CharField(_("file"), max_length=500)
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True)
    size = models.BigIntegerField(_("bytes"), default=0)
    encoding = models.CharField(_("read as"), max_length=20, blank=True)
    outcome = models.CharField(_("what became of it"), max_length=12, choices=Outcome)
    problem = models.TextField(_("why"), blank=True)
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    rows_stored = models.BigIntegerField(_("rows stored"), default=0)
    rows_rejected = models.BigIntegerField(_("rows rejected"), default=0)
    rejects = models.JSONField(
        default=list, help_text=_("The first rejected rows: line, reason and cells. All of them are in the file.")
    )
    rejects_file = models.CharField(_("file of rejected rows"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("imported file")
        verbose_name_plural = _("imported files")
        ordering = ["pk"]
        indexes = [models.Index(fields=["run", "kind", "-id"], name="last_file_of_kind")]

    def __str__(self) -> str:
        return self.name
