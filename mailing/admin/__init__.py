"""Mail in the admin: what staff write (`emails`), what became of it (`ledger`), who gets none (`suppressions`).

`courses` adds the welcome's test to the page of a course run.
"""

from mailing.admin import courses, emails, ledger, suppressions

__all__ = ["courses", "emails", "ledger", "suppressions"]
