// Search on the page of all talks and texts. `pipeline/site/search_index.py` describes the files and computes the same keys.
"use strict";

(() => {
  const search = document.getElementById("site-search");
  const input = document.getElementById("site-search-input");
  const status = document.getElementById("site-search-status");
  const list = document.getElementById("site-search-results");
  const more = document.getElementById("site-search-more");
  const texts = search.dataset;
  const MAX_SHOWN = 8;
  const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu;
  const EXACT = 3;
  const SAME_KEY = 2;
  const PREFIX = 1;
  const MIN_PREFIX = 3; // letters; the words with the same two first letters fill many files

  const fold = (text) => text.replaceAll("\u00ad", "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const listWords = (text) => (fold(text).match(WORD) ?? []).map((word) => word.replace(/['’]/g, ""));
  const makeKey = (word) =>
    word
      .replace(/(.)\1+/gu, "$1")
      .replaceAll("v", "f")
      .replaceAll("z", "s")
      .replace(/(?<=...)s?(?:es|en?)?$/u, "")
      .replace(/(?<=..)h(?:eid?|ed)$/u, "h");

  const cache = new Map();
  const load = (name, digest) => {
    if (!cache.has(name)) {
      const loaded = fetch(`${texts.index}${name}.json${digest ? `?v=${digest}` : ""}`).then((answer) => {
        if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${name}`);
        return answer.json();
      });
      loaded.catch(() => cache.delete(name)); // the next key tries again
      cache.set(name, loaded);
    }
    return cache.get(name);
  };

  /** Index of the last entry of a sorted list whose first value is not after `value`; 0 if there is none. */
  const findLast = (entries, value) => {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle][0] <= value) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  };

  const isBeginning = (word, asked) => asked.length >= MIN_PREFIX && word.startsWith(asked);
  const rate = (word, asked, key) => (word === asked ? EXACT : makeKey(word) === key ? SAME_KEY : isBeginning(word, asked) ? PREFIX : 0);

  /** The passages with a word, and how well each matches. */
  const findPassages = async (index, asked) => {
    const key = makeKey(asked);
    const found = new Map();
    if (!index.words.length) return found;
    const files = index.words.slice(findLast(index.words, key), findLast(index.words, asked.length < MIN_PREFIX ? key : `${key}\uffff`) + 1);
    const start = index.words.indexOf(files[0]);
    for (const words of await Promise.all(files.map(([, digest], at) => load(`words-${start + at}`, digest)))) {
      for (const [word, steps] of Object.entries(words)) {
        const weight = rate(word, asked, key);
        let passage = 0;
        for (const step of weight ? steps : []) {
          passage += step;
          if ((found.get(passage) ?? 0) < weight) found.set(passage, weight);
        }
      }
    }
    return found;
  };

  /** The passages with as many of the words as any passage has, the best first. */
  const rank = (perWord) => {
    const scores = new Map();
    for (const found of perWord) {
      for (const [passage, weight] of found) {
        const [count, total] = scores.get(passage) ?? [0, 0];
        scores.set(passage, [count + 1, total + weight]);
      }
    }
    const most = Math.max(0, ...new Set([...scores.values()].map(([count]) => count)));
    const best = [...scores].filter(([, [count]]) => count === most);
    return best.sort(([a, [, one]], [b, [, other]]) => other - one || a - b).map(([passage]) => passage);
  };

  const create = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  };

  const formatTimeCode = (time) => {
    const pad = (number) => String(number).padStart(2, "0");
    const [hours, minutes, seconds] = [Math.floor(time / 3600), Math.floor(time / 60) % 60, time % 60];
    return hours ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`;
  };

  const isMatch = (text, asked) => listWords(text).some((word) => asked.some((one) => rate(word, one, makeKey(one))));

  /** The text with marked words. */
  const mark = (text, asked) => {
    const pieces = [];
    let end = 0;
    for (const match of text.matchAll(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu)) {
      if (!isMatch(match[0], asked)) continue;
      pieces.push(text.slice(end, match.index), create("mark", "", match[0]));
      end = match.index + match[0].length;
    }
    return [...pieces, text.slice(end)];
  };

  const buildResult = (index, passage, [speaker, ...parts], asked) => {
    const [, title, path, label, isTalk] = index.documents[findLast(index.documents, passage)];
    const places = parts.filter((_, at) => at % 2 === 0);
    const sentence = parts.filter((_, at) => at % 2 === 1);
    const hit = Math.max(0, sentence.findIndex((text) => isMatch(text, asked)));
    if (!isMatch([speaker, ...sentence].join(" "), asked)) return null; // replaced since the index was loaded
    const words = sentence[hit].split(" ").slice(0, 6).join(" ");
    const [page, anchor] = path.split("#");
    const fragment = isTalk ? `t=${places[hit]}` : `${anchor ?? ""}:~:text=${encodeURIComponent(words).replaceAll("-", "%2D")}`;
    const link = create("a", "", ...mark(sentence.join(" "), asked));
    link.href = `${texts.root}${page}#${fragment}`;
    const source = isTalk ? `${formatTimeCode(places[hit])} · ${title}` : `${label} · ${title}`;
    return create("li", "", create("p", "label", speaker ? `${source} · ${speaker}` : source), create("p", "", link));
  };

  const loadPassage = async (index, passage) => {
    const file = findLast(index.texts, passage);
    const [first, digest] = index.texts[file];
    return (await load(`texts-${file}`, digest))[passage - first];
  };

  let ranked = [];
  let asked = [];
  let shown = 0; // of the ranked passages
  let request = 0;

  /** Adds the next results, each as soon as it is loaded; stops if the reader types on. */
  const showMore = async (index, number) => {
    const next = ranked.slice(shown, shown + MAX_SHOWN);
    shown += next.length;
    more.hidden = shown >= ranked.length;
    for (const [at, passage] of next.entries()) {
      const content = await loadPassage(index, passage);
      if (number !== request) return;
      if (!at) next.slice(1).forEach((other) => loadPassage(index, other).catch(() => {})); // the first result comes first
      const item = content && buildResult(index, passage, content, asked);
      if (item) list.append(item);
    }
  };

  const showStatus = (index) => {
    const common = asked.filter((word) => index.common.includes(word));
    const key = ranked.length === 1 ? "one" : "many";
    const none = common.length ? texts.common.replace("{word}", common[0]) : texts.none;
    status.textContent = ranked.length ? texts[key].replace("{number}", ranked.length) : none;
  };

  const find = async () => {
    const number = ++request;
    const words = listWords(input.value).filter((word) => word.length > 1);
    history.replaceState(null, "", words.length ? `?q=${encodeURIComponent(input.value.trim())}` : location.pathname);
    if (!words.length) {
      list.replaceChildren();
      more.hidden = true;
      status.textContent = "";
      return;
    }
    try {
      const index = await load("index");
      const rare = words.filter((word) => !index.common.includes(word));
      const found = await Promise.all((rare.length ? rare : words).map((word) => findPassages(index, word)));
      if (number !== request) return;
      asked = words;
      ranked = rank(found);
      shown = 0;
      showStatus(index);
      list.replaceChildren();
      await showMore(index, number);
    } catch {
      if (number === request) status.textContent = texts.error;
    }
  };

  more.addEventListener("click", async () => {
    const first = list.children.length;
    await showMore(await load("index"), request);
    list.children[first]?.querySelector("a").focus();
  });
  load("index").catch(() => {}); // before the first key
  input.addEventListener("input", find);
  search.hidden = false;
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  if (input.value) find();
})();
