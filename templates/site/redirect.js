// Forwards to the new address of a page, with the position in an episode (#t=41), which a refresh would lose, or the
// reflection in an article of the magazine, whose anchor has the name of its event.
"use strict";

const page = document.currentScript.dataset;
const isRenamed = page.old !== undefined && location.hash.startsWith(page.old);
location.replace(page.to + (isRenamed ? page.new + location.hash.slice(page.old.length) : location.hash));
