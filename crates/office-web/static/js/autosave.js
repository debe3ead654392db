// What is typed is kept while it is typed: by the node, and until the node has said so in this tab. So it comes back
// after a log-in, and nothing is called saved that is not.

import { ask, body, logIn, say } from "./ask.js";

const WAIT = 600;
const AGAIN = 3000;

const letter = document.querySelector("form[data-autosave], form[data-autosave-new]");
const field = letter?.querySelector("textarea");
const saved = document.getElementById("saved");

/** What the node has. */
let kept = field?.value;
let running = Promise.resolve();
let isRunning = false;
let timer = 0;
let hasFailed = false;

/** Whether something was typed that neither the node nor this tab has. */
export let isOnlyHere = () => false;

/** When what was typed is saved, or could not be. */
export async function settled() {
  if (letter) {
    save();
    await running;
  }
}

// One's own words only: the next person at this screen does not get them.
const place = () => `unsaved ${body.dataset.me} ${letter.dataset.autosave ?? letter.dataset.autosaveNew}`;

function remember(isOnItsWay) {
  const left = { message: field.value, before: kept, isOnItsWay };
  try {
    sessionStorage.setItem(place(), JSON.stringify(left));
    return true;
  } catch {
    return false;
  }
}

function forget() {
  try {
    sessionStorage.removeItem(place());
  } catch { /* there was no place for it */ }
}

/** Brings back what was typed before and not saved. */
function bringBack() {
  let left = null;
  try {
    left = JSON.parse(sessionStorage.getItem(place()));
  } catch { /* nothing can be read */ }
  if (!left) return;
  const isNew = !letter.dataset.autosave;
  const isOvertaken = left.isOnItsWay && (isNew || kept !== left.before);
  if (left.message === kept || isOvertaken) {
    forget();
  } else if (kept === left.before) {
    field.value = left.message;
    save();
  } else {
    // Somebody has written something else meanwhile: a person decides.
    field.value = `${kept}\n――ここから下は、保存できていなかった内容です――\n${left.message}`;
    say(saved, "保存できていなかった内容を下に加えました。整えると保存します。");
  }
}

function told(refused) {
  hasFailed = true;
  saved.classList.add("error");
  const stays = remember(false) ? "書いた内容はこの画面に残っています。" : "";
  if (refused.status === 401) say(saved, `まだ保存できていません。ログインが切れました。${stays}`, logIn(), "ログインし直す");
  else if (refused.status === 403) say(saved, `まだ保存できていません。古いページです。${stays}`, location.href, "ページを開き直す");
  else say(saved, `まだ保存できていません。${refused.message}`);
  // What a person has to settle is not asked again and again.
  if (refused.mayPass) timer = setTimeout(save, AGAIN);
}

async function post(message, keepalive = false) {
  const address = letter.dataset.autosave ?? letter.dataset.autosaveNew;
  const form = new URLSearchParams(new FormData(letter));
  form.set("message", message);
  const { next } = await ask(address, { method: "POST", body: form, keepalive });
  forget();
  hasFailed = false;
  kept = message;
  if (!letter.dataset.autosave) belongsTo(next);
  saved.classList.remove("error");
  if (field.value === message) saved.textContent = "保存しました。";
  else remember(false);
}

/** The first letters made a draft: from now on this page is its page. */
function belongsTo(next) {
  letter.dataset.autosave = `${next}/message`;
  letter.action = `${next}/keep`;
  const zone = document.querySelector("form[data-drop]");
  if (zone) zone.action = next;
  history.replaceState(null, "", next);
}

function save() {
  clearTimeout(timer);
  running = running.then(async () => {
    if (field.value === kept) return;
    isRunning = true;
    try {
      await post(field.value);
    } catch (refused) {
      told(refused);
    }
    isRunning = false;
  });
}

function typed() {
  saved.textContent = "";
  remember(false);
  clearTimeout(timer);
  // The first letter makes the draft, so that one who leaves at once leaves no second one.
  timer = setTimeout(save, letter.dataset.autosave ? WAIT : 0);
}

/** 一時保存 leads away only from what is saved. */
async function handIn(event) {
  if (field.value === kept) return;
  event.preventDefault();
  await settled();
  if (field.value === kept) letter.submit();
}

function leave() {
  clearTimeout(timer);
  if (field.value === kept) return;
  const isNew = !letter.dataset.autosave;
  // Nobody hears the answer any more: when nothing has failed, it is taken to come. Asked twice, a new letter would
  // become two drafts.
  const isAsked = !(isNew && (isRunning || hasFailed));
  remember(isAsked && !hasFailed);
  if (isAsked) post(field.value, true).catch(() => {});
}

if (letter) {
  isOnlyHere = () => field.value !== kept && !remember(false);
  bringBack();
  field.addEventListener("input", typed);
  field.addEventListener("change", () => save());
  letter.addEventListener("submit", handIn);
  window.addEventListener("pagehide", leave);
}
