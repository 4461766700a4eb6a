// Approvals: the words that each group is asked to approve beside those before, and who agreed, when and how.
import { post } from "./saving.js";

const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts").textContent);
const fill = (text, values) => Object.entries(values).reduce((all, [name, value]) => all.replace(`{${name}}`, value), text);

let sheets = [];
let today = "";

const create = (name, className, ...children) => {
  const one = document.createElement(name);
  if (className) one.className = className;
  one.append(...children);
  return one;
};

function showStatus(text, isWrong = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("wrong", isWrong);
}

function showProgress() {
  const items = sheets.flatMap((sheet) => sheet.items);
  const left = items.filter((item) => !item.isValid).length;
  const total = items.length;
  byId("left").textContent = !total ? texts.none : left ? fill(texts.left, { left, total }) : texts.ready;
  byId("progress").max = total || 1;
  byId("progress").value = total - left;
}

/** Words of which some differ from the other wording; screen readers hear which. */
const buildWords = (segments, name) =>
  segments.flatMap(([differs, text], at) => {
    if (!differs) return [at ? ` ${text}` : text];
    const label = create("span", "hidden", `${name === "del" ? texts.removed : texts.added} `);
    return [at ? " " : "", create(name, "", label, text)];
  });

const buildWording = (heading, rows, side, name) => {
  const list = create("dl", "");
  for (const row of rows) {
    if (!row[side].length) continue;
    list.append(create("dt", "", texts.parts[row.name]), create("dd", "", ...buildWords(row[side], name)));
  }
  return create("section", "wording", create("h4", "", heading), list);
};

function buildItem(item, id) {
  const title = item.quote < 0 ? texts.text : fill(texts.quoteNumber, { number: item.quote + 1, by: item.by || "–" });
  const state = create("span", item.isValid ? "state done" : "state", texts.states[item.state]);
  const box = create("section", "item", create("h3", "", `${title} `, state));
  const now = buildWording(texts.now, item.parts, "now", "ins");
  const former = item.formerSource
    ? buildWording(texts.former[item.formerSource], item.parts, "was", "del")
    : create("p", "small", item.isValid ? "" : texts.noFormer);
  const words = item.isValid ? create("details", "", create("summary", "", texts.read)) : create("div", "");
  words.append(create("div", item.formerSource ? "sides" : "", former, now));
  box.append(words);
  if (item.state === "locked") return box;
  const tick = create("input", "");
  Object.assign(tick, { type: "checkbox", id, value: item.digest });
  words.append(create("p", "", create("label", "", tick, ` ${texts.agreed}`)));
  return box;
}

const buildField = (id, label, field) => {
  field.id = id;
  field.required = true;
  return create("label", "", `${label} `, field);
};

function buildSheet(sheet) {
  const id = sheet.file;
  const form = create("form", "sheet");
  form.noValidate = true;
  form.dataset.file = sheet.file;
  form.setAttribute("aria-labelledby", `${id}-title`);
  const title = create("h2", "", `${sheet.group} `, create("span", "small", sheet.file));
  title.id = `${id}-title`;
  title.tabIndex = -1;
  form.append(title, ...sheet.items.map((item, at) => buildItem(item, `${id}-${at}`)));
  if (sheet.items.every((item) => item.state === "locked")) return form;
  const by = Object.assign(document.createElement("input"), { name: "by", maxLength: Number(document.body.dataset.maxBy), autocomplete: "off" });
  const day = Object.assign(document.createElement("input"), { name: "day", type: "date", max: today, value: today });
  const means = Object.assign(document.createElement("select"), { name: "means" });
  means.append(...Object.entries(texts.means).map(([value, text]) => new Option(text, value)));
  const button = create("button", "", texts.record);
  button.type = "submit";
  const fields = [buildField(`${id}-by`, texts.by, by), buildField(`${id}-day`, texts.day, day), buildField(`${id}-means`, texts.how, means)];
  form.append(create("div", "row", ...fields, button));
  return form;
}

function render() {
  byId("sheets").replaceChildren(...sheets.map(buildSheet));
  byId("sheets").setAttribute("aria-busy", "false");
  showProgress();
}

async function load() {
  try {
    const response = await fetch("api/approvals");
    const body = await response.json();
    if (!response.ok) return showStatus(body.message, true);
    ({ sheets, today } = body);
    render();
  } catch {
    showStatus(texts.unreachable, true);
  }
  return undefined;
}

/** Why a form cannot be sent, and the field to mend. */
function findMistake(form) {
  const [by, day] = [form.elements.by, form.elements.day];
  if (!form.querySelector("input[type=checkbox]:checked")) return [texts.nothingTicked, form.querySelector("input[type=checkbox]")];
  if (!by.value.trim() || by.value.includes("@")) return [texts.whoMissing, by];
  if (!day.value || day.value > today) return [texts.dayMissing, day];
  return null;
}

async function record(form) {
  const mistake = findMistake(form);
  if (mistake) {
    showStatus(mistake[0], true);
    return mistake[1].focus();
  }
  const ticked = [...form.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value);
  const { by, day, means } = Object.fromEntries(new FormData(form));
  try {
    const { status, body } = await post("api/approvals", { file: form.dataset.file, digests: ticked, by, day, means });
    if (status === 409) await load();
    if (status !== 200) return showStatus(body.message, true);
    const at = sheets.findIndex((sheet) => sheet.file === body.file);
    sheets[at] = body;
    form.replaceWith(buildSheet(body));
    showProgress();
    showStatus(fill(texts.recorded, { group: body.group }));
    document.getElementById(`${body.file}-title`).focus();
  } catch {
    showStatus(texts.unreachable, true);
  }
  return undefined;
}

byId("sheets").addEventListener("submit", (event) => {
  event.preventDefault();
  record(event.target);
});
byId("sheets").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    event.target.closest("form").requestSubmit();
  }
});

load();
