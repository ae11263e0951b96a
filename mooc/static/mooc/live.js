// The counts of an e-mail renew themselves while it is being sent. Without this script, load the page again.
"use strict";

(() => {
  const LEAST = 2000; // milliseconds between two questions
  const MOST = 60000;
  const SHARE = 10; // a large course takes the database longer: it is asked at most a tenth of the time
  const here = () => document.querySelector(".standing[data-renew]");
  const first = here();
  if (!first) {
    return;
  }
  const shown = first.dataset.shown;
  let wait = LEAST;

  const renew = async () => {
    const old = here();
    const begun = Date.now();
    const answer = await fetch(old.dataset.renew, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) {
      throw new Error(answer.statusText);
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".standing");
    if (!fresh) {
      throw new Error("no counts");
    }
    wait = Math.min(Math.max(LEAST, SHARE * (Date.now() - begun)), MOST);
    if (fresh.dataset.shown !== shown && !document.getElementById("id_subject")) {
      // Other buttons belong to the new state. Nobody has typed anything: an e-mail that is being sent is only shown.
      window.location.reload();
      return;
    }
    old.replaceWith(document.adoptNode(fresh));
  };

  const later = () => {
    window.setTimeout(async () => {
      if (!document.hidden) {
        try {
          await renew();
        } catch {
          wait = Math.min(wait * 2, MOST);
        }
      }
      if (here()) {
        later();
      }
    }, wait);
  };
  later();
})();
