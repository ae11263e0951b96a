"""Mail in the admin: what staff write (`emails`), what became of it (`ledger`), who gets none (`suppressions`),
what people answer (`replies`), mailing lists at the provider (`lists`).

`courses` adds the welcome's test to the page of a course run.
"""

from mailing.admin import courses, emails, ledger, lists, replies, suppressions

__all__ = ["courses", "emails", "ledger", "lists", "replies", "suppressions"]
