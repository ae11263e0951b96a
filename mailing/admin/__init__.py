"""Mail in the admin: what staff write (`emails`), what became of it (`ledger`), who gets none (`suppressions`)."""

from mailing.admin import emails, ledger, suppressions

__all__ = ["emails", "ledger", "suppressions"]
