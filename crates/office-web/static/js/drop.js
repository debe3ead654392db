// Files, by drop or button. They go to the server in portions, so that any number of them can be dropped.

import { announce, headers, logIn, refusalOf } from "./ask.js";
import { settled } from "./autosave.js";

const PORTION_BYTES = 24 * 1024 * 1024;
const PORTION_FILES = 200;
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
    if (size > 0 && (size + file.size > PORTION_BYTES || all.at(-1).length >= PORTION_FILES)) {
      all.push([]);
      size = 0;
    }
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
    for (const field of zone.querySelectorAll("input[type=hidden]")) data.append(field.name, field.value);
    for (const file of files) data.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      const said = request.response;
      if (request.status === 200 && said?.next) resolve(said.next);
      else reject(refusalOf(request.status, said));
    };
    request.onerror = () => reject(refusalOf(0));
    request.send(data);
  });
}

const isOfTheSystem = (name) => name.startsWith(".") || name === "Thumbs.db" || name === "desktop.ini";

async function takeIn(dropped) {
  const files = dropped.filter((file) => !isOfTheSystem(file.name));
  if (files.length === 0) return;
  const bar = zone.querySelector("progress");
  const sizeOf = (some) => some.reduce((sum, file) => sum + file.size, 0);
  bar.max = sizeOf(files) || 1;
  zone.querySelector(".uploading").hidden = false;
  let next = null;
  let before = 0;
  try {
    // A message that was typed may just be making the draft to which the files belong.
    await settled();
    let address = zone.action;
    for (const some of portions(files)) {
      next = await upload(address, some, (loaded) => { bar.value = before + loaded; });
      before += sizeOf(some);
      // Further portions go where the first one has gone.
      address = next.split("?")[0];
    }
    location.href = next;
  } catch (refused) {
    zone.querySelector(".uploading").hidden = true;
    zone.querySelector("input[type=file]").value = "";
    const taken = next ? "途中まで入りました。" : "ファイルは入っていません。";
    const [way, label] = refused.status === 401 ? [logIn(), "ログインし直す"] : [next, "入った分を見る"];
    announce(`${taken}${refused.message}`, way, label);
  }
}

if (zone) {
  const input = zone.querySelector("input[type=file]");
  input.addEventListener("change", () => takeIn([...input.files]));
  // Wherever on the page a file is dropped: it must not replace the page.
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("over");
  });
  window.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    takeIn(await filesOf(event.dataTransfer));
  });
} else {
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
}
