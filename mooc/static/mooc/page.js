// The reader's own clock and time zone. Every page works without this; it only saves counting hours.
"use strict";

(() => {
  const say = document.currentScript.dataset;
  const language = document.documentElement.lang || "en";
  const dayWords = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const clockWords = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

  // Some browsers put a comma after the weekday, as our own pages do not.
  const dayOf = (moment) => dayWords.format(moment).replace(/^(\p{L}+), /u, "$1 ");
  const isMidnight = (moment) => moment.getHours() === 0 && moment.getMinutes() === 0;

  // A moment on the reader's clock. The midnight that ends a day belongs to that day, not to the next.
  const ownWords = (moment, edge) => {
    const midnight = isMidnight(moment);
    const shown = new Date(moment);
    if (edge === "end" && midnight) {
      shown.setMinutes(-1);
    }
    const pattern =
      edge === "start" && midnight ? say.day : edge !== "end" ? say.moment : midnight ? say.untilMidnight : say.until;
    return pattern.replace("{day}", dayOf(shown)).replace("{time}", clockWords.format(shown));
  };

  for (const time of document.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) {
      time.title = time.textContent;
      time.textContent = ownWords(moment, time.dataset.local);
    }
  }

  // The first press of Tab after a refused form begins at what is wrong.
  const problems = document.querySelector(".problems");
  if (problems) {
    problems.focus();
  }

  const guess = (select) => {
    const untouched = !select.querySelector("option[selected]") || select.selectedOptions[0].defaultSelected;
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const found = Array.from(select.options).find((option) => option.value === own);
    if (!found || !untouched) {
      return;
    }
    found.selected = true;
    const note = document.createElement("span");
    note.className = "help guessed";
    note.id = `${select.id}_guessed`;
    note.textContent = say.guessed;
    select.after(note);
    select.setAttribute("aria-describedby", `${select.getAttribute("aria-describedby") || ""} ${note.id}`.trim());
    select.addEventListener("change", () => note.remove(), { once: true });
  };

  if (!problems) {
    document.querySelectorAll("select[name=timezone][data-guess]").forEach(guess);
  }
})();
