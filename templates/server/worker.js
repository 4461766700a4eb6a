// Receives the version once, and passes it to every tab.
"use strict";

const ports = [];
let version = null;
new EventSource("/-/events").onmessage = (event) => {
  version = event.data;
  for (const port of ports) port.postMessage(version);
};
self.onconnect = (event) => {
  const port = event.ports[0];
  ports.push(port);
  if (version !== null) port.postMessage(version);
};
