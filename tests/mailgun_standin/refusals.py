"""The answers of faults: each form of a rate limit, the account's and the domain's no, the gateway's page."""

from datetime import UTC, datetime
from email.utils import format_datetime

from tests.mailgun_standin import answers
from tests.mailgun_standin.answers import CUT, RESET, Answer, Reply, plain, said
from tests.mailgun_standin.faults import Fault

UNVERIFIED = (
    "The domain is unverified and requires DNS configuration. "
    "Log in to your control panel to view required DNS records."
)
FREE = (
    "Free accounts are for test purposes only. "
    "Please upgrade or add the address to authorized recipients in Account Settings."
)


def refusal(fault: Fault, domain: str, now: float) -> Reply:
    """Return how a call ends of which nothing is accepted. `now` is a unix time."""
    match fault.kind:
        case "reset-before":
            return Reply(answers.SERVER_ERROR, ending=RESET)
        case "hang-before":
            return Reply(answers.SERVER_ERROR, wait=fault.seconds, ending=RESET)
        case "500-before":
            return Reply(answers.SERVER_ERROR)
        case "502-before":
            return Reply(answers.BAD_GATEWAY)
        case kind if kind.startswith("limit-"):
            return Reply(rate_limit(fault, domain, now))
    return Reply(
        {
            "401": answers.FORBIDDEN,
            "402": said("Payment Required", 402),
            "403": said(f"Domain {domain} is not allowed to send: Please contact support.", 403),
            "403-unverified": said(f"Domain {domain} is not allowed to send: {UNVERIFIED}", 403),
            "403-large-batches": said(f"Domain {domain} is not allowed to send large batches yet", 403),
            "404": said(f"Domain not found: {domain}", 404),
            "413": plain("request size exceeds 52.4MiB limit", 413),
            "magnificent": answers.MAGNIFICENT,
            "probation": said("Rejected: Only 10 recipients per request is allowed on probation.", 400),
            "free-account": said(f"Domain {domain} is not allowed to send: {FREE}", 400),
        }[fault.kind]
    )


def rate_limit(fault: Fault, domain: str, now: float) -> Answer:
    """Return a rate limit that asks for `fault.seconds`, in the form of its kind."""
    end = datetime.fromtimestamp(now + fault.seconds, UTC)
    seconds = max(1, round(fault.seconds))
    start = f"Domain {domain} is not allowed to send: recipient limit exceeded"
    text, headers = start, {}
    match fault.kind:
        case "limit-seconds":
            headers = {"Retry-After": str(seconds)}
        case "limit-date":
            headers = {"Retry-After": format_datetime(end, usegmt=True)}
        case "limit-reset":
            headers = {
                "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(round(end.timestamp() * 1000)),
            }  # fmt: skip
        case "limit-sentence":
            text = f"{start}, try again after {seconds} seconds"
        case "limit-sentence-date":
            text = f"{start}, try again after {end:%a, %d %b %Y %H:%M:%S} UTC"
    answer = said(text, fault.status)
    return Answer(answer.status, answer.body, answer.content_type, tuple(headers.items()))


def spoilt(fault: Fault, whole: Answer) -> Reply:
    """Return how a call ends whose message was accepted; `whole` is the answer it should have got."""
    match fault.kind:
        case "reset-after" | "partial-reset":
            return Reply(whole, ending=RESET)
        case "hang-after":
            return Reply(whole, wait=fault.seconds)
        case "cut-after":
            return Reply(whole, ending=CUT)
        case "502-after":
            return Reply(answers.BAD_GATEWAY)
        case "empty-after":
            return Reply(Answer(200))
        case "json-cut-after":
            return Reply(Answer(200, whole.body[: len(whole.body) // 2]))
        case "noid-after":
            return Reply(said("Queued. Thank you."))
    return Reply(answers.SERVER_ERROR)
