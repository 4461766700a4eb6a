// The player of an episode: the trace as seek bar, the transcript that follows. The native player does the playing, and
// stands there itself where this script does not run.
"use strict";

(() => {
  const audio = document.querySelector("audio");
  if (!audio) return;
  const byId = (id) => document.getElementById(id);
  const lines = [...document.querySelectorAll(".line")];
  const chapters = [...document.querySelectorAll("[data-chapter]")];
  const lineStarts = lines.map((line) => Number(line.dataset.from));
  const chapterStarts = chapters.map((chapter) => Number(chapter.dataset.chapter));
  const bar = byId("seek");
  const length = Number(bar.max);
  const follow = byId("follow");

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

  const clock = (time) => {
    const whole = Math.floor(time);
    const two = (number) => String(number).padStart(2, "0");
    const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  };

  /** Marks one of ``elements`` at a time; focus and the place on the page stay with the reader. */
  const marker = (elements, starts, then) => {
    let marked = -1;
    return (time) => {
      const index = lastBefore(starts, time);
      if (index === marked) return;
      elements[marked]?.removeAttribute("aria-current");
      elements[index]?.setAttribute("aria-current", "true");
      marked = index;
      then(elements[index]);
    };
  };

  const scrollTo = (line) => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    line?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  };

  const markers = [
    marker(lines, lineStarts, (line) => follow?.checked && scrollTo(line)),
    marker(chapters, chapterStarts, (chapter) => {
      byId("chapter").textContent = chapter?.lastElementChild.textContent ?? "";
    }),
  ];

  const show = (time) => {
    markers.forEach((mark) => mark(time));
    byId("heard").textContent = clock(time);
    bar.parentElement.classList.toggle("started", time > 0);
    bar.parentElement.style.setProperty("--heard", length ? Math.min(1, time / length) : 0);
    if (document.activeElement !== bar) say(time); // or a screen reader would read each second aloud
  };

  /** Puts the seek bar at ``time``, in words too. */
  const say = (time) => {
    bar.value = String(Math.floor(time));
    const place = bar.dataset.of.replace("{time}", clock(time)).replace("{total}", clock(length));
    const chapter = byId("chapter").textContent;
    bar.setAttribute("aria-valuetext", chapter ? `${place}, ${chapter}` : place);
  };

  const seek = (time) => {
    audio.currentTime = Math.max(0, Math.min(time, audio.duration || length)); // before it is loaded: where it will begin
    show(audio.currentTime);
    say(audio.currentTime);
  };

  const play = () => audio.play().catch(() => {}); // a browser may refuse to begin by itself

  const timeIn = (hash) => {
    const match = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
    return match ? Number(match[1]) : null;
  };

  /** An address counts in whole seconds; what begins within that second is what was meant. */
  const exact = (time) => Number(byId(`t=${time}`)?.dataset.from ?? time);

  // ------------------------------------------------------------------------------------------------- links and lines

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a");
    const time = link ? timeIn(link.getAttribute("href") ?? "") : null;
    if (time !== null) {
      event.preventDefault();
      history.replaceState(null, "", link.getAttribute("href"));
      seek(exact(time));
      play();
      return;
    }
    const line = event.target.closest(".line");
    if (line && String(getSelection()) === "") {
      seek(Number(line.dataset.from));
      play();
    }
  });

  const open = () => {
    const time = timeIn(location.hash);
    if (time === null) return;
    seek(exact(time));
    const line = lines[lastBefore(lineStarts, time)];
    if (line && !byId(location.hash.slice(1))) line.scrollIntoView({ block: "center" });
  };

  // --------------------------------------------------------------------------------------------------- the controls

  const button = byId("play");
  const words = { play: button.textContent, pause: button.dataset.pause };
  button.addEventListener("click", () => (audio.paused ? play() : audio.pause()));
  for (const kind of ["play", "pause"]) {
    audio.addEventListener(kind, () => {
      button.textContent = audio.paused ? words.play : words.pause;
    });
  }
  for (const step of document.querySelectorAll("[data-step]")) {
    step.addEventListener("click", () => seek(audio.currentTime + Number(step.dataset.step)));
  }
  byId("speed").addEventListener("change", (event) => {
    audio.playbackRate = Number(event.target.value);
  });

  bar.addEventListener("input", () => seek(Number(bar.value)));
  bar.addEventListener("keydown", (event) => {
    const here = lastBefore(chapterStarts, audio.currentTime);
    const to = { PageDown: chapterStarts[here - 1] ?? 0, PageUp: chapterStarts[here + 1] ?? length }[event.key];
    const by = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
    if (to === undefined && by === undefined) return;
    event.preventDefault();
    seek(to ?? audio.currentTime + by);
  });

  follow?.addEventListener("change", () => follow.checked && scrollTo(lines[lastBefore(lineStarts, audio.currentTime)]));
  for (const kind of ["wheel", "touchmove"]) {
    addEventListener(kind, () => follow && (follow.checked = false), { passive: true }); // who scrolls wants to be elsewhere
  }

  const share = byId("share");
  share.hidden = !navigator.clipboard; // only a secure page may use the clipboard
  share.addEventListener("click", async () => {
    await navigator.clipboard.writeText(`${share.dataset.address}#t=${Math.floor(audio.currentTime)}`);
    byId("told").textContent = share.dataset.done;
    setTimeout(() => (byId("told").textContent = ""), 3000);
  });

  const broken = () => {
    byId("told").textContent = byId("told").dataset.broken;
  };
  audio.querySelector("source:last-of-type")?.addEventListener("error", broken);
  if (audio.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) broken(); // it failed before we listened

  if ("mediaSession" in navigator) {
    navigator.mediaSession.metadata = new MediaMetadata({ title: document.querySelector("h1").textContent.trim() });
    navigator.mediaSession.setActionHandler("seekbackward", () => seek(audio.currentTime - 15));
    navigator.mediaSession.setActionHandler("seekforward", () => seek(audio.currentTime + 30));
  }

  // ------------------------------------------------------------------------------------------ searching the transcript

  const search = byId("search");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/\s+/g, " ").trim().toLowerCase();
  const texts = lines.map((line) => plain(line.textContent));
  let hits = [];
  let hit = -1;

  const step = (by, scroll) => {
    lines[hits[hit]]?.classList.remove("here");
    hit = (hit + by + hits.length) % hits.length;
    const line = lines[hits[hit]];
    line.classList.add("here");
    if (scroll) scrollTo(line);
    byId("found").textContent = search.dataset.place.replace("{place}", hit + 1).replace("{count}", hits.length);
    byId("from").textContent = search.dataset.listen.replace("{time}", clock(Number(line.dataset.from)));
  };

  const find = () => {
    const asked = plain(byId("words").value);
    for (const line of document.querySelectorAll(".found, .here")) line.classList.remove("found", "here");
    hits = asked.length > 1 ? [...texts.keys()].filter((index) => texts[index].includes(asked)) : [];
    hits.forEach((index) => lines[index].classList.add("found"));
    hit = -1;
    byId("onward").hidden = byId("from").hidden = !hits.length;
    if (hits.length) step(1, false); // the field stays on the screen while somebody types in it
    else byId("found").textContent = asked.length > 1 ? search.dataset.none : "";
  };

  byId("words")?.addEventListener("input", find);
  byId("words")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && hits.length) step(event.shiftKey ? -1 : 1, true);
  });
  byId("onward")?.addEventListener("click", () => step(1, true));
  byId("from")?.addEventListener("click", () => {
    seek(Number(lines[hits[hit]].dataset.from));
    play();
  });

  audio.controls = false;
  for (const part of [bar, byId("controls"), search]) if (part) part.hidden = false;
  document.documentElement.classList.add("seekable");
  audio.addEventListener("timeupdate", () => show(audio.currentTime));
  window.addEventListener("hashchange", open);
  open();
})();
