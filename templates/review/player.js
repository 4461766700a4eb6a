// Plays the recording, and knows which stretch was played without a gap.

const TICK_MS = 40;

export class Player {
  #heardFrom = 0;
  #timer = 0;

  constructor(audio, onTick) {
    this.audio = audio;
    this.onTick = onTick;
    audio.addEventListener("seeking", () => { this.#heardFrom = audio.currentTime; });
    audio.addEventListener("play", () => { this.#timer ||= setInterval(() => this.tick(), TICK_MS); });
    for (const name of ["pause", "ended"]) {
      audio.addEventListener(name, () => {
        clearInterval(this.#timer);
        this.#timer = 0;
        this.tick();
      });
    }
    audio.addEventListener("seeked", () => this.tick());
  }

  get timeMs() {
    return this.audio.currentTime * 1000;
  }

  /** Whether the stretch between two times was played to its end, at most a quarter of a second short. */
  hasHeard(startMs, endMs) {
    const short = Math.min(250, (endMs - startMs) / 4);
    const isAtEnd = this.audio.ended && endMs > this.timeMs;
    return this.#heardFrom * 1000 <= startMs + short && (this.timeMs >= endMs - 60 || isAtEnd);
  }

  seek(ms, play) {
    this.audio.currentTime = Math.max(0, ms / 1000);
    if (play) this.audio.play();
  }

  toggle() {
    if (this.audio.paused) this.audio.play();
    else this.audio.pause();
  }

  tick() {
    this.onTick(this.timeMs);
  }
}
