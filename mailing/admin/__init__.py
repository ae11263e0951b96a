"""Mail in the admin: what staff write (`emails`), and what became of it (`ledger`)."""

from mailing.admin import emails, ledger

__all__ = ["emails", "ledger"]
