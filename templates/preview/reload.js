// Reloads the page when what it shows was built again. Stands in no page that is published: `weerslag serve` adds it.
"use strict";

(() => {
  const shown = new URL(document.currentScript.src).search.slice(1); // the version that this page was made of
  const hear = (version) => {
    if (version !== shown) location.reload();
  };
  if ("SharedWorker" in window) {
    // one connection for all tabs: a browser allows six to one address, and the seventh tab would hang
    const worker = new SharedWorker("/-/worker.js", { name: "weerslag" });
    worker.port.onmessage = (message) => hear(message.data);
    return;
  }
  const listen = () => {
    const source = new EventSource("/-/news");
    source.onmessage = (event) => hear(event.data);
    document.addEventListener("visibilitychange", () => {
      source.close();
      if (!document.hidden) listen();
    }, { once: true });
  };
  listen();
})();
