from django.db import migrations

BATCH = 1_000


def keep_parts(apps, _editor):
    """Questions were texts; each becomes a question and its part. Which text had a part nobody knows any more."""
    for survey in apps.get_model("dashboard_import", "PreCourseSurvey").objects.all():
        survey.questions = [[one, ""] if isinstance(one, str) else one for one in survey.questions]
        survey.save(update_fields=["questions"])
    answers = apps.get_model("dashboard_import", "PreCourseAnswer").objects
    changed = []
    for row in answers.iterator(chunk_size=BATCH):
        stripped = [text.strip() for text in row.answers]
        if stripped != row.answers:
            row.answers = stripped
            changed.append(row)
        if len(changed) == BATCH:
            answers.bulk_update(changed, ["answers"])
            changed = []
    answers.bulk_update(changed, ["answers"])


def join_parts(apps, _editor):
    for survey in apps.get_model("dashboard_import", "PreCourseSurvey").objects.all():
        survey.questions = [f"{question}: {part}" if part else question for question, part in survey.questions]
        survey.save(update_fields=["questions"])


class Migration(migrations.Migration):

    dependencies = [
        ('dashboard_import', '0008_types_of_comments'),
    ]

    operations = [migrations.RunPython(keep_parts, join_parts)]
