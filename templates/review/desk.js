// The transcript editor: what the keys and buttons do, what was heard, and what the page shows.
import { buildCue, buildForm, buildOthers, buildTools, formatTime, isOpen, parseTime, takeOther } from "./cues.js";
import { fillTable, findAction, resetKeys } from "./keys.js";
import { Player } from "./player.js";
import { isEqual, post, Saver } from "./saving.js";
import { WaveformView } from "./waveform.js";

const POLL_MS = 2000;
const STEP_MS = 3000;
const LIST_TOOLS = ["edit", "sign", "merge", "cut", "mute", "bleep", "remove"];
const FORM_TOOLS = ["leave", "sign", "split", "startHere", "endHere"];
const RANGE_KEYS = { cut: "cuts", mute: "mutes", bleep: "bleeps" };

const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts").textContent);
const { slug, peaksPerS } = document.body.dataset;
const list = byId("cues");

let cues = [];
let ranges = [];
let proposals = []; // cuts that the editor may want
let digest = "";
let version = "";
let active = 0; // index of the chosen cue
let isEditing = false;
let spoken = null; // the element of the word that is heard
let undone = JSON.parse(sessionStorage.getItem(`weerslag-review-undo-${slug}`) ?? "[]");
let conflict = null;

const player = new Player(byId("audio"), onTick);
const waveform = new WaveformView(byId("waveform"), Number(peaksPerS), (ms) => player.seek(ms, false));
const saver = new Saver(slug, {
  onSaved,
  onConflict,
  onRefused: (edit, body) => onConflict(edit, { ...body, cues: edit.old }),
  onState: (state, message = "") => showStatus([texts.status[state], message].filter(Boolean).join("\n"), state === "unreachable"),
});

// What the page shows

function showStatus(text, isWrong = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("wrong", isWrong);
}

function showProgress() {
  const total = cues.reduce((sum, cue) => sum + cue.end - cue.start, 0);
  const left = cues.filter(isOpen).reduce((sum, cue) => sum + cue.end - cue.start, 0);
  const minutes = Math.ceil(left / 60000);
  byId("left").textContent = left ? texts.left.replace("{left}", minutes).replace("{total}", Math.ceil(total / 60000)) : texts.ready;
  byId("progress").max = total || 1;
  byId("progress").value = total - left;
}

function render(index) {
  const item = buildCue(cues[index], texts, ranges);
  if (index === active) {
    item.tabIndex = 0;
    item.setAttribute("aria-current", "true");
    if (isEditing) {
      item.querySelector(".text").replaceWith(buildForm(cues[index], texts));
      item.append(buildTools(texts, FORM_TOOLS));
    } else item.append(...buildOthers(cues[index], texts), buildTools(texts, cues[index].others?.length ? [...LIST_TOOLS, "take"] : LIST_TOOLS));
  }
  return item;
}

function renderAll() {
  list.replaceChildren(...cues.map((_, index) => render(index)));
  list.setAttribute("aria-busy", "false");
  showProgress();
  drawWaveform();
}

function renderOne(index) {
  if (!cues[index]) return;
  const hadFocus = list.children[index]?.contains(document.activeElement);
  list.children[index].replaceWith(render(index));
  if (hadFocus) list.children[index].focus({ preventScroll: true });
}

function drawWaveform() {
  if (cues[active]) waveform.draw(cues[active], cues, player.timeMs);
}

/** Where the word that is heard begins in the text of a cue, twice: the caret of who stops there to edit. */
function findSpokenPlace(cue) {
  const isHeard = player.timeMs >= cue.start && player.timeMs < cue.end;
  const at = isHeard ? cue.words.findLastIndex(([, start]) => start <= player.timeMs) : 0;
  const place = cue.words.slice(0, Math.max(at, 0)).reduce((total, [word]) => total + word.length + 1, 0);
  return [place, place];
}

function choose(index, { edit = false, focus = true, field = "text" } = {}) {
  if (!cues[index]) return;
  const [before, was] = [active, isEditing];
  active = index;
  isEditing = edit;
  if (before !== index || was) renderOne(before);
  renderOne(index);
  const item = list.children[index];
  if (focus) (edit ? byId(field) : item).focus({ preventScroll: true });
  if (focus && edit && field === "text") byId("text").setSelectionRange(...findSpokenPlace(cues[index]));
  if (focus) item.scrollIntoView({ block: "nearest" });
  drawWaveform();
}

// Edits

