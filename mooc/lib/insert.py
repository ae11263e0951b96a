"""Insert a row unless the database says that it is there."""

from django.db import connection, models


def insert_if_new(row: models.Model) -> bool:
    """Insert a model's row, give it its id and return True; return False where a constraint says that it exists.

    One statement, so two processes at the same instant make one row (ON CONFLICT DO NOTHING, in both databases).
    """
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(row), connection.vendor), values)
        returned = cursor.fetchone()
    if returned is None:
        return False
    row.pk, row._state.adding, row._state.db = returned[0], False, connection.alias
    return True


_statements: dict[tuple[type[models.Model], str], str] = {}


def _statement(model: type[models.Model], vendor: str) -> str:
    if (model, vendor) not in _statements:
        quote, meta = connection.ops.quote_name, model._meta
        columns = [field.column for field in meta.concrete_fields if not field.primary_key]
        _statements[model, vendor] = (
            f"INSERT INTO {quote(meta.db_table)} ({', '.join(map(quote, columns))})"  # noqa: S608  (names of our models)
            f" VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT DO NOTHING RETURNING {quote(meta.pk.column)}"
        )
    return _statements[model, vendor]
