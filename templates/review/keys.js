// Keys of the editor: which action belongs to a key, in the list and while somebody types; people can change them.

const STORED = "weerslag-review-keys";
const STANDARD = { // action: [key in the list, key while typing]
  play: ["Space", "Ctrl+Space"],
  back: ["ArrowLeft", "Ctrl+,"],
  forward: ["ArrowRight", "Ctrl+."],
  previous: ["ArrowUp", "Ctrl+ArrowUp"],
  next: ["ArrowDown", "Ctrl+ArrowDown"],
  nextOpen: ["o", ""],
  repeat: ["l", "Ctrl+l"],
  slower: ["-", ""],
  faster: ["+", ""],
  edit: ["Enter", ""],
  leave: ["", "Escape"],
  sign: ["s", "Ctrl+Enter"],
  split: ["", "Ctrl+Shift+Enter"],
  merge: ["m", ""],
  remove: ["Delete", ""],
  take: ["t", ""],
  speaker: ["v", ""],
  rename: ["r", ""],
  startHere: ["[", "Ctrl+["],
  endHere: ["]", "Ctrl+]"],
  cut: ["x", ""],
  mute: ["n", ""],
  bleep: ["b", ""],
  proposals: ["c", ""],
  undo: ["u", ""],
  help: ["?", ""],
};

const read = () => {
  try {
    return { ...STANDARD, ...JSON.parse(localStorage.getItem(STORED) ?? "{}") };
  } catch {
    return { ...STANDARD };
  }
};

let keys = read();

/** The name of the key that was pressed: `Ctrl+Shift+Enter`; a sign that needs Shift is named by the sign alone. */
const describe = (event) => {
  const key = event.key === " " ? "Space" : event.key;
  const shift = event.shiftKey && key.length > 1 ? "Shift+" : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`;
};

/** The action of a key; undefined: none. */
export const findAction = (event, typing) => {
  const pressed = describe(event);
  if (!typing && pressed === "Ctrl+z") return "undo";
  return Object.keys(keys).find((action) => keys[action][typing ? 1 : 0] === pressed);
};

/** Fills the table of keys, whose fields take another key when it is pressed in them. */
export const fillTable = (body, labels) => {
  const rows = Object.entries(keys).map(([action, pair]) => {
    const row = document.createElement("tr");
    const head = row.appendChild(document.createElement("th"));
    head.scope = "row";
    head.textContent = labels.actions[action];
    pair.forEach((key, column) => {
      const input = row.appendChild(document.createElement("td")).appendChild(document.createElement("input"));
      input.value = key;
      input.setAttribute("aria-label", `${labels.actions[action]}: ${column ? labels.typing : labels.list}`);
      input.addEventListener("keydown", (event) => {
        if (["Tab", "Shift", "Control", "Alt", "Meta"].includes(event.key) || (event.key === "Escape" && !column)) return;
        event.preventDefault();
        event.stopPropagation();
        const bare = ["Backspace", "Delete"].includes(event.key) && action !== "remove";
        input.value = bare ? "" : describe(event);
        keys = { ...keys, [action]: keys[action].map((old, at) => (at === column ? input.value : old)) };
        localStorage.setItem(STORED, JSON.stringify(keys));
      });
    });
    return row;
  });
  body.replaceChildren(...rows);
};

export const resetKeys = () => {
  localStorage.removeItem(STORED);
  keys = { ...STANDARD };
};
