// What makes the pages easier with script. Every action is a form that works without it.

import "./dialog.js";
import "./drop.js";
import "./autosave.js";
import "./live.js";
import "./seen.js";

document.documentElement.classList.add("scripted");
