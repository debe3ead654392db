// News: numbers, title, and the part of the page that shows a list.

import { body, logIn } from "./ask.js";
import { isOnlyHere } from "./autosave.js";
import { follow } from "./stream.js";

const plainTitle = document.title;

function showCounts(counts) {
  for (const badge of document.querySelectorAll("[data-count]")) {
    const count = counts[badge.dataset.count];
    badge.textContent = count;
    badge.hidden = count === 0;
  }
  showTitle(counts.unread);
}

function showTitle(unread) {
  document.title = unread > 0 ? `（${unread}）${plainTitle}` : plainTitle;
}

let isRefreshing = false;
let again = false;

/** Makes the live part of the page anew. */
export async function refresh() {
  const old = document.querySelector("[data-live]");
  if (!old) return;
  if (isRefreshing) {
    again = true;
    return;
  }
  isRefreshing = true;
  try {
    const answer = await fetch(location.href, { redirect: "error", headers: { "tasuki-live": "1" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      replace(old, page.querySelector("[data-live]"));
    }
  } catch { /* the next news comes */ } finally {
    isRefreshing = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

function replace(old, fresh) {
  if (!fresh || fresh.innerHTML === old.innerHTML) return;
  const focused = document.activeElement;
  const isInside = old.contains(focused);
  // What somebody is filling in stays as it is.
  if (isInside && focused.matches("input, textarea, select")) return;
  const href = isInside ? focused.getAttribute("href") : null;
  old.replaceWith(fresh);
  if (href) fresh.querySelector(`[href="${CSS.escape(href)}"]`)?.focus();
}

function notify() {
  if (window.Notification?.permission !== "granted" || document.visibilityState === "visible") return;
  new Notification("Tasuki", { body: "新しい連携データが届きました。", tag: "tasuki-arrived" });
}

// The first news of a stream, too: what changed between the making of the page and this connection was told to nobody.
let isFresh = true;

function hear({ counts, topics, link_class, link_text }) {
  const link = document.getElementById("link");
  if (link.textContent !== link_text) {
    link.textContent = link_text;
    link.className = `link ${link_class}`;
  }
  showCounts(counts);
  if (topics.includes("arrived")) {
    document.getElementById("announce").textContent = "新しい連携データが届きました。";
    notify();
  }
  if (topics.length === 0 && !isFresh) return;
  isFresh = false;
  refresh();
}

if (body.dataset.events) {
  showTitle(Number(body.dataset.unread));
  const leave = follow(body.dataset.events, body.dataset.csrf, (told) => {
    if (told.opened) isFresh = true;
    if (told.news) hear(told.news);
    // Nobody has touched the page for long, or it was stopped elsewhere: what it shows is locked. What was typed comes
    // back after the log-in; only when the browser keeps nothing, the page stays for it.
    if (told.ended && !isOnlyHere()) location.href = logIn();
  });
  // Browsers keep pages that were left for a while.
  window.addEventListener("pagehide", leave);
}
