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

  const audio = document.querySelector("audio");
  if (!audio) return;

  const lines = [...document.querySelectorAll(".line")];
  const chapters = [...document.querySelectorAll("[data-chapter]")];
  const lineStarts = lines.map((line) => Number(line.dataset.from));
  const chapterStarts = chapters.map((chapter) => Number(chapter.dataset.chapter));

  /** The last of ``starts`` (in order) that is not after ``time``, or -1. */
  const lastBefore = (starts, time) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= time + 0.05) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  /** Marks one of ``elements`` at a time; focus and the place on the page stay with the reader. */
  const marker = (elements, starts) => {
    let marked = -1;
    return (time) => {
      const index = lastBefore(starts, time);
      if (index === marked) return;
      elements[marked]?.removeAttribute("aria-current");
      elements[index]?.setAttribute("aria-current", "true");
      marked = index;
    };
  };

  const markers = [marker(lines, lineStarts), marker(chapters, chapterStarts)];
  const show = (time) => markers.forEach((mark) => mark(time));

  const seek = (time) => {
    audio.currentTime = time; // before the sound is loaded this sets where it will begin
    show(time);
  };

  const timeIn = (hash) => {
    const match = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
    return match ? Number(match[1]) : null;
  };

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a");
    const time = link ? timeIn(link.getAttribute("href") ?? "") : null;
    if (time !== null) {
      event.preventDefault();
      history.replaceState(null, "", link.getAttribute("href"));
      seek(exact(time));
      audio.play().catch(() => {}); // a browser may refuse to begin by itself
      return;
    }
    const line = event.target.closest(".line");
    if (line && String(getSelection()) === "") {
      seek(Number(line.dataset.from));
      audio.play().catch(() => {});
    }
  });

  /** An address counts in whole seconds; what begins within that second is what was meant. */
  const exact = (time) => Number(document.getElementById(`t=${time}`)?.dataset.from ?? time);

  const open = () => {
    const time = timeIn(location.hash);
    if (time === null) return;
    seek(exact(time));
    const line = lines[lastBefore(lineStarts, time)];
    if (line && !document.getElementById(location.hash.slice(1))) line.scrollIntoView({ block: "center" });
  };

  document.documentElement.classList.add("seekable");
  audio.addEventListener("timeupdate", () => show(audio.currentTime));
  window.addEventListener("hashchange", open);
  open();
})();
