"""FutureLearn in the admin: what was imported and what came of it, the runs, and a file to load."""

from pathlib import Path

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from dashboard_import.forms import UploadForm
from dashboard_import.importing import is_small, load_upload, take_upload
from dashboard_import.models import CourseRun, ImportedFile, ImportRun
from dashboard_import.running import is_lost
from mooc.lib.admin import CourseAdmin, ReadOnly
from mooc.lib.moments import in_utc
from mooc.lib.uploads import LimitedFile

MAY_LOAD = "dashboard_import.load_futurelearn"


def with_commas(number: int) -> str:
    return f"{number:,}"


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnly, CourseAdmin):
    """One execution of the importer: its files, its counts, what is missing, the rejected rows."""

    list_display = ("source", "state", "begun", "by", "files", "read", "stored", "rejected", "lasted")
    list_filter = ("status",)
    list_per_page = 50
    ordering = ("-pk",)
    search_fields = ("source", "by")
    when_empty = _("Nothing has been imported yet. Upload a file, or run python manage.py import_futurelearn.")
    show_full_result_count = False
    actions = None
    fields = ("source", "state", "by", "begun", "lasted", "read", "stored", "rejected", "missing", "imported")
    readonly_fields = ("state", "begun", "lasted", "read", "stored", "rejected", "missing", "imported")

    @admin.display(description=_("state"), ordering="status")
    def state(self, row: ImportRun) -> str:
        return _now("stopped before its end") if is_lost(row) else row.get_status_display()

    @admin.display(description=_("started"), ordering="started")
    def begun(self, row: ImportRun) -> str:
        return in_utc(row.started)

    @admin.display(description=_("took"), ordering="seconds")
    def lasted(self, row: ImportRun) -> str:
        return (
            "" if row.seconds is None else _now("%(seconds)s\N{NO-BREAK SPACE}s") % {"seconds": f"{row.seconds:,.1f}"}
        )

    @admin.display(description=_("rows read"), ordering="rows_read")
    def read(self, row: ImportRun) -> str:
        return with_commas(row.rows_read)

    @admin.display(description=_("stored"), ordering="rows_stored")
    def stored(self, row: ImportRun) -> str:
        return with_commas(row.rows_stored)

    @admin.display(description=_("rejected"), ordering="rows_rejected")
    def rejected(self, row: ImportRun) -> str:
        return with_commas(row.rows_rejected)

    @admin.display(description=_("what is missing"))
    def missing(self, row: ImportRun) -> SafeString | str:
        if is_lost(row):
            return _now("It was stopped before its end. What it had loaded is whole. Load the same files again.")
        return format_html_join("", "<p>{}</p>", ((line,) for line in row.error.splitlines())) or _now("Nothing.")

    @admin.display(description=_("files"))
    def imported(self, row: ImportRun) -> SafeString:
        files = row.imported_files.select_related("run")
        return render_to_string("admin/dashboard_import/importrun/files.html", {"original": row, "imported": files})

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("upload/", view(self.upload_view), name="dashboard_import_upload"),
            path("<int:number>/rejected/<int:file>/", view(self.rejected_view), name="dashboard_import_rejected"),
            *super().get_urls(),
        ]

    def rejected_view(self, request: HttpRequest, number: int, file: int) -> HttpResponseBase:
        """Download all rejected rows of one file; cells that a spreadsheet would run have an apostrophe before them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = ImportedFile.objects.filter(pk=file, import_run=number).exclude(rejects_file="").first()
        kept = Path(settings.FUTURELEARN_DATA_DIR, row.rejects_file) if row else None
        if kept is None or not kept.is_file():
            raise Http404
        return FileResponse(kept.open("rb"), as_attachment=True, filename=f"rejected-{number}-{file}.csv")

    @csrf_exempt  # until the handler that takes the file is in place: the check itself reads the form
    def upload_view(self, request: HttpRequest) -> HttpResponseBase:
        """Take a file: a small one is loaded at once, any other at the worker's next round."""
        if not request.user.has_perm(MAY_LOAD):
            raise PermissionDenied
        taken = LimitedFile(request, settings.FUTURELEARN_UPLOAD_MB * 1_000_000)
        request.upload_handlers = [taken]

        def upload(request: HttpRequest) -> HttpResponse:
            return self.uploaded(request, taken)

        return csrf_protect(upload)(request)

    def uploaded(self, request: HttpRequest, taken: LimitedFile) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if form.is_valid():
            try:
                return self.take(request, form)
            except OSError as error:
                form.add_error("file", _now("The file could not be kept here: %(why)s.") % {"why": error.strerror})
        if taken.too_large:
            form.errors["file"] = form.error_class(
                [_now("The file is too large to be uploaded. Load it with the command instead.")]
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _now("Load a FutureLearn file"),
            "form": form,
            "megabytes": settings.FUTURELEARN_UPLOAD_MB,
        }
        return TemplateResponse(request, "admin/dashboard_import/importrun/upload.html", context)

    def take(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        row = take_upload(Path(file.temporary_file_path()), form.name, request.user)
        self.log_addition(request, row, _now("Uploaded %(name)s") % {"name": form.name})
        if is_small(form.name, file.size):
            load_upload(row)
            row.refresh_from_db()
        if row.status == ImportRun.Status.DONE:
            messages.success(request, _now("Loaded: %(rows)s rows.") % {"rows": with_commas(row.rows_stored)})
        elif row.status == ImportRun.Status.WAITING:
            messages.info(request, _now("The file is here. The worker loads it at its next round."))
        else:
            messages.error(request, _now("Not loaded. %(why)s") % {"why": row.error})
        return HttpResponseRedirect(reverse("admin:dashboard_import_importrun_change", args=[row.pk]))


@admin.register(CourseRun)
class CourseRunAdmin(ReadOnly, CourseAdmin):
    """One run of a FutureLearn course, with what FutureLearn's own page said of it."""

    list_display = ("__str__", "institution", "start", "end", "weeks", "status", "loaded")
    list_filter = ("institution", "status")
    list_per_page = 50
    search_fields = ("course", "slug")
    when_empty = _("No FutureLearn run is here yet. They come with the files that are imported.")
    show_full_result_count = False
    actions = None
    fields = ("course", "institution", "slug", "number", "start", "end", "weeks", "status", "loaded", "said", "kinds")
    readonly_fields = ("loaded", "said", "kinds")

    @admin.display(description=_("last loaded"), ordering="date_updated")
    def loaded(self, run: CourseRun) -> str:
        return in_utc(run.date_updated)

    @admin.display(description=_("FutureLearn's own totals"))
    def said(self, run: CourseRun) -> SafeString | str:
        counts = {name: value.get("count") for name, value in run.totals.items()}
        pairs = (
            (name.replace("_", " "), count if isinstance(count, str) else f"{count:,}")
            for name, count in counts.items()
            if count is not None
        )
        return format_html_join("", "<div>{}: {}</div>", pairs) or _now("None known.")

    @admin.display(description=_("files loaded"))
    def kinds(self, run: CourseRun) -> SafeString | str:
        """Return the last load of each kind of file, with its rows."""
        loaded = ImportedFile.objects.filter(run=run, outcome=ImportedFile.Outcome.LOADED).order_by("pk")
        last = {file.kind: file for file in loaded.select_related("import_run").defer("rejects")}
        lines = (
            format_html(
                '<div><a href="{}">{}</a>: {}</div>',
                reverse("admin:dashboard_import_importrun_change", args=[file.import_run_id]),
                f"{kind.replace('_', ' ')}, {in_utc(file.import_run.started)}",
                with_commas(file.rows_stored),
            )
            for kind, file in sorted(last.items())
        )
        return format_html_join("", "{}", ((line,) for line in lines)) or _now("None yet.")
