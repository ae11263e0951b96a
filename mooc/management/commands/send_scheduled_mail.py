"""`manage.py send_scheduled_mail`, every hour: everything that has become due."""

from mooc.ticking import TickCommand


class Command(TickCommand):
    help = "Send the e-mails that have become due, and whatever else waits. Run it every hour."
    name = "send_scheduled_mail"
    freeze = True
