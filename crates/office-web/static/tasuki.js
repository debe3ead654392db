// What makes the pages easier with script. Every action is a form that works without it.

const body = document.body;
const csrf = body.dataset.csrf;
document.documentElement.classList.add("scripted");

const ask = (address, options = {}) =>
  fetch(address, { ...options, headers: { accept: "application/json", "tasuki-csrf": csrf, ...options.headers } });

// Dialogs, printing, questions before something goes for good.
for (const dialog of document.querySelectorAll("dialog[data-open-at-once]")) dialog.showModal();
document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-opens], [data-closes], [data-prints]");
  if (!element) return;
  if (element.dataset.opens) { event.preventDefault(); document.getElementById(element.dataset.opens).showModal(); }
  if (element.dataset.closes) document.getElementById(element.dataset.closes).close();
  if ("prints" in element.dataset) window.print();
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) { event.preventDefault(); return; }
  const button = event.submitter;
  // A second click must not do it twice. Disabled at once, the button's form would not be sent.
  setTimeout(() => {
    for (const other of form.querySelectorAll("button")) other.disabled = true;
    if (button?.dataset.busy) button.textContent = button.dataset.busy;
  });
});
// Coming back with the browser's button, everything can be pressed again.
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Files, by drop or button. They go to the server in portions, so that any number of them can be dropped.
const PORTION = 24 * 1024 * 1024;
const zone = document.querySelector("form[data-drop]");

async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files];
  const files = [];
  const walk = async (entry) => {
    if (entry.isFile) {
      files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const inner of some) await walk(inner);
    }
  };
  for (const entry of entries) await walk(entry);
  return files;
}

function portions(files) {
  const all = [[]];
  let size = 0;
  for (const file of files) {
    if (size > 0 && (size + file.size > PORTION || all.at(-1).length >= 200)) { all.push([]); size = 0; }
    all.at(-1).push(file);
    size += file.size;
  }
  return all;
}

function upload(address, files, onProgress) {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    const message = document.getElementById("message");
    if (message) data.append("message", message.value);
    for (const file of files) data.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("tasuki-csrf", csrf);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      try { resolve(JSON.parse(request.responseText).next); } catch { reject(new Error(String(request.status))); }
    };
    request.onerror = () => reject(new Error("line"));
    request.send(data);
  });
}

async function takeIn(files) {
  files = files.filter((file) => !file.name.startsWith(".") && file.name !== "Thumbs.db" && file.name !== "desktop.ini");
  if (files.length === 0) return;
  const bar = zone.querySelector("progress");
  bar.max = files.reduce((sum, file) => sum + file.size, 0) || 1;
  zone.querySelector(".uploading").hidden = false;
  let address = zone.action, next = null, before = 0;
  try {
    for (const some of portions(files)) {
      next = await upload(address, some, (loaded) => { bar.value = before + loaded; });
      before += some.reduce((sum, file) => sum + file.size, 0);
      // Further portions go where the first one has gone.
      address = next.split("?")[0];
    }
    location.href = next;
  } catch (error) {
    zone.querySelector(".uploading").hidden = true;
    announce(error.message === "413" ? "一度に入れるには大きすぎます。分けて入れてください。" : "ファイルを読み込めませんでした。もう一度入れてください。");
  }
}

if (zone) {
  const input = zone.querySelector("input[type=file]");
  input.addEventListener("change", () => takeIn([...input.files]));
  // Wherever on the page a file is dropped: it must not replace the page.
  window.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  window.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("over"); });
  window.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    takeIn(await filesOf(event.dataTransfer));
  });
} else {
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
}

