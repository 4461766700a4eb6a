// Forwards to the new address of a page, with the position in an episode (#t=41), which a refresh would lose.
"use strict";

location.replace(document.currentScript.dataset.to + location.hash);
