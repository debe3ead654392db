// An arrival counts as read when somebody has it before them, not when the browser fetched it ahead.

import { ask } from "./ask.js";

const CHANGES = ["visibilitychange", "prerenderingchange"];
const form = document.querySelector("form[data-seen]");

const isSeen = () => !document.prerendering && document.visibilityState === "visible";

/** Once, when the page is before somebody. What became of it is told with the news. */
function mark() {
  if (!isSeen()) return;
  for (const change of CHANGES) document.removeEventListener(change, mark);
  ask(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => {});
}

if (form) {
  for (const change of CHANGES) document.addEventListener(change, mark);
  mark();
}
