// Turns cues into elements, and times into text.

const MARKS = { low: 1, name: 2 };
const SIGNS = { reviewed: "✓", hidden: "–", missing: "○", edited: "○", sound: "○", cut: "○" };

const element = (name, className, text) => {
  const one = document.createElement(name);
  if (className) one.className = className;
  if (text !== undefined) one.textContent = text;
  return one;
};

export const formatTime = (ms, digits = 1) => {
  const whole = Math.max(0, Math.round(ms));
  const [hours, minutes, seconds] = [Math.floor(whole / 3600000), Math.floor(whole / 60000) % 60, Math.floor(whole / 1000) % 60];
  const pad = (number) => String(number).padStart(2, "0");
  const fraction = String(whole % 1000).padStart(3, "0").slice(0, digits);
  return `${hours ? `${hours}:${pad(minutes)}` : minutes}:${pad(seconds)}${digits ? `.${fraction}` : ""}`;
};

/** A time as people write it, in milliseconds; NaN: it is none. */
export const parseTime = (text) => {
  const found = /^(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,2})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!found) return NaN;
  const [, hours = 0, minutes = 0, seconds, fraction = ""] = found;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"));
};

export const isOpen = (cue) => cue.state !== "reviewed" && cue.state !== "hidden";

const describeOther = ([first, last, other], cue, texts) => {
  const words = cue.words.slice(first, last).map(([word]) => word).join(" ");
  if (!words) return texts.otherAdds.replace("{other}", other).replace("{before}", cue.words[first - 1]?.[0] ?? "");
  return other ? texts.otherHas.replace("{other}", other).replace("{words}", words) : texts.otherLacks.replace("{words}", words);
};

const buildWords = (cue, texts) => {
  const text = element("p", "text");
  cue.words.forEach(([word, startMs, marks], at) => {
    const span = element("span", "word", word);
    span.classList.toggle("low", Boolean(marks & MARKS.low));
    span.classList.toggle("name", Boolean(marks & MARKS.name));
    span.dataset.start = startMs;
    const other = cue.others?.find(([first, last]) => (first === last ? at === first - 1 : at >= first && at < last));
    if (other) {
      span.classList.add("other");
      span.title = describeOther(other, cue, texts);
    }
    text.append(at ? " " : "", span);
  });
  return text;
};

/** The element of a cue that is not being edited. */
export const buildCue = (cue, texts, ranges) => {
  const item = element("li", "cue");
  item.tabIndex = -1;
  item.append(element("span", "at", formatTime(cue.start)));
  const body = item.appendChild(element("div", "body"));
  if (cue.speaker) body.append(element("span", "speaker", cue.speaker));
  body.append(buildWords(cue, texts));
  for (const [kind, from, to] of ranges) {
    if (from < cue.end && cue.start < to) {
      body.append(element("span", "range", texts.ranges[kind]));
      item.classList.add("removed");
    }
  }
  const state = item.appendChild(element("span", "state", SIGNS[cue.state]));
  state.classList.toggle("done", !isOpen(cue));
  state.title = texts.states[cue.state];
  state.append(element("span", "hidden", ` ${texts.states[cue.state]}`));
  return item;
};

/** What a second model has in the chosen cue; nothing if it has the same words. */
export const buildOthers = (cue, texts) => {
  const notes = element("ul", "others");
  for (const other of cue.others ?? []) notes.append(element("li", "", describeOther(other, cue, texts)));
  return notes.children.length ? [notes] : [];
};

/** The text of a cue with the first other wording taken over; its last sign of punctuation stays. */
export const takeOther = (cue) => {
  const [first, last, other] = cue.others[0];
  const words = cue.text.split(/\s+/);
  const sign = /[.,;:?!…]+$/.exec(words[last - 1] ?? "")?.[0] ?? "";
  const taken = other && last > first && !/[.,;:?!…]$/.test(other) ? other + sign : other;
  return [...words.slice(0, first), ...(taken ? [taken] : []), ...words.slice(last)].join(" ");
};

/** The buttons of the chosen cue. */
export const buildTools = (texts, names) => {
  const tools = element("div", "tools row");
  for (const name of names) {
    const button = tools.appendChild(element("button", "", texts.actions[name]));
    button.type = "button";
    button.dataset.do = name;
  }
  return tools;
};

/** The fields of the cue that is being edited. */
export const buildForm = (cue, texts) => {
  const form = element("div", "form");
  const area = element("textarea");
  area.value = cue.text;
  area.rows = 3;
  area.spellcheck = true;
  area.id = "text";
  area.setAttribute("aria-label", texts.text);
  form.append(area);
  const row = form.appendChild(element("div", "row"));
  for (const [name, value] of [["speaker", cue.speaker], ["start", formatTime(cue.start, 3)], ["end", formatTime(cue.end, 3)]]) {
    const label = row.appendChild(element("label", "", `${texts[name]} `));
    const input = label.appendChild(element("input"));
    input.id = name;
    input.value = value;
    input.autocomplete = "off";
    if (name === "speaker") input.setAttribute("list", "people");
    else input.size = 10;
  }
  return form;
};
