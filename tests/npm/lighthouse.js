// Lighthouse on pages in a browser that runs already: its scores, and what it would mend.
// node lighthouse.js PORT CATEGORIES ADDRESS…   prints {address: {category: score, …, "failing": {audit: title}}}
import lighthouse from "lighthouse";

const [port, categories, ...addresses] = process.argv.slice(2);
const told = {};
// Without figures of speed there is nothing to slow down for, and nothing to take pictures of.
const settings = categories.includes("performance") ? {} : { disableFullPageScreenshot: true };
for (const address of addresses) {
  const { lhr } = await lighthouse(address, { port: Number(port), onlyCategories: categories.split(","), logLevel: "silent", ...settings });
  const scores = Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, score]));
  const wanted = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0));
  const failing = wanted.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 1);
  told[address] = { ...scores, failing: Object.fromEntries(failing.map(({ id, title, displayValue }) => [id, displayValue ?? title])) };
}
console.log(JSON.stringify(told));
