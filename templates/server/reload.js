// Reloads the page when a newer version is served. `weerslag serve` adds it; no published page contains it.
"use strict";

(() => {
  const shown = new URL(document.currentScript.src).search.slice(1); // the version of this page
  const reloadIfNewer = (version) => {
    if (version !== shown) location.reload();
  };
  if ("SharedWorker" in window) {
    // one connection for all tabs: a browser opens at most six to one address, and the seventh tab would hang
    const worker = new SharedWorker("/-/worker.js", { name: "weerslag" });
    worker.port.onmessage = (message) => reloadIfNewer(message.data);
    return;
  }
  const listen = () => {
    const source = new EventSource("/-/events");
    source.onmessage = (event) => reloadIfNewer(event.data);
    document.addEventListener("visibilitychange", () => {
      source.close();
      if (!document.hidden) listen();
    }, { once: true });
  };
  listen();
})();