function findRun(run) {
  return cues.findIndex((_, at) => isEqual(cues.slice(at, at + run.length), run));
}

/** Replaces cues on the page; their words get times from the server. */
function splice(old, now) {
  let at = old.length ? findRun(old) : cues.findIndex((cue) => cue.start > now[0].start);
  if (!old.length && at < 0) at = cues.length;
  if (at < 0) return -1;
  cues.splice(at, old.length, ...now);
  for (let count = 0; count < old.length; count += 1) list.children[at].remove();
  if (active >= at + old.length) active += now.length - old.length;
  else if (active >= at) active = Math.min(at, cues.length - 1);
  const next = list.children[at] ?? null;
  now.forEach((_, offset) => list.insertBefore(render(at + offset), next));
  showProgress();
  drawWaveform();
  return at;
}

const withoutTimes = (cue) => ({ ...cue, others: [], state: cue.state === "reviewed" ? "edited" : cue.state, words: cue.text.split(/\s+/).map((word) => [word, cue.start, 0]) });

function keepUndo(one) {
  undone = [...undone.slice(-199), one];
  sessionStorage.setItem(`weerslag-review-undo-${slug}`, JSON.stringify(undone));
}

function change(old, now, { isUndo = false, isTyped = false } = {}) {
  if (!isUndo) {
    const last = undone.at(-1);
    if (isTyped && last?.isTyped && isEqual(last.now, old)) keepUndo({ ...undone.pop(), now });
    else keepUndo({ old, now, isTyped });
  }
  saver.push(old, now);
}

function onSaved({ now }, body) {
  if (digest && body.before !== digest) reload(); // somebody else changed other cues
  else {
    digest = body.after;
    version = body.version;
    const at = findRun(now);
    if (at >= 0 && now.length) {
      body.cues.forEach((cue, offset) => {
        cues[at + offset] = cue;
        if (!(isEditing && active === at + offset)) renderOne(at + offset);
      });
    }
    showProgress();
  }
  if (saver.isIdle) showStatus(texts.status.saved);
}

/** Shows both versions of an edit that cannot be written; nothing that was typed disappears unseen. */
async function onConflict(edit, body) {
  if (isEqual(edit.now, body.cues)) { // another page saved the same words
    await reload();
    return showStatus(texts.status.saved);
  }
  conflict = { ...edit, theirs: body.cues };
  isEditing = false;
  await reload();
  showStatus("");
  byId("reason").textContent = body.message;
  const write = (run) => run.map((cue) => [cue.speaker, cue.text].filter(Boolean).join(": ")).join("\n") || "–";
  byId("mine").textContent = write(edit.now);
  byId("theirs").textContent = write(body.cues);
  return byId("conflict").showModal();
}

async function reload() {
  const response = await fetch("api/transcript");
  const body = await response.json();
  if (!response.ok) return showStatus(body.message, true);
  const chosen = cues[active];
  const area = isEditing ? byId("text") : null;
  const typed = area && { value: area.value, caret: area.selectionStart, isValid: Boolean(readForm()) };
  const focused = document.activeElement?.id;
  ({ cues, ranges, proposals, digest, version } = body);
  const same = chosen ? cues.findIndex((cue) => cue.start === chosen.start && cue.end === chosen.end) : -1;
  active = Math.max(0, same >= 0 ? same : Math.min(active, cues.length - 1));
  const isSameText = typed && same >= 0 && cues[same].text === typed.value.trim().replace(/\s+/g, " ");
  isEditing = Boolean(typed) && same >= 0 && (isSameText || !typed.isValid);
  const hadFocus = list.contains(document.activeElement);
  byId("people").replaceChildren(...body.people.map((name) => new Option(name)));
  renderAll();
  if (isEditing) {
    byId("text").value = typed.value;
    byId("text").setSelectionRange(typed.caret, typed.caret);
  }
  const chosenField = isEditing && ["text", "speaker", "start", "end"].includes(focused) ? byId(focused) : list.children[active];
  if (hadFocus) chosenField?.focus({ preventScroll: true });
  return undefined;
}

function readForm() {
  const cue = cues[active];
  const [start, end] = [parseTime(byId("start").value), parseTime(byId("end").value)];
  const text = byId("text").value.trim().replace(/\s+/g, " ");
  const isValid = text && end > start && start >= 0;
  return isValid ? { ...cue, text, speaker: byId("speaker").value.trim(), start, end } : null;
}

