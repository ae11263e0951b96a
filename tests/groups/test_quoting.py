"""New text apart from quotations, as mail programs write them in many languages."""

import textwrap

import pytest

from groups.quoting import new_text
from tests.groups.mails import GROUP

WHO = f"Ada via Group 3 <{GROUP}>"
ANSWERS = {
    "gmail": f"Yes.\n\nOn Mon, 5 Jan 2026 at 10:00, {WHO}\nwrote:\n\n> Shall we?\n> A\n",
    "gmail without an empty line": f"Yes.\nOn Mon, 5 Jan 2026 at 10:00, {WHO} wrote:\n> Shall we?\n",
    "german": f"Yes.\n\nAm Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Ada via Group 3 <\n{GROUP}>:\n\n> Sollen wir?\n",
    "french": f"Yes.\n\nLe lun. 5 janv. 2026 à 10:00, {WHO} a\nécrit :\n\n> On se voit ?\n",
    "spanish": f"Yes.\n\nEl lun, 5 ene 2026 a las 10:00, Ada via Group 3 (<{GROUP}>)\nescribió:\n\n> ¿Nos vemos?\n",
    "portuguese": f"Yes.\n\nEm seg., 5 de jan. de 2026 às 10:00, Ada via Group 3 <\n{GROUP}> escreveu:\n\n> Vamos?\n",
    "dutch": f"Yes.\n\nOp ma 5 jan 2026 om 10:00 schreef {WHO}:\n\n> Zullen we?\n",
    "italian": f"Yes.\n\nIl giorno lun 5 gen 2026 alle ore 10:00 Ada via Group 3 <\n{GROUP}> ha scritto:\n\n> Ci?\n",
    "polish": f"Yes.\n\npon., 5 sty 2026 o 10:00 {WHO}\nnapisał(a):\n\n> Spotkamy się?\n",
    "russian": f"Yes.\n\nпн, 5 янв. 2026 г. в 10:00, {WHO}:\n\n> Встретимся?\n",  # noqa: RUF001
    "japanese": f"Yes.\n\n2026年1月5日(月) 10:00 {WHO}:\n\n> 会いましょうか\n",
    "chinese": f"Yes.\n\n{WHO} 于2026年1月5日周一 10:00写道\uff1a\n\n> 见面吗\n",
    "outlook": f"Yes.\n\n________________________________\nFrom: {WHO}\nSent: Monday\nTo: B\nSubject: S\n\nShall we?",
    "outlook in german": f"Yes.\n\nVon: {WHO}\nGesendet: Montag, 5. Januar\nAn: B\nBetreff: AW: S\n\nSollen wir?\n",
    "outlook in turkish": f"Yes.\n\nKimden: {WHO}\nGönderildi: Pazartesi\nKime: B\nKonu: S\n\nBuluşalım mı?\n",  # noqa: RUF001
    "old outlook": "Yes.\n\n-----Original Message-----\nFrom: Ada\nSent: Monday\nTo: B\nSubject: S\n\nShall we?\n",
    "apple": f"Yes.\n\n> On 5 Jan 2026, at 10:00, {WHO} wrote:\n> \n> Shall we?\n",
    "proton": f"Yes.\n\nSent with [Proton Mail](https://proton.me/home) secure email.\n\nOn Mon, {WHO} wrote:\n> A",
    "zoho": f"Yes.\n\n---- On Mon, 05 Jan 2026 10:00:00 +0000 {WHO} wrote ----\n\nShall we?\n",
    "qq": f"Yes.\n\n---- 原始邮件 ----\n发件人: Ada <{GROUP}>;\n发送时间: 10:00\n收件人: B\n\n主题: S\n\nA\n",
    "yahoo": f"Yes.\n\n    On Monday, January 5, 2026 at 10:00:00 AM GMT+1, {WHO} wrote:  \n \n Shall we?\n",
    "arabic": f"Yes.\n\nفي الاثنين، 5 يناير 2026 تمت كتابة ما يلي بواسطة {WHO}:\n\n> A\n",
    "hebrew": f"Yes.\n\n\u200fבתאריך יום ב׳, 5 בינו׳ 2026 ב-10:00 מאת {WHO}:\u202c\n\n> A\n",  # noqa: RUF001
    "hindi": f"Yes.\n\nसोम, 5 जन॰ 2026 को 10:00 am बजे को {WHO} ने लिखा:\n\n> A\n",
    "an answer to a digest": f"Yes.\n\nOn Mon, 5 Jan 2026, Group 3 <{GROUP}> wrote:\n\n> What was written in Group 3\n",
    "a phone": f"Yes.\n\nSent from my iPhone\n\n> On 5 Jan 2026, at 10:00, {WHO} wrote:\n> \n> Shall we?\n",
    "a german phone": "Yes.\n\nVon meinem iPhone gesendet\n\n> Am 5.1. schrieb Ada:\n> Sollen wir?\n",
    "a signature": f"Yes.\n\n-- \nBob Baker\nThe Bakery\n\nOn Mon, 5 Jan 2026, {WHO} wrote:\n> Shall we?\n",
    "below": f"On 05/01/2026 10:00, {WHO} wrote:\n> Shall we?\n> A\n\nYes.\n",
    "below, with a signature": f"On 05/01/2026 10:00, {WHO} wrote:\n> Shall we?\n\nYes.\n\n-- \nBob\n",
    "marks alone": "Yes.\n\n> Shall we?\n",
    "windows line ends": "Yes.\r\n\r\n> Shall we?\r\n",
    "nothing quoted": "\n\nYes.\n\n",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_only_what_is_new_stays(text):
    assert new_text(text, GROUP) == "Yes."


def test_answers_between_quoted_lines_stay_with_what_they_answer():
    text = f"On Monday, {WHO} wrote:\n> Shall we?\n\nYes.\n\n> And where?\n\nAt mine.\n\n> A\n"
    assert new_text(text, GROUP) == "> Shall we?\n\nYes.\n\n> And where?\n\nAt mine."
    with_more = new_text(f"See below.\n\n{text}", GROUP)
    assert with_more == "See below.\n\n> Shall we?\n\nYes.\n\n> And where?\n\nAt mine."


@pytest.mark.parametrize(
    "text",
    [
        "Yesterday on the bus my friend wrote:\nI love bread. And so do I.",
        "Three things:\n\nTime: six\nPlace: mine\nBread: yours",
        f"Our address is {GROUP}, write there.",
        "A line -- with dashes\nand another",
        "A list\n---\nand more\n---- End ----\n***\nOf it.",
    ],
)
def test_what_only_looks_quoted_stays(text):
    assert new_text(text, GROUP) == text


LONG = "I write the notices for our housing block. The last one was about bicycles in the stairwell. Ten people rang."


@pytest.mark.parametrize("width", [65, 72, 76, 78])
def test_lines_that_a_mail_program_broke_at_its_margin_are_joined(width):
    broken = f"{textwrap.fill(LONG, width)}\n\n{textwrap.fill(LONG, width)}\n\nBest,\nBob"
    assert new_text(broken, GROUP) == f"{LONG}\n\n{LONG}\n\nBest,\nBob"


@pytest.mark.parametrize(
    "text",
    [
        "Shall I compare thee to a summer’s day?\nThou art more lovely and more temperate.\nRough winds do shake.",
        "What we need for the meeting on Monday evening at the old bakery:\n- flour\n- water\n- a lot of patience",
        "1. The first is a line that is long enough to be broken at a margin\n2. The second\n3. The third",
        "Bob Baker\n12 Long Street\nSomewhere",
        f"{LONG}\nA line of its own, after one without any margin at all.",
    ],
)
def test_lines_that_somebody_broke_stay(text):
    assert new_text(text, GROUP) == text


def test_chinese_is_joined_without_a_space():
    line = "我们 " + "楼里的通知都是我写的" * 6
    assert new_text(f"{line}\n上一个是关于楼梯间的自行车。", GROUP) == f"{line}上一个是关于楼梯间的自行车。"


def test_nothing_but_a_quotation_is_nothing():
    assert new_text(f"On Monday, {WHO} wrote:\n> Shall we?\n", GROUP) == ""
    assert new_text("", GROUP) == ""


@pytest.mark.parametrize("line", ["El " * 100_000, ">" * 100_000, "On " * 50_000 + "wrote:", "a: " * 100_000])
def test_no_line_takes_long(line):
    assert isinstance(new_text(f"Yes.\n{line}\n" * 20, GROUP), str)
