// Dialogs, printing, questions before something goes for good, and permission for notifications.

for (const dialog of document.querySelectorAll("dialog[data-open-at-once]")) dialog.showModal();

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-opens], [data-closes], [data-prints]");
  if (!element) return;
  if (element.dataset.opens) {
    event.preventDefault();
    document.getElementById(element.dataset.opens).showModal();
  }
  if (element.dataset.closes) document.getElementById(element.dataset.closes).close();
  if ("prints" in element.dataset) window.print();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  const button = event.submitter;
  // A second click must not do it twice. Disabled at once, the button's form would not be sent.
  setTimeout(() => {
    for (const other of form.querySelectorAll("button")) other.disabled = true;
    if (button?.dataset.busy) button.textContent = button.dataset.busy;
  });
});

// Coming back with the browser's button, everything can be pressed again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Permission for notifications, asked for only when somebody wants them.
const notifies = document.querySelector("[data-notifies]");
if (notifies) {
  const state = document.getElementById("notify-state");
  const words = { granted: "許可されています。", denied: "ブラウザーの設定で止められています。", default: "" };
  const show = () => {
    state.textContent = words[window.Notification?.permission] ?? "このブラウザーでは使えません。";
  };
  show();
  notifies.addEventListener("click", async () => {
    await window.Notification?.requestPermission();
    show();
  });
}