/** Takes over what was typed; false: it cannot be saved as it is. */
function takeForm() {
  if (!isEditing || !byId("text")) return true;
  const [cue, typed] = [cues[active], readForm()];
  if (!typed) {
    showStatus(texts.incomplete, true);
    return false;
  }
  if (isEqual([cue], [typed])) return true;
  cues[active] = withoutTimes(typed);
  change([cue], [cues[active]], { isTyped: true });
  showProgress();
  drawWaveform();
  return true;
}

function splitAtCaret() {
  const area = byId("text");
  const cue = cues[active];
  const [first, second] = [area.value.slice(0, area.selectionStart).trim(), area.value.slice(area.selectionStart).trim()];
  if (!first || !second || !takeForm()) return;
  const whole = cues[active];
  const word = cue.words[first.split(/\s+/).length];
  const isKnown = cue.words.length === whole.text.split(" ").length && word && word[1] > whole.start && word[1] < whole.end;
  const share = first.length / (first.length + second.length);
  const at = isKnown ? word[1] : Math.round(whole.start + (whole.end - whole.start) * share);
  if (at <= whole.start || at >= whole.end) return;
  const now = [withoutTimes({ ...whole, end: at, text: first }), withoutTimes({ ...whole, start: at, text: second })];
  isEditing = false;
  splice([whole], now);
  change([whole], now);
  choose(active + 1);
}

function mergeWithNext() {
  const [one, other] = [cues[active], cues[active + 1]];
  if (!other) return;
  const merged = withoutTimes({ ...one, end: Math.max(one.end, other.end), text: `${one.text} ${other.text}` });
  splice([one, other], [merged]);
  change([one, other], [merged]);
  choose(active);
}

/** Takes over the words of the second model, at the first place where it differs. */
function takeOtherWording() {
  const cue = cues[active];
  if (!cue.others?.length) return;
  const text = takeOther(cue);
  if (!text) return;
  const now = withoutTimes({ ...cue, text });
  splice([cue], [now]);
  change([cue], [now]);
  choose(active);
}

function removeCue() {
  const cue = cues[active];
  splice([cue], []);
  change([cue], []);
  choose(active);
}

function undo() {
  const last = undone.pop();
  if (!last) return;
  sessionStorage.setItem(`weerslag-review-undo-${slug}`, JSON.stringify(undone));
  if (last.range) return writeRange({ ...last.range, remove: !last.range.remove }, { isUndo: true });
  isEditing = false;
  const at = splice(last.now, last.old);
  if (at < 0) return showStatus(texts.noUndo, true);
  change(last.now, last.old, { isUndo: true });
  return choose(Math.min(at, cues.length - 1));
}

function renameSpeaker() {
  const [old, now] = [byId("rename-old").value.trim(), byId("rename-new").value.trim()];
  const before = cues;
  if (!old || !before.some((cue) => cue.speaker === old)) return showStatus(texts.noSpeaker, true);
  cues = before.map((cue) => (cue.speaker === old ? { ...cue, speaker: now } : cue));
  change(before, cues);
  byId("rename").close();
  renderAll();
  return choose(active);
}

function setTime(name) {
  if (isEditing) {
    byId(name).value = formatTime(player.timeMs, 3);
    takeForm();
    return;
  }
  const cue = cues[active];
  const now = withoutTimes({ ...cue, [name]: Math.round(player.timeMs) });
  if (now.end <= now.start) return showStatus(texts.incomplete, true);
  cues[active] = now;
  renderOne(active);
  drawWaveform();
  return change([cue], [now]);
}

// Review

const signing = new Set(); // starts of cues whose record is on its way
const isLeft = (cue) => isOpen(cue) && !signing.has(cue.start);

async function record(chosen, kind) {
  for (const cue of chosen) signing.add(cue.start);
  await saver.send();
  try {
    const digests = chosen.map((cue) => cues.find((one) => isEqual([one], [cue]))?.digest).filter(Boolean);
    if (!digests.length) return;
    const { status, body } = await post("api/reviews", { digests, kind });
    if (status !== 200) return showStatus(body.message, true);
    version = body.version;
    cues.forEach((cue, index) => {
      if (body.digests.includes(cue.digest) && cue.state !== "hidden") {
        cue.state = "reviewed";
        if (!(isEditing && index === active)) renderOne(index);
      }
    });
    showProgress();
  } catch {
    showStatus(texts.status.unreachable, true);
  } finally {
    for (const cue of chosen) signing.delete(cue.start);
  }
}

