// Asking the node, and its own words when it says no.

export const body = document.body;
export const csrf = body.dataset.csrf;
export const headers = { accept: "application/json", "tasuki-csrf": csrf };

const NO_LINE = "Tasuki につながりません。プログラムが動いているか確かめてください。";
const NO_WORDS = "できませんでした。もう一度操作してください。";

/** Why something was not done: what the node said, and where it goes on. */
export class Refused extends Error {
  constructor(status, message, next = null) {
    super(message);
    this.status = status;
    this.next = next;
  }

  /** No line, or the node has no room at the moment: the same may be done a little later. */
  get mayPass() {
    return this.status === 0 || this.status >= 500;
  }
}

/** The refusal in an answer of the node, or of no answer with status 0. */
export function refusalOf(status, said) {
  return new Refused(status, status === 0 ? NO_LINE : (said?.message ?? NO_WORDS), said?.next ?? null);
}

/** What the node answers. A page to which it leads is no answer. */
export async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { ...options, redirect: "error", headers: { ...headers, ...options.headers } });
  } catch {
    throw refusalOf(0);
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok || said === null) throw refusalOf(answer.status, said);
  return said;
}

/** Says something at a place of the page, with a way on if there is one. */
export function say(place, text, next = null, label = "") {
  place.textContent = text;
  if (!next) return;
  const link = document.createElement("a");
  link.href = next;
  link.textContent = label;
  place.append(" ", link);
}

/** Says at the head of the page what could not be done: its foot lies behind the bar. */
export function announce(text, next = null, label = "") {
  const place = document.getElementById("announce");
  document.getElementById("main").prepend(place);
  place.className = "note warn";
  say(place, text, next, label);
  place.scrollIntoView({ block: "nearest" });
}

/** The log-in that leads back to this page. */
export function logIn() {
  return `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
}
