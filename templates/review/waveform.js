// Draws the waveform around the chosen cue, with the edges of cues and the place that plays.

const MARGIN_MS = 2000;

export class WaveformView {
  #peaks = new Uint8Array();
  #from = 0;
  #to = 1;

  constructor(canvas, peaksPerS, onSeek) {
    this.canvas = canvas;
    this.peaksPerS = peaksPerS;
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      onSeek(this.#from + ((event.clientX - box.left) / box.width) * (this.#to - this.#from));
    });
  }

  async load(path) {
    this.#peaks = new Uint8Array(await (await fetch(path)).arrayBuffer());
  }

  draw(cue, cues, timeMs) {
    const { width, height } = this.canvas;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const context = this.canvas.getContext("2d");
    this.#from = Math.max(0, cue.start - MARGIN_MS);
    this.#to = cue.end + MARGIN_MS;
    const place = (ms) => ((ms - this.#from) / (this.#to - this.#from)) * width;
    context.clearRect(0, 0, width, height);
    context.fillStyle = colour("--rule");
    context.fillRect(place(cue.start), 0, place(cue.end) - place(cue.start), height);
    context.fillStyle = colour("--grey");
    for (let x = 0; x < width; x += 3) {
      const first = Math.floor(((this.#from + (x / width) * (this.#to - this.#from)) / 1000) * this.peaksPerS);
      const bar = ((this.#peaks[first] ?? 0) / 255) * height;
      context.fillRect(x, (height - bar) / 2, 2, Math.max(bar, 1));
    }
    context.fillStyle = colour("--ink");
    for (const one of cues) {
      if (one.end > this.#from && one.start < this.#to) for (const at of [one.start, one.end]) context.fillRect(place(at) - 1, 0, 2, height);
    }
    context.fillStyle = colour("--open");
    context.fillRect(place(timeMs) - 2, 0, 4, height);
  }
}
