// The player of an episode: the waveform as seek bar, and the transcript that follows the audio. The native audio element plays;
// without this script its own controls are visible.
"use strict";

(() => {
  const audio = document.querySelector("audio");
  if (!audio) return;
  const byId = (id) => document.getElementById(id);
  const cues = [...document.querySelectorAll(".cue")];
  const chapters = [...document.querySelectorAll("[data-chapter]")];
  const cueStarts = cues.map((cue) => Number(cue.dataset.start));
  const chapterStarts = chapters.map((chapter) => Number(chapter.dataset.chapter));
  const seekBar = byId("seek");
  const duration = Number(seekBar.max);
  const follow = byId("follow");

  /** Index of the last of the sorted ``starts`` that is not after ``time``, or -1. */
  const findCurrentIndex = (starts, time) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= time + 0.05) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  const formatTimeCode = (time) => {
    const seconds = Math.floor(time);
    const pad = (number) => String(number).padStart(2, "0");
    const [hours, minutes, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return hours ? `${hours}:${pad(minutes)}:${pad(second)}` : `${minutes}:${pad(second)}`;
  };

  /** Returns a function that marks the current one of ``elements``; focus and scroll position do not change. */
  const createMarker = (elements, starts, onChange) => {
    let current = -1;
    return (time) => {
      const index = findCurrentIndex(starts, time);
      if (index === current) return;
      elements[current]?.removeAttribute("aria-current");
      elements[index]?.setAttribute("aria-current", "true");
      current = index;
      onChange(elements[index]);
    };
  };

  const scrollTo = (cue) => {
    const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
    cue?.scrollIntoView({ block: "center", behavior: reducedMotion ? "auto" : "smooth" });
  };

  const markers = [
    createMarker(cues, cueStarts, (cue) => follow?.checked && scrollTo(cue)),
    createMarker(chapters, chapterStarts, (chapter) => {
      byId("current-chapter").textContent = chapter?.lastElementChild.textContent ?? "";
    }),
  ];

  const showTime = (time) => {
    markers.forEach((mark) => mark(time));
    byId("current-time").textContent = formatTimeCode(time);
    seekBar.parentElement.classList.toggle("started", time > 0);
    seekBar.parentElement.style.setProperty("--progress", duration ? Math.min(1, time / duration) : 0);
    if (document.activeElement !== seekBar) updateSeekBar(time); // or a screen reader would announce every second
  };

  /** Moves the seek bar to ``time``, and updates its text for screen readers. */
  const updateSeekBar = (time) => {
    seekBar.value = String(Math.floor(time));
    const text = seekBar.dataset.valueText.replace("{time}", formatTimeCode(time)).replace("{total}", formatTimeCode(duration));
    const chapter = byId("current-chapter").textContent;
    seekBar.setAttribute("aria-valuetext", chapter ? `${text}, ${chapter}` : text);
  };

  let wantedAt = 0; // where to play as soon as the browser can seek
  let isLoadingWhole = false;

  /** Without byte ranges (HTTP 206) a browser can only play from the start. */
  const canSeek = () => audio.readyState === 0 || (audio.seekable.length > 0 && audio.seekable.end(audio.seekable.length - 1) > 0);

  /** Loads the whole file once: the browser can seek in memory. */
  const loadWhole = async () => {
    if (isLoadingWhole) return;
    isLoadingWhole = true;
    try {
      const response = await fetch(audio.currentSrc);
      if (!response.ok) return;
      const source = URL.createObjectURL(await response.blob());
      const [isPlaying, rate] = [!audio.paused, audio.playbackRate];
      audio.src = source;
      audio.playbackRate = rate; // loading resets it
      audio.currentTime = wantedAt;
      if (isPlaying) play();
    } catch {
      isLoadingWhole = false; // offline: the next attempt may succeed
    }
  };

  const seek = (time) => {
    wantedAt = Math.max(0, Math.min(time, audio.duration || duration));
    if (canSeek()) audio.currentTime = wantedAt; // before loading: the start position
    else loadWhole();
    showTime(wantedAt);
    updateSeekBar(wantedAt);
  };

  audio.addEventListener("loadedmetadata", () => {
    if (wantedAt > 0 && !canSeek()) loadWhole();
  });

  const play = () => audio.play().catch(() => {}); // browsers may block playback that the user did not start

  const parseHash = (hash) => {
    const match = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
    return match ? Number(match[1]) : null;
  };

  /** The exact start of the element with the anchor of this second, because anchors are whole seconds. */
  const resolveAnchor = (time) => Number(byId(`t=${time}`)?.dataset.start ?? time);

  // Links and cues

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a");
    const time = link ? parseHash(link.getAttribute("href") ?? "") : null;
    if (time !== null) {
      event.preventDefault();
      history.replaceState(null, "", link.getAttribute("href"));
      seek(resolveAnchor(time));
      play();
      return;
    }
    const cue = event.target.closest(".cue");
    if (cue && String(getSelection()) === "") {
      seek(Number(cue.dataset.start));
      play();
    }
  });

  const openHash = () => {
    const time = parseHash(location.hash);
    if (time === null) return;
    seek(resolveAnchor(time));
    const cue = cues[findCurrentIndex(cueStarts, time)];
    if (cue && !byId(location.hash.slice(1))) cue.scrollIntoView({ block: "center" });
  };

  // Controls

  const playButton = byId("play");
  const labels = { play: playButton.textContent, pause: playButton.dataset.pause };
  playButton.addEventListener("click", () => (audio.paused ? play() : audio.pause()));
  for (const kind of ["play", "pause"]) {
    audio.addEventListener(kind, () => {
      playButton.textContent = audio.paused ? labels.play : labels.pause;
    });
  }
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => seek(audio.currentTime + Number(button.dataset.step)));
  }
  byId("speed").addEventListener("change", (event) => {
    audio.playbackRate = Number(event.target.value);
  });

  seekBar.addEventListener("input", () => seek(Number(seekBar.value)));
  seekBar.addEventListener("keydown", (event) => {
    const index = findCurrentIndex(chapterStarts, audio.currentTime);
    const target = { PageDown: chapterStarts[index - 1] ?? 0, PageUp: chapterStarts[index + 1] ?? duration }[event.key];
    const offset = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
    if (target === undefined && offset === undefined) return;
    event.preventDefault();
    seek(target ?? audio.currentTime + offset);
  });

  follow?.addEventListener("change", () => follow.checked && scrollTo(cues[findCurrentIndex(cueStarts, audio.currentTime)]));
  for (const kind of ["wheel", "touchmove"]) {
    addEventListener(kind, () => follow && (follow.checked = false), { passive: true }); // scrolling by hand stops following
  }

  const status = byId("player-status");
  const share = byId("share");
  if (share) share.hidden = !navigator.clipboard; // the clipboard needs a secure context
  share?.addEventListener("click", async () => {
    await navigator.clipboard.writeText(`${share.dataset.address}#t=${Math.floor(audio.currentTime)}`);
    status.textContent = share.dataset.done;
    setTimeout(() => (status.textContent = ""), 3000);
  });

  const showError = () => {
    status.textContent = status.dataset.error;
  };
  audio.querySelector("source:last-of-type")?.addEventListener("error", showError);
  if (audio.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) showError(); // it failed before the listener was added

  if ("mediaSession" in navigator) {
    navigator.mediaSession.metadata = new MediaMetadata({ title: document.querySelector("h1").textContent.replaceAll("\u00ad", "").trim() });
    navigator.mediaSession.setActionHandler("seekbackward", () => seek(audio.currentTime - 15));
    navigator.mediaSession.setActionHandler("seekforward", () => seek(audio.currentTime + 30));
  }

  // Sleep timer and volume

  let stopsAt = () => false;
  byId("sleep")?.addEventListener("change", (event) => {
    const { value } = event.target;
    const deadline = Date.now() + Number(value) * 60_000;
    const chapterEnd = chapterStarts[findCurrentIndex(chapterStarts, audio.currentTime) + 1] ?? Infinity;
    stopsAt = { "": () => false, chapter: () => audio.currentTime >= chapterEnd }[value] ?? (() => Date.now() >= deadline);
  });
  const stopIfDue = () => {
    if (audio.paused || !stopsAt()) return;
    audio.pause();
    byId("sleep").value = "";
    stopsAt = () => false;
  };
  byId("volume")?.addEventListener("input", (event) => {
    audio.volume = Number(event.target.value);
  });

  // The position, which stays on this device

  const remember = byId("remember");
  const SAVE_EVERY_S = 5;
  const MIN_RESUME_S = 15; // near the start or the end there is nothing to resume
  const OFF_KEY = "weerslag-positions-off";
  const positionKey = `weerslag-position ${remember?.dataset.episode}`;
  let savedAt = 0;

  /** Local storage, or nothing if the browser forbids it. */
  const useStorage = (use) => {
    try {
      return use(localStorage);
    } catch {
      return null;
    }
  };
  const savePosition = () => {
    if (!remember?.checked) return;
    savedAt = audio.currentTime;
    const resumable = savedAt >= MIN_RESUME_S && savedAt <= duration - MIN_RESUME_S;
    useStorage((storage) => (resumable ? storage.setItem(positionKey, savedAt.toFixed(1)) : storage.removeItem(positionKey)));
  };
  const resume = () => {
    const saved = Number(useStorage((storage) => storage.getItem(positionKey)));
    if (!remember?.checked || !saved) return;
    seek(saved);
    status.textContent = remember.dataset.resumed.replace("{time}", formatTimeCode(saved));
  };
  if (remember) {
    remember.checked = useStorage((storage) => !storage.getItem(OFF_KEY)) ?? false;
    remember.addEventListener("change", () => {
      useStorage((storage) => {
        if (remember.checked) return storage.removeItem(OFF_KEY);
        storage.setItem(OFF_KEY, "1");
        for (const key of Object.keys(storage)) if (key.startsWith("weerslag-position ")) storage.removeItem(key);
      });
      savePosition();
    });
    audio.addEventListener("pause", savePosition);
    addEventListener("pagehide", () => audio.played.length && savePosition());
  }

  // Search in the transcript

  const search = byId("search");
  const normalise = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/\s+/g, " ").trim().toLowerCase();
  const texts = cues.map((cue) => normalise(cue.textContent));
  let matches = []; // indexes of cues
  let current = -1; // index in matches

  const showMatch = (offset, scroll) => {
    cues[matches[current]]?.classList.remove("current-match");
    current = (current + offset + matches.length) % matches.length;
    const cue = cues[matches[current]];
    cue.classList.add("current-match");
    if (scroll) scrollTo(cue);
    const { position, listen } = search.dataset;
    byId("search-status").textContent = position.replace("{number}", current + 1).replace("{count}", matches.length);
    byId("search-play").textContent = listen.replace("{time}", formatTimeCode(Number(cue.dataset.start)));
  };

  const findMatches = () => {
    const query = normalise(byId("search-input").value);
    for (const cue of document.querySelectorAll(".match, .current-match")) cue.classList.remove("match", "current-match");
    matches = query.length > 1 ? [...texts.keys()].filter((index) => texts[index].includes(query)) : [];
    matches.forEach((index) => cues[index].classList.add("match"));
    current = -1;
    byId("search-next").hidden = byId("search-play").hidden = !matches.length;
    if (matches.length) showMatch(1, false); // no scrolling: the input stays visible while the reader types
    else byId("search-status").textContent = query.length > 1 ? search.dataset.none : "";
  };

  byId("search-input")?.addEventListener("input", findMatches);
  byId("search-input")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && matches.length) showMatch(event.shiftKey ? -1 : 1, true);
  });
  byId("search-next")?.addEventListener("click", () => showMatch(1, true));
  byId("search-play")?.addEventListener("click", () => {
    seek(Number(cues[matches[current]].dataset.start));
    play();
  });

  audio.controls = false;
  for (const element of [seekBar, byId("controls"), search]) if (element) element.hidden = false;
  document.documentElement.classList.add("has-player");
  audio.addEventListener("timeupdate", () => {
    showTime(audio.currentTime);
    stopIfDue();
    if (!audio.paused && Math.abs(audio.currentTime - savedAt) >= SAVE_EVERY_S) savePosition();
  });
  window.addEventListener("hashchange", openHash);
  if (parseHash(location.hash) === null) resume();
  openHash();
})();
