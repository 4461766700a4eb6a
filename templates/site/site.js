// Buttons that copy an address. Pages work without this script.
"use strict";

(() => {
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
