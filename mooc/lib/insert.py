"""Insert a row unless the database says that it is there."""

from functools import lru_cache

from django.db import connection, models


def insert_if_new(row: models.Model) -> bool:
    """Insert a model's row, give it its id and return True; return False where a constraint says that it exists.

    One statement, so two processes at the same instant make one row (ON CONFLICT DO NOTHING, in both databases).
    """
    statement, fields = _statement(type(row), connection.vendor)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        returned = cursor.fetchone()
    if returned is None:
        return False
    row.pk, row._state.adding, row._state.db = returned[0], False, connection.alias
    return True


@lru_cache
def _statement(model: type[models.Model], _vendor: str) -> tuple[str, list[models.Field]]:
    quote, meta = connection.ops.quote_name, model._meta
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    statement = (
        f"INSERT INTO {quote(meta.db_table)} ({', '.join(quote(field.column) for field in fields)})"  # noqa: S608
        f" VALUES ({', '.join(['%s'] * len(fields))}) ON CONFLICT DO NOTHING RETURNING {quote(meta.pk.column)}"
    )
    return statement, fields
