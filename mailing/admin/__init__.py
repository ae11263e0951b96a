"""Mail in the admin: what staff write (`emails`), what became of it (`ledger`), who gets none (`suppressions`),
what people answer (`replies`).

`courses` adds the welcome's test to the page of a course run.
"""

from mailing.admin import courses, emails, ledger, replies, suppressions

__all__ = ["courses", "emails", "ledger", "replies", "suppressions"]
