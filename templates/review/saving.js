// Saves edits one after the other. What is not in the file yet is also in localStorage, so that a crash of the server or of the
// browser loses nothing: the next page of the same episode sends it again.

const DELAY_MS = 250; // between the first keystroke that is not saved and its request
const RETRY_MS = 1000;

const plain = ({ start, end, speaker, text }) => ({ start, end, speaker, text: text.trim().replace(/\s+/g, " ") });
export const isEqual = (one, other) =>
  one.length === other.length &&
  one.every((cue, at) => JSON.stringify(plain(cue)) === JSON.stringify(plain(other[at])));

export const post = async (path, body) => {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, body: isJson ? await response.json() : { message: await response.text() } };
};

export class Saver {
  #edits = [];
  #isSending = false;
  #timer = 0;

  constructor(slug, { onSaved, onConflict, onRefused, onState }) {
    this.stored = `weerslag-review-unsaved-${slug}`;
    Object.assign(this, { onSaved, onConflict, onRefused, onState });
  }

  get isIdle() {
    return !this.#edits.length;
  }

  /** Edits of an earlier page that did not reach the file. */
  takeUnsaved() {
    try {
      return JSON.parse(localStorage.getItem(this.stored) ?? "[]");
    } catch {
      return [];
    }
  }

  /** Saves that the cues `old` became `now`. */
  push(old, now) {
    const edit = { old: old.map(plain), now: now.map(plain) };
    const last = this.#edits.at(-1);
    if (last && !(this.#isSending && this.#edits.length === 1) && isEqual(last.now, edit.old)) last.now = edit.now;
    else this.#edits.push(edit);
    this.#keep();
    this.onState("saving");
    if (!this.#timer) this.#timer = setTimeout(() => this.send(), DELAY_MS);
  }

  /** Sends everything now; resolves when nothing is waiting, or the server cannot be reached. */
  async send() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#isSending) {
      while (this.#isSending) await new Promise((done) => setTimeout(done, 10));
      return this.isIdle || this.send();
    }
    this.#isSending = true;
    try {
      while (this.#edits.length) {
        const { old, now } = this.#edits[0];
        const { status, body } = await post("api/cues", { old, new: now });
        if (status === 403 || status >= 500) { // a new server with another session, a full disk: the edit is kept
          this.#retry(body.message);
          return false;
        }
        this.#edits.shift();
        if (status === 200) this.onSaved({ old, now }, body);
        else this.#giveUp(status, body, { old, now });
        this.#keep();
      }
      return true;
    } catch {
      this.#retry("");
      return false;
    } finally {
      this.#isSending = false;
      if (this.#edits.length && !this.#timer) this.#timer = setTimeout(() => this.send(), RETRY_MS);
    }
  }

  #retry(message) {
    this.onState("unreachable", message);
    this.#timer = setTimeout(() => this.send(), RETRY_MS);
  }

  /** Hands an edit back with all that were based on it. */
  #giveUp(status, body, edit) {
    while (this.#edits.length && isEqual(this.#edits[0].old, edit.now)) edit.now = this.#edits.shift().now;
    if (status === 409) this.onConflict(edit, body);
    else this.onRefused(edit, body); // the files do not allow it
  }

  #keep() {
    if (this.#edits.length) localStorage.setItem(this.stored, JSON.stringify(this.#edits));
    else localStorage.removeItem(this.stored);
  }
}
