// Plays the same place of the recording and of the master at once, one of them muted, so that switching has no gap.
"use strict";

(() => {
  const section = document.getElementById("compare");
  if (!section) return;
  const sides = Object.fromEntries([...section.querySelectorAll("audio")].map((audio) => [audio.dataset.side, audio]));
  const { recording, master } = sides;
  const buttons = [...section.querySelectorAll("button[data-start]")];
  const meter = section.querySelector("progress");
  const status = section.querySelector("[role=status]");
  let place = null; // the button of the place that plays

  const getAudible = () => sides[section.querySelector("input[name=side]:checked").value];
  const getMuted = () => (getAudible() === master ? recording : master);

  const seek = (time) => {
    for (const audio of [recording, master]) audio.currentTime = time;
  };

  const select = () => {
    getMuted().muted = true;
    getAudible().muted = false;
    getAudible().playbackRate = 1;
  };

  /** Lets the muted side catch up or wait: browsers start two files some hundredths of a second apart. */
  const align = () => {
    const lag = getAudible().currentTime - getMuted().currentTime;
    getMuted().playbackRate = Math.max(0.8, Math.min(1.2, 1 + 2 * lag));
  };

  const stop = () => {
    recording.pause();
    master.pause();
    place?.setAttribute("aria-pressed", "false");
    place = null;
    meter.value = 0;
  };

  const start = async (button) => {
    stop();
    place = button;
    button.setAttribute("aria-pressed", "true");
    status.textContent = "";
    select();
    seek(Number(button.dataset.start));
    try {
      await Promise.all([recording.play(), master.play()]);
    } catch {
      if (place === button) stop();
      if (recording.error || master.error) status.textContent = status.dataset.error;
    }
  };

  master.addEventListener("timeupdate", () => {
    if (!place) return;
    const [from, length] = [Number(place.dataset.start), Number(place.dataset.length)];
    const time = master.currentTime - from;
    meter.value = Math.max(0, Math.min(1, time / length));
    if (time >= length) seek(from); // again, until the listener stops it
    else align();
  });
  for (const audio of [recording, master]) {
    audio.controls = false;
    audio.addEventListener("ended", () => place && start(place));
  }
  for (const button of buttons) button.addEventListener("click", () => (place === button ? stop() : start(button)));
  for (const input of section.querySelectorAll("input[name=side]")) input.addEventListener("change", select);
  section.classList.add("ready");
})();
