"""From the text of an answer to what is new in it: history and signatures go. Pure.

quotequail knows how mail programs introduce what they quote, in the languages it knows. What it does not know is caught
by something that only we can know: our copies come from the group's own address, so the line that introduces a quoted
copy names it, in any language.
"""

import re

import quotequail

LONGEST_LINE = 500  # characters of a line that are looked at: patterns need no more
MOST_LINES = 5_000
WRAP = 3  # lines over which an introduction may be broken
NEAR = 3  # lines after an introduction in which the quoted text must begin

MARGINS = (60, 80)  # characters at which mail programs break lines
SHORTEST_BROKEN = 45  # a word longer than what is missing to the margin is no word

_QUOTED = re.compile(r"[>|]")
_BEGINS_ANEW = re.compile(r"\s|[>|*•·–—-]|\(?(?:\d{1,3}|[a-z])[.)]\s|\W*\Z")
_HEADER = re.compile(r"[*_]{0,2}[^\W\d_][\w .’'-]{1,30}[*_]{0,2}\s?[:\uff1a]")
_RULE = re.compile(r"[-_* ]*\Z|-{4,}.*-{4,}\Z")  # drawn over a copied head, or around a line that introduces
_SIGNATURE = re.compile(r"(?:-- ?|--\xa0|—|_{3,})\Z")
# What phones add. Mail programs write it in the language of the phone; the name of the thing stays.
_PHONE = re.compile(
    r"(?:sent|get|gesendet|von meinem|envoyé|enviado|inviato|verzonden|verstuurd|wysłane|skickat|sendt|отправлено)\b"
    r".{0,40}\b(?:iphone|ipad|android|outlook|samsung|galaxy|huawei|xiaomi|mobile|phone|handy|gmx|yahoo|proton)\b"
    r".{0,60}\Z",
    re.IGNORECASE,
)


def new_text(text: str, group_address: str) -> str:
    """Return what somebody wrote, without the messages they quote and without their signature.

    Text above the quotation is kept, else text below it. Where answers stand between quoted lines, those quoted lines
    that are answered stay. `group_address` is the address that our copies come from.
    """
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = lines[:MOST_LINES]
    start, after = _introduction(lines, group_address)
    above, below = _unsigned(lines[:start]), lines[after:]
    if _has_words(above):
        if _is_interleaved(below):
            above += ["", *_answered(below)]
    else:
        above = _answered(below)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(_unwrapped(above))).strip("\n")


def _unwrapped(lines: list[str]) -> list[str]:
    """Return lines with those joined that a mail program has broken at its margin, as Gmail does.

    They are ragged on a phone otherwise. A line was broken there if it is long and the next word had no room in it.
    """
    margin = max((len(line) for line in lines if " " in line), default=0)
    if not MARGINS[0] <= margin <= MARGINS[1]:
        return lines
    joined: list[str] = []
    last = ""  # the line before, as it came
    for line in lines:
        room = margin - len(last)
        if len(last) >= SHORTEST_BROKEN and line and not _BEGINS_ANEW.match(line) and len(line.split()[0]) >= room:
            wide = ord(max(joined[-1][-1], line[0])) >= 0x2E80  # Chinese and Japanese have no space there
            joined[-1] += line if wide else f" {line}"
        else:
            joined.append(line)
        last = "" if _QUOTED.match(line) else line
    return joined


def _introduction(lines: list[str], address: str) -> tuple[int, int]:
    """Return where the introduction of the quoted history begins and where what it quotes begins."""
    looked_at = [line[:LONGEST_LINE] for line in lines]
    end = len(lines)
    found = [_by_library(looked_at), _by_address(looked_at, address.lower()), _by_headers(looked_at)]
    places = [place for place in found if place]
    if places:
        return min(places)
    first = next((number for number, line in enumerate(lines) if line.startswith(">")), end)
    return first, first


def _by_library(lines: list[str]) -> tuple[int, int] | None:
    parts = {}
    for whole in (True, False):
        cut = quotequail.quote("\n".join(lines), limit=MOST_LINES + 1, quote_intro_line=whole)
        if len(cut) < 2:
            return None
        parts[whole] = cut[0][1].count("\n") + 1 if cut[0][1] else 0
    return parts[True], parts[False]


def _by_address(lines: list[str], address: str) -> tuple[int, int] | None:
    """Find a line, broken or not, that names the group's address and stands just above quoted text."""
    for number, line in enumerate(lines):
        if address not in line.lower():
            continue
        end = next((last for last in range(number, min(number + WRAP, len(lines))) if _is_end(lines[last])), number)
        following = [text for text in lines[end + 1 : end + 1 + NEAR] if text]
        marked = following and following[0].startswith(">")
        if not (marked or _is_end(lines[end]) or _RULE.match(line)):
            continue
        # Broken over lines, it begins above: with the date, and without the end of a sentence.
        before = lines[number][: lines[number].lower().index(address)]
        above = lines[number - 1] if number else ""
        broken = len(before) < 20 and re.search(r"\d", above) and not re.search(r"[.!?>]\Z", above)
        return number - bool(broken), end + 1
    return None


def _is_end(line: str) -> bool:
    return line.rstrip("* ").endswith((":", "\uff1a"))


def _by_headers(lines: list[str]) -> tuple[int, int] | None:
    """Find a block of a copied head as Outlook writes it: three lines or more of `Word: value`, an address in one."""
    for number in range(len(lines) - 2):
        block = lines[number : number + 4]
        if all(_HEADER.match(line) for line in block[:3]) and any("@" in line for line in block):
            above = number - 1
            while above >= 0 and _RULE.match(lines[above]):
                above -= 1
            end = number
            while end < len(lines) and lines[end]:
                end += 1
            return above + 1, end
    return None


def _unsigned(lines: list[str]) -> list[str]:
    """Return lines without a signature at their end."""
    kept = list(lines)
    for number, line in enumerate(kept):
        if _SIGNATURE.match(line) and _has_words(kept[:number]):
            kept = kept[:number]
            break
    while kept and (not kept[-1] or _PHONE.match(kept[-1].strip("<>[]() "))):
        kept.pop()
    return kept


def _has_words(lines: list[str]) -> bool:
    return any(line and not line.startswith(">") for line in lines)


def _is_interleaved(lines: list[str]) -> bool:
    """Say whether answers stand between quoted lines: only marks at the line tell, so those without are history."""
    return any(line.startswith(">") for line in lines) and _has_words(_unsigned(lines[_first_quoted(lines) :]))


def _first_quoted(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.startswith(">")), len(lines))


def _answered(lines: list[str]) -> list[str]:
    """Return answers that stand under or between quoted lines, with the quoted lines they answer.

    One block of quotation with an answer under it is history; of several, each is what the text under it answers.
    """
    if not any(line.startswith(">") for line in lines):
        return []
    kept = _unsigned(lines)
    while kept and (not kept[-1] or kept[-1].startswith(">")):
        kept.pop()
    starts = [number for number, line in enumerate(kept) if line.startswith(">") and not _quoted_at(kept, number - 1)]
    return [line for line in kept if not line.startswith(">")] if len(starts) == 1 else kept


def _quoted_at(lines: list[str], number: int) -> bool:
    while number >= 0 and not lines[number]:
        number -= 1
    return number >= 0 and lines[number].startswith(">")
