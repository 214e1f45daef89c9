// The review inbox: what is seen to its end can be approved, by mouse or by keyboard (J and K move, the arrows turn the
// TV's pages, A approves, R opens the reason, O opens the item). A key that is held does nothing more than a press, and
// after each decision there is a pause: nobody approves what has only just come up.
const { announce } = globalThis.yuexiang;
/** Milliseconds. */
const PAUSE = 1500;
let paused = 0;

const entries = () => [...document.querySelectorAll("#inbox .entry")];
const current = () => document.activeElement?.closest?.("#inbox .entry");
const screen = (entry) => entry?.querySelector("[data-tv]")?.screen;

/** What is left to be looked at before an entry can be approved. */
function unlock() {
  const isPaused = Date.now() < paused;
  for (const entry of entries()) {
    const button = entry.querySelector("[data-approve]");
    if (!button) continue;
    const left = screen(entry)?.left ?? 1;
    button.disabled = left > 0 || isPaused;
    button.title = left > 0 ? button.dataset.unseen.replace("{}", left) : "";
    button.form.querySelector("[data-seen]").value = screen(entry)?.seen.size ?? 0;
  }
  const all = document.getElementById("seen-all");
  if (!all) return;
  const open = approvable();
  all.hidden = open.length < 2;
  const button = all.querySelector("button");
  button.textContent = button.dataset.words.replace("{}", open.length);
}

const approvable = () => [...document.querySelectorAll("#inbox [data-approve]:enabled")];

document.addEventListener("yuexiang:seen", unlock);
unlock();

function go(step) {
  const all = entries();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function approve() {
  const entry = current();
  const button = entry?.querySelector("[data-approve]");
  if (!button) return entry?.querySelector("[data-to-review]")?.focus();
  if (button.disabled) return button.title && announce(button.title, true);
  button.click();
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  a: approve,
  r: () => {
    const details = current()?.querySelector("[data-reject]");
    if (!details) return;
    details.open = true;
    details.querySelector("textarea").focus();
  },
  o: () => current()?.querySelector("[data-open]")?.click(),
  arrowright: () => screen(current())?.turn(1),
  arrowleft: () => screen(current())?.turn(-1),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && typing) current()?.focus();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  // A key that is held is one press.
  if (event.repeat) return;
  action();
});
// Nor does a held key press the button that has the focus.
document.addEventListener("keydown", (event) => {
  if (event.repeat && ["Enter", " "].includes(event.key) && event.target.closest?.("#inbox button")) event.preventDefault();
});

document.getElementById("seen-all")?.querySelector("button").addEventListener("click", async (event) => {
  const buttons = approvable();
  const titles = buttons.map((button) => `· ${button.closest(".entry").querySelector("h2").textContent.trim()}`);
  if (!confirm([event.target.parentElement.dataset.question, ...titles].join("\n"))) return;
  // One after the other: each changes the same region.
  for (const button of buttons) {
    const { form } = button;
    const done = new Promise((resolve) => form.addEventListener("htmx:afterRequest", resolve, { once: true }));
    button.disabled = false;
    form.requestSubmit();
    await done;
  }
});

// The menu counts what the tabs count.
document.addEventListener("htmx:afterSettle", () => {
  const count = document.querySelector(".menu .count");
  if (!count) return;
  const left = [...document.querySelectorAll("#steps .chip")].reduce((sum, chip) => sum + Number(chip.textContent), 0);
  count.textContent = left;
  count.hidden = left === 0;
});

// What is decided gives way to what is still to be decided, after a pause.
document.addEventListener("htmx:afterSettle", (event) => {
  const done = event.detail.elt?.closest?.(".entry.done");
  if (!done) return;
  paused = Date.now() + PAUSE;
  setTimeout(unlock, PAUSE + 10);
  unlock();
  const all = entries();
  const open = all.slice(all.indexOf(done)).find((entry) => !entry.classList.contains("done"));
  (open ?? done).focus();
});
