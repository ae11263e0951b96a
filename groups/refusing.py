"""What must never be passed on to a group, as the message itself shows it. Pure."""

import re

from groups.inbound import Incoming
from groups.posts import Refusal

Reason = Refusal.Reason
LOOP = "X-Course-Group"  # stands in each of our copies
# Nobody asked for these to be answered, and an answer could be answered in turn (RFC 3834).
SILENT = {Reason.AUTOMATIC, Reason.BOUNCE, Reason.LIST, Reason.LOOP, Reason.FORGED, Reason.UNREADABLE}
_NOBODY = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+=-].*)?@", re.IGNORECASE)
_AWAY = re.compile(
    r"(?:auto(?:matic)?(?:ally)?[ -]?(?:reply|response|generated)|out of (?:the )?office|abwesenheit\w*|"
    r"automatische antwort|réponse automatique|respuesta automática|resposta automática|risposta automatica|"
    r"automatisch antwoord|autosvar|odpowiedź automatyczna|自動応答|自动回复)"
    r"(?=\W*\Z|\s*[:\uff1a(–-]|\s+(?:re|aw|auto\w*|reply|message|notification)\b)",  # people write about offices too
    re.IGNORECASE,
)
_STOP_WORDS = (
    "unsubscribe", "remove", "stop", "sign ?off", "opt ?out", "take me off", "cancel",
    "abmelden", "abbestellen", "austragen",
    "(?:se )?désabonner", "(?:me )?désinscrire", "désinscription", "arrêt",
    "cancelar(?: suscripción)?", "dar(?:me)? de baja", "baja",
    "descadastrar", "sair", "remover", "cancellami", "disiscrivi(?:mi)?", "annulla iscrizione",
    "uitschrijven", "afmelden", "avregistrera", "avmeld", "afmeld", "wypisz",
    "отписаться", "отпишите", "отписка", "退订", "取消订阅", "配信停止", "購読解除", "구독 ?취소",
)  # fmt: skip
_STOP = re.compile(
    rf"\W*(?:please |bitte |por favor )?(?:{'|'.join(_STOP_WORDS)})"
    r"(?: (?:me|mich|mnie|меня))?(?: please| bitte| por favor)?(?: from (?:this|the) (?:list|group))?\W*\Z",
    re.IGNORECASE,
)


def never_passed_on(message: Incoming, envelope_sender: str | None, own_domain: str) -> str:
    """Return why a message is for nobody (one of SILENT), or "". `envelope_sender` is None where it is not known."""
    head = {name: " ".join(values).lower() for name, values in message.headers.items()}
    return_path = head.get("return-path", "").strip("<> ") if "return-path" in head else None
    if LOOP.lower() in head or f".list-id.{own_domain}" in head.get("list-id", ""):
        return Reason.LOOP
    null_sender = envelope_sender in ("", "<>") or return_path == ""
    if null_sender or "multipart/report" in head.get("content-type", "") or "x-failed-recipients" in head:
        return Reason.BOUNCE
    if any(_NOBODY.match(address) for address in (message.sender, envelope_sender or "") if address):
        return Reason.BOUNCE
    if _is_automatic(message, head):
        return Reason.AUTOMATIC
    if {"list-id", "list-post", "list-unsubscribe"} & head.keys() or head.get("precedence", "") in (
        "bulk",
        "list",
        "junk",
    ):
        return Reason.LIST
    if message.senders != 1 or not message.sender or _is_forged(message):
        return Reason.FORGED
    return ""


def _is_automatic(message: Incoming, head: dict[str, str]) -> bool:
    if message.reaction or head.get("auto-submitted", "no").partition(";")[0].strip() not in ("no", ""):
        return True
    if {"x-autoreply", "x-autorespond", "x-auto-reply"} & head.keys():
        return True
    return head.get("x-auto-response-suppress", "") not in ("", "none") or bool(_AWAY.match(message.subject))


def _is_forged(message: Incoming) -> bool:
    """Say whether the server that took the message found that its sender did not send it.

    Only a "no" is believed: anybody can write a "yes" into a message, and nobody forges a "no" into their own.
    """
    if "dmarc=fail" in message.first("authentication-results").lower().replace(" ", ""):
        return True
    spf, dkim = message.first("x-mailgun-spf").lower(), message.first("x-mailgun-dkim-check-result").lower()
    return spf in ("fail", "softfail") and dkim != "pass"


def wants_to_stop(text: str) -> bool:
    """Say whether a text is nothing but a wish to get no more mail, in one of several languages."""
    return len(text) < 60 and _STOP.match(text.strip()) is not None
