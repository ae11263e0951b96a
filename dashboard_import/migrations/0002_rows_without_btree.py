from django.db import migrations

# On PostgreSQL rows of one load lie side by side: a block range index finds a run's rows as well as the key's tree,
# and filling that tree takes as long as writing the rows. SQLite keeps the key, which is the table's own order.
KINDS = (
    "archetype", "campaign", "comment", "country", "countrysubdivision", "coursestep", "enrolment", "leavingresponse",
    "link", "peerassignment", "peerreview", "postcourseresponse", "postcoursetext", "quizresponse", "stepactivity",
    "teammember", "videostats", "weeklysentiment",
)


def forwards(apps, editor):
    if editor.connection.vendor == "postgresql":
        for kind in KINDS:
            table = f"dashboard_import_{kind}"
            editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
            options = "pages_per_range = 32, autosummarize = on"
            editor.execute(f"CREATE INDEX {table}_run ON {table} USING brin (run_id, row) WITH ({options})")


def backwards(apps, editor):
    if editor.connection.vendor == "postgresql":
        for kind in KINDS:
            table = f"dashboard_import_{kind}"
            editor.execute(f"DROP INDEX {table}_run")
            editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (run_id, row)")


class Migration(migrations.Migration):
    dependencies = [("dashboard_import", "0001_tables")]

    operations = [migrations.RunPython(forwards, backwards)]
