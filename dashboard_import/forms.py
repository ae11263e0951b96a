"""The form that takes a FutureLearn file."""

from pathlib import PurePath

from django import forms
from django.utils.translation import gettext_lazy as _

from dashboard_import.datasets import from_name
from dashboard_import.runs import LARGEST_NUMBER, slug_of


class UploadForm(forms.Form):
    """One table or a zip of them. Where the name says no run, course and run are asked for; `name` is then complete."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("A table as FutureLearn gives it, such as bread-1_enrolments.csv, or a zip of tables."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.zip"}),
    )
    course = forms.CharField(
        label=_("Course"), required=False, max_length=200,
        help_text=_("Only if the file's name does not say it: the course's short name, such as bread."),
    )  # fmt: skip
    run = forms.IntegerField(label=_("Run"), required=False, min_value=0, max_value=LARGEST_NUMBER)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if PurePath(file.name).suffix.lower() not in (".csv", ".zip"):
            raise forms.ValidationError(_("Choose a file whose name ends in .csv or .zip."))
        return file

    def clean(self) -> None:
        file = self.cleaned_data.get("file")
        if file is None:
            return
        self.name = file.name[-200:]
        kind, slug, number = from_name(file.name)
        course, run = self.cleaned_data.get("course"), self.cleaned_data.get("run")
        if file.name.lower().endswith(".zip") and (course or run is not None):
            raise forms.ValidationError(_("In a zip each table's name says its run. Leave course and run empty."))
        if slug and ((course and slug_of(course) != slug_of(slug)) or run not in (None, number)):
            raise forms.ValidationError(
                _("By its name this file is of %(slug)s, run %(number)s. Rename it, or leave course and run empty.")
                % {"slug": slug, "number": number}
            )
        if not kind or slug:
            return
        if not course or run is None:
            raise forms.ValidationError(_("The file's name does not say which run it is of. Say course and run."))
        self.name = f"{slug_of(course)[:100]}-{run}_{kind}.csv"
