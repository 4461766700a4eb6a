// Hears the news once, and tells it to every tab.
"use strict";

const ports = [];
let version = null;
new EventSource("/-/news").onmessage = (event) => {
  version = event.data;
  for (const port of ports) port.postMessage(version);
};
self.onconnect = (event) => {
  const port = event.ports[0];
  ports.push(port);
  if (version !== null) port.postMessage(version);
};
