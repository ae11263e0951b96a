"""`manage.py handle_new_signups`, every 10 minutes: confirmations, welcomes, and whatever else waits in the queue."""

from mooc.ticking import TickCommand


class Command(TickCommand):
    help = "Send confirmations and welcomes to new sign-ups, and whatever else waits. Run it every 10 minutes."
    name = "handle_new_signups"
    freeze = False