// What is typed is kept while it is typed.
let unsaved = () => false;
const letter = document.querySelector("form[data-autosave], form[data-autosave-new]");
if (letter) {
  const field = letter.querySelector("textarea");
  const saved = document.getElementById("saved");
  let timer = 0, kept = field.value, running = Promise.resolve();
  unsaved = () => field.value !== kept;
  const save = (keepalive) => {
    clearTimeout(timer);
    if (field.value === kept) return;
    const message = field.value;
    kept = message;
    running = running.then(async () => {
      const address = letter.dataset.autosave ?? letter.dataset.autosaveNew;
      try {
        const answer = await ask(address, { method: "POST", body: new URLSearchParams({ message }), keepalive });
        if (!answer.ok) throw new Error();
        if (!letter.dataset.autosave) {
          // The first letters made a draft: from now on this page is its page.
          const { next } = await answer.json();
          letter.dataset.autosave = `${next}/message`;
          letter.action = `${next}/keep`;
          if (zone) zone.action = next;
          history.replaceState(null, "", next);
        }
        saved.textContent = "保存しました。";
      } catch {
        kept = null;
        saved.textContent = "まだ保存できていません。つながると保存します。";
        timer = setTimeout(save, 3000);
      }
    });
  };
  field.addEventListener("input", () => { saved.textContent = ""; clearTimeout(timer); timer = setTimeout(save, 600); });
  field.addEventListener("change", () => save());
  window.addEventListener("pagehide", () => save(true));
}

// News: numbers, title, and the part of the page that shows a list.
function announce(text) {
  const place = document.getElementById("announce");
  place.classList.remove("hidden");
  place.className = "note warn";
  place.textContent = text;
  place.scrollIntoView({ block: "nearest" });
}

const plainTitle = document.title;
function showCounts(counts) {
  for (const badge of document.querySelectorAll("[data-count]")) {
    const count = counts[badge.dataset.count];
    badge.textContent = count;
    badge.hidden = count === 0;
  }
  document.title = counts.unread > 0 ? `（${counts.unread}）${plainTitle}` : plainTitle;
}

let refreshing = null, again = false;
async function refresh() {
  const old = document.querySelector("[data-live]");
  if (!old) return;
  if (refreshing) { again = true; return; }
  refreshing = true;
  try {
    const answer = await fetch(location.href, { headers: { "tasuki-live": "1" } });
    if (answer.ok && answer.url === location.href.split("#")[0]) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      const focused = document.activeElement;
      // What somebody is about to press stays where it is.
      if (fresh && fresh.innerHTML !== old.innerHTML && !(old.contains(focused) && focused.matches("input, textarea, select"))) {
        const href = old.contains(focused) ? focused.getAttribute("href") : null;
        old.replaceWith(fresh);
        if (href) fresh.querySelector(`[href="${CSS.escape(href)}"]`)?.focus();
      }
    }
  } catch { /* the next news comes */ } finally {
    refreshing = null;
    if (again) { again = false; refresh(); }
  }
}

function notify() {
  if (window.Notification?.permission !== "granted" || document.visibilityState === "visible") return;
  new Notification("Tasuki", { body: "新しい連携データが届きました。", tag: "tasuki-arrived" });
}

if (body.dataset.events) {
  if (Number(body.dataset.unread) > 0) document.title = `（${body.dataset.unread}）${plainTitle}`;
  const events = new EventSource(body.dataset.events);
  let fresh = true;
  events.onopen = () => { fresh = true; };
  // Browsers keep pages that were left for a while, and six open streams are all that they allow.
  window.addEventListener("pagehide", () => events.close());
  // Nobody has touched the page for long, or it was stopped elsewhere: what it shows is locked. Only what was typed and
  // could not be kept yet stays.
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED && !unsaved())
      location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  };
  events.onmessage = (event) => {
    const { counts, topics, link_class, link_text } = JSON.parse(event.data);
    const link = document.getElementById("link");
    if (link.textContent !== link_text) { link.textContent = link_text; link.className = `link ${link_class}`; }
    showCounts(counts);
    if (topics.includes("arrived")) {
      document.getElementById("announce").textContent = "新しい連携データが届きました。";
      notify();
    }
    if (topics.length === 0 && !fresh) return;
    fresh = false;
    // The first one too: what changed between the making of the page and this connection was told to nobody.
    refresh();
  };
}

// Permission for notifications, asked for only when somebody wants them.
const notifies = document.querySelector("[data-notifies]");
if (notifies) {
  const state = document.getElementById("notify-state");
  const show = () => {
    const words = { granted: "許可されています。", denied: "ブラウザーの設定で止められています。", default: "" };
    state.textContent = words[window.Notification?.permission] ?? "このブラウザーでは使えません。";
  };
  show();
  notifies.addEventListener("click", async () => { await window.Notification?.requestPermission(); show(); });
}