async function signAndContinue() {
  if (!takeForm()) return;
  const cue = cues[active];
  choose(Math.min(active + 1, cues.length - 1), { edit: isEditing });
  await record([cue], "signed");
}

function noteHeard() {
  const passed = cues.filter((cue, index) => isLeft(cue) && !(isEditing && index === active) && player.hasHeard(cue.start, cue.end));
  if (passed.length && saver.isIdle) record(passed, "heard");
}

/** Writes a cut, mute or bleep to episode.md, or removes it. */
async function writeRange(range, { isUndo = false } = {}) {
  await saver.send();
  try {
    const { status, body } = await post("api/ranges", range);
    if (status === 200 && !isUndo) keepUndo({ range });
    await reload();
    showStatus(status === 200 ? texts.status.saved : body.message, status !== 200);
  } catch {
    showStatus(texts.status.unreachable, true);
  }
}

function markRange(kind) {
  const cue = cues[active];
  const marked = ranges.find(([name, from, to]) => name === kind && from < cue.end && cue.start < to);
  const [, from, to] = marked ?? [kind, cue.start, cue.end];
  return writeRange({ key: RANGE_KEYS[kind], from, to, remove: Boolean(marked) });
}

function fillProposals() {
  const items = proposals.map(([from, to, kind, text]) => {
    const item = document.createElement("li");
    item.className = "row";
    const why = kind === "silence" ? texts.silence.replace("{seconds}", Math.round((to - from) / 1000)) : texts.falseStart.replace("{text}", text);
    item.append(`${formatTime(from)}–${formatTime(to)} · ${why} `);
    const add = (label, act) => {
      const button = item.appendChild(document.createElement("button"));
      button.type = "button";
      button.textContent = label;
      button.setAttribute("aria-label", `${label} ${formatTime(from)}`);
      button.addEventListener("click", act);
    };
    add(texts.listen, () => player.seek(from - STEP_MS / 2, true));
    add(texts.cutOut, async () => {
      await writeRange({ key: "cuts", from, to, remove: false });
      fillProposals();
      (byId("proposed").querySelector("button") ?? document.querySelector("#proposals [data-close]")).focus();
    });
    return item;
  });
  if (!items.length) items.push(Object.assign(document.createElement("li"), { textContent: texts.noProposals }));
  byId("proposed").replaceChildren(...items);
}

// Playing

function onTick(ms) {
  byId("time").textContent = formatTime(ms);
  byId("play").textContent = player.audio.paused ? texts.play : texts.pause;
  noteHeard();
  const cue = cues[active];
  if (byId("loop").checked && cue && !player.audio.paused && ms >= cue.end) return player.seek(cue.start, true);
  const index = cues.findIndex((one) => one.start <= ms && ms < one.end);
  if (index >= 0 && index !== active && !isEditing && !player.audio.paused) {
    choose(index, { focus: false }); // a screen reader would speak through the sound
    list.children[index].scrollIntoView({ block: "nearest" });
  }
  markSpoken(index, ms);
  const current = list.children[active];
  if (player.audio.paused && !isEditing && list.contains(document.activeElement) && !current.contains(document.activeElement)) {
    current.focus({ preventScroll: true });
  }
  return drawWaveform();
}

function markSpoken(index, ms) {
  const words = list.children[index]?.querySelectorAll(".word") ?? [];
  const word = [...words].filter((one) => Number(one.dataset.start) <= ms).at(-1) ?? null;
  if (word === spoken) return;
  spoken?.classList.remove("spoken");
  word?.classList.add("spoken");
  spoken = word;
}

function setSpeed(step) {
  const speed = byId("speed");
  speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + step, 0), speed.options.length - 1);
  player.audio.playbackRate = Number(speed.value);
}

/** Plays from the place of the caret while somebody types, else from where it stopped. */
function playFromCaret() {
  const area = byId("text");
  const isPlaceable = isEditing && document.activeElement === area && player.audio.paused;
  const at = isPlaceable ? area.value.slice(0, area.selectionStart).split(/\s+/).length - 1 : -1;
  const word = cues[active]?.words[at];
  const isOutside = player.timeMs < cues[active].start || player.timeMs >= cues[active].end;
  if (word) player.seek(word[1], true);
  else if (player.audio.paused && isOutside) player.seek(cues[active].start, true);
  else player.toggle();
}

const move = (step) => {
  if (takeForm()) choose(active + step, { edit: isEditing });
  if (player.audio.paused && cues[active]) player.seek(cues[active].start, false);
};

