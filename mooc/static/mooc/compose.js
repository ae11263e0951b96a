// The page where staff write an e-mail: UTC beside the time, tests without losing the place, no lost text.
// Everything works without this script; it only saves a page load and a mistake.
"use strict";

(() => {
  const form = document.getElementById("email_form");
  const course = document.getElementById("id_sequence");
  const day = document.getElementById("id_scheduled_for_0");
  const time = document.getElementById("id_scheduled_for_1");
  const said = document.querySelector(".field-scheduled_for .help > div");
  if (!form || !course || !day || !time) {
    return;
  }

  // How far a zone is from UTC at a moment, in milliseconds.
  const offset = (moment, zone) => {
    const parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    }).formatToParts(moment);
    const at = Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
    return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) - moment.getTime();
  };

  const beside = () => {
    const zone = course.selectedOptions[0] && course.selectedOptions[0].dataset.zone;
    if (!said || !zone || !day.value || !time.value) {
      return;
    }
    const wall = Date.parse(`${day.value}T${time.value}Z`);
    let moment;
    try {
      // The second look corrects the first where clocks change in between.
      const first = wall - offset(new Date(wall), zone);
      moment = new Date(wall - offset(new Date(first), zone));
    } catch {
      return; // A zone that this browser does not know: the page says the time after saving.
    }
    const words = (name) =>
      new Intl.DateTimeFormat("en-GB", {
        timeZone: name, weekday: "long", day: "numeric", month: "long", year: "numeric",
        hour: "2-digit", minute: "2-digit", hourCycle: "h23",
      }).format(moment);
    said.textContent = zone === "UTC" ? `${words("UTC")} UTC` : `${words(zone)} (${zone}). In UTC: ${words("UTC")}`;
  };
  for (const field of [course, day, time]) {
    field.addEventListener("change", beside);
  }

  let touched = false;
  let leaving = false;
  form.addEventListener("input", (event) => {
    touched = touched || event.target.name !== "test_address";
  });
  window.addEventListener("beforeunload", (event) => {
    if (touched && !leaving) {
      event.preventDefault();
    }
  });

  const button = form.elements.namedItem("_test");
  const test = async () => {
    const body = new FormData(form);
    body.set("_test", "1");
    button.disabled = true;
    try {
      const answer = await fetch(window.location.href, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const box = page.querySelector("#test [role=status]");
      if (!answer.ok || !box) {
        throw new Error(answer.statusText);
      }
      document.querySelector("#test [role=status]").replaceChildren(...box.childNodes);
    } finally {
      button.disabled = false;
    }
  };
  let scripted = true;
  const testOrPost = () => {
    test().catch(() => {
      scripted = false;
      form.requestSubmit(button);
    });
  };
  form.addEventListener("submit", (event) => {
    if (scripted && button && event.submitter === button) {
      event.preventDefault();
      testOrPost();
      return;
    }
    leaving = true;
  });
  const address = form.elements.namedItem("test_address");
  if (address && button) {
    // Enter would press the first button of the page, which saves.
    address.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        testOrPost();
      }
    });
  }
})();
