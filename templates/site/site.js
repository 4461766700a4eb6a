// Buttons that copy an address, and what is shown from or until a time on the clock of the reader: an event that is over,
// a registration that is closed. Without this script pages show what was true when they were built.
"use strict";

(() => {
  const now = Date.now();
  for (const element of document.querySelectorAll("[data-from]")) element.hidden = now < Date.parse(element.dataset.from);
  for (const element of document.querySelectorAll("[data-until]")) element.hidden = now >= Date.parse(element.dataset.until);
  for (const button of document.querySelectorAll("button[data-copy-target]")) {
    const link = document.getElementById(button.dataset.copyTarget);
    if (!link || !navigator.clipboard) continue; // the clipboard needs a secure context
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(link.dataset.copy);
      button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
    });
  }
})();