const ACTIONS = {
  play: playFromCaret,
  back: () => player.seek(player.timeMs - STEP_MS, false),
  forward: () => player.seek(player.timeMs + STEP_MS, false),
  previous: () => move(-1),
  next: () => move(1),
  nextOpen: () => {
    const after = cues.findIndex((cue, index) => index > active && isLeft(cue));
    const index = after >= 0 ? after : cues.findIndex(isLeft);
    if (index < 0 || !takeForm()) return;
    choose(index);
    player.seek(cues[index].start, !player.audio.paused);
  },
  repeat: () => byId("loop").click(),
  slower: () => setSpeed(-1),
  faster: () => setSpeed(1),
  edit: () => choose(active, { edit: true }),
  speaker: () => choose(active, { edit: true, field: "speaker" }),
  leave: () => {
    if (isEditing && takeForm()) choose(active);
  },
  sign: signAndContinue,
  split: () => isEditing && splitAtCaret(),
  merge: mergeWithNext,
  remove: removeCue,
  take: takeOtherWording,
  rename: () => {
    byId("rename-old").value = cues[active]?.speaker ?? "";
    byId("rename").showModal();
  },
  startHere: () => setTime("start"),
  endHere: () => setTime("end"),
  cut: () => markRange("cut"),
  mute: () => markRange("mute"),
  bleep: () => markRange("bleep"),
  proposals: () => {
    fillProposals();
    byId("proposals").showModal();
  },
  undo,
  help: () => {
    fillTable(byId("keys"), texts);
    byId("help").showModal();
  },
};

// Events

document.addEventListener("keydown", (event) => {
  const target = event.target;
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const isTyping = target.matches("textarea, input:not([type=checkbox]), select");
  const isControl = target.matches("button, input[type=checkbox]");
  if (isControl && ["Enter", " "].includes(event.key) && !event.ctrlKey) return;
  const action = findAction(event, isTyping);
  if (!action) return;
  event.preventDefault();
  ACTIONS[action]();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) {
    const wasInList = list.contains(button);
    ACTIONS[button.dataset.do]();
    if (wasInList && !list.contains(document.activeElement) && !document.querySelector("dialog[open]")) list.children[active]?.focus({ preventScroll: true });
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

list.addEventListener("click", (event) => {
  if (event.target.closest("[data-do], .form")) return;
  const index = [...list.children].indexOf(event.target.closest(".cue"));
  if (index < 0 || !takeForm()) return;
  const word = event.target.closest(".word");
  choose(index);
  if (word) player.seek(Number(word.dataset.start), true);
});

list.addEventListener("dblclick", (event) => {
  if (!event.target.closest("[data-do], .form") && event.target.closest(".text")) choose(active, { edit: true });
});

list.addEventListener("input", (event) => {
  if (event.target.id === "text" || event.target.id === "speaker") takeForm();
});
list.addEventListener("change", (event) => {
  if (event.target.id === "start" || event.target.id === "end") takeForm();
});

byId("speed").addEventListener("change", () => setSpeed(0));
byId("rename-apply").addEventListener("click", renameSpeaker);
byId("reset-keys").addEventListener("click", () => {
  resetKeys();
  fillTable(byId("keys"), texts);
});
byId("keep-mine").addEventListener("click", () => {
  byId("conflict").close();
  splice(conflict.theirs, conflict.now.map(withoutTimes));
  change(conflict.theirs, conflict.now.map(withoutTimes));
});
byId("keep-theirs").addEventListener("click", () => byId("conflict").close());
addEventListener("beforeunload", (event) => {
  if (!saver.isIdle) event.preventDefault();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawWaveform);
addEventListener("visibilitychange", () => {
  if (document.hidden) saver.send();
});

/** Shows what another tab, an editor or git changed. */
async function poll() {
  if (!saver.isIdle || document.hidden || document.querySelector("dialog[open]")) return;
  try {
    const response = await fetch("api/version");
    const body = await response.json();
    if (response.ok && body.version !== version && saver.isIdle) await reload();
  } catch {
    showStatus(texts.status.unreachable, true);
  }
}

async function open() {
  await reload();
  for (const { old, now } of saver.takeUnsaved()) saver.push(old, now);
  const first = cues.findIndex(isOpen);
  choose(Math.max(0, first));
  if (first >= 0) player.seek(cues[first].start, false);
  setInterval(poll, POLL_MS);
  try {
    await waveform.load("peaks");
  } catch {
    return showStatus(texts.status.unreachable, true);
  }
  drawWaveform();
}

open();
