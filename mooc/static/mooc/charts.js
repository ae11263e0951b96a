// Charts: the value under the pointer or the keyboard. Each chart is one stop of the Tab key; arrows move inside it.
// Without scripts the browser shows the marks' own titles, and the table below has every number.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

for (const figure of document.querySelectorAll(".chart")) {
  const svg = figure.querySelector(".chart-svg");
  if (svg) {
    watch(figure, svg, svg.dataset.columns ? cells(figure, svg) : marks(svg));
  }
}

// The marks of a chart, in order: each has an element to focus, and says something.
function marks(svg) {
  const found = [...svg.querySelectorAll(".datum")];
  for (const element of found) {
    const title = element.querySelector("title");
    element.setAttribute("aria-label", title.textContent);
    title.remove();
    if (!element.hasAttribute("href")) {
      element.setAttribute("role", "img");
    }
  }
  return {
    count: found.length,
    step: { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 },
    show: (at) => found[at],
    words: (at) => found[at].getAttribute("aria-label"),
    under: (event) => found.indexOf(event.target.closest(".datum")),
  };
}

// The cells of a heat map have no elements: one cursor moves over them, and the table says what they hold.
function cells(figure, svg) {
  const columns = Number(svg.dataset.columns);
  const rows = Number(svg.dataset.rows);
  const map = svg.querySelector(".cells");
  const table = figure.querySelector("table");
  const cursor = map.appendChild(document.createElementNS(SVG, "rect"));
  cursor.setAttribute("class", "cursor datum");
  cursor.setAttribute("role", "img");
  cursor.setAttribute("width", 1);
  cursor.setAttribute("height", 1);
  const words = (at) => {
    const line = table.tBodies[0].rows[Math.floor(at / columns)].cells;
    const column = (at % columns) + 1;
    return `${line[0].textContent}, ${table.tHead.rows[0].cells[column].textContent}: ${line[column].textContent}`;
  };
  return {
    count: columns * rows,
    step: { ArrowLeft: -1, ArrowUp: -columns, ArrowRight: 1, ArrowDown: columns },
    words,
    show: (at) => {
      cursor.setAttribute("x", at % columns);
      cursor.setAttribute("y", Math.floor(at / columns));
      cursor.setAttribute("aria-label", words(at));
      return cursor;
    },
    under: (event) => {
      const box = map.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
      const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
      return column >= 0 && row >= 0 && column < columns && row < rows ? row * columns + column : -1;
    },
  };
}

function watch(figure, svg, chart) {
  const plot = figure.querySelector(".chart-plot");
  const tip = plot.appendChild(document.createElement("div"));
  let current = 0;
  tip.className = "chart-tip";
  tip.hidden = true;
  svg.querySelector(":scope > title").remove();
  for (let at = 0; at < chart.count && !svg.dataset.columns; at += 1) {
    chart.show(at).setAttribute("tabindex", at ? -1 : 0);
  }
  if (svg.dataset.columns) {
    chart.show(0).setAttribute("tabindex", 0);
  }

  function say(at, place) {
    tip.textContent = chart.words(at);
    tip.hidden = false;
    const room = plot.getBoundingClientRect();
    const left = place.x - room.left - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(Math.min(left, room.width - tip.offsetWidth), 0)}px`;
    tip.style.top = `${Math.max(place.y - room.top - tip.offsetHeight - 12, -tip.offsetHeight)}px`;
  }

  function focus(at) {
    chart.show(current).setAttribute("tabindex", -1);
    current = at;
    const element = chart.show(at);
    element.setAttribute("tabindex", 0);
    element.focus();
    const box = element.getBoundingClientRect();
    say(at, { x: box.left + box.width / 2, y: box.top });
  }

  svg.addEventListener("focusin", (event) => {
    const at = svg.dataset.columns ? current : chart.under(event);
    if (at >= 0 && tip.hidden) {
      focus(at);
    }
  });
  svg.addEventListener("keydown", (event) => {
    const aim = { Home: 0, End: chart.count - 1 }[event.key] ?? current + (chart.step[event.key] ?? NaN);
    if (event.key === "Escape") {
      tip.hidden = true;
    } else if (aim >= 0 && aim < chart.count) {
      event.preventDefault();
      focus(aim);
    }
  });
  svg.addEventListener("focusout", () => (tip.hidden = true));
  svg.addEventListener("pointermove", (event) => {
    const at = chart.under(event);
    tip.hidden = at < 0;
    if (at >= 0) {
      say(at, { x: event.clientX, y: event.clientY });
      if (svg.dataset.columns && !svg.contains(document.activeElement)) {
        current = at;
        chart.show(at);
      }
    }
  });
  svg.addEventListener("pointerleave", () => (tip.hidden = true));
}

// A mark may lead to a row of its table: that is opened for it.
function reveal() {
  const row = document.getElementById(location.hash.slice(1));
  const table = row?.closest(".chart-table");
  if (table) {
    table.open = true;
    row.scrollIntoView({ block: "center" });
  }
}
addEventListener("hashchange", reveal);
reveal();

// On paper the tables are open, but for those of hundreds of rows.
const closed = [...document.querySelectorAll(".chart-table:not([data-large], [open])")];
addEventListener("beforeprint", () => closed.forEach((table) => (table.open = true)));
addEventListener("afterprint", () => closed.forEach((table) => (table.open = false)));
