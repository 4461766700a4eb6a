// Makes the pages more comfortable; everything that is said and heard works without it.
"use strict";

(() => {
  for (const button of document.querySelectorAll("button[data-copies]")) {
    const link = document.getElementById(button.dataset.copies);
    if (!link || !navigator.clipboard) continue; // only a secure page may use the clipboard
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(link.dataset.copy);
      button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
    });
  }
})();
