// Gives each rich text editor the name of its field: the library leaves it without one, so that a screen reader says
// "edit text" and nothing else. The editors are built after the page, one by one.
"use strict";

function nameEditors() {
  for (const area of document.querySelectorAll("textarea[id]")) {
    const editor = area.parentElement.querySelector(".tiptap:not([aria-label])");
    const label = document.querySelector(`label[for="${CSS.escape(area.id)}"]`);
    if (editor && label) {
      editor.setAttribute("aria-label", label.textContent.trim().replace(/:$/, ""));
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  nameEditors();
  new MutationObserver(nameEditors).observe(document.body, { childList: true, subtree: true });
});
