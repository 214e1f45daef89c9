// The review inbox by keyboard: J and K move, A approves, R opens the reason, O opens the item.
const entries = () => [...document.querySelectorAll("#inbox .entry")];
const current = () => document.activeElement?.closest?.("#inbox .entry");

function go(step) {
  const all = entries();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  a: () => current()?.querySelector("[data-approve]")?.click(),
  r: () => {
    const details = current()?.querySelector("[data-reject]");
    if (!details) return;
    details.open = true;
    details.querySelector("textarea").focus();
  },
  o: () => current()?.querySelector("[data-open]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && typing) current()?.focus();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});

// The menu counts what the tabs count.
document.addEventListener("htmx:afterSettle", () => {
  const count = document.querySelector(".menu .count");
  if (!count) return;
  const left = [...document.querySelectorAll("#steps .chip")].reduce((sum, chip) => sum + Number(chip.textContent), 0);
  count.textContent = left;
  count.hidden = left === 0;
});

// What is decided gives way to what is still to be decided.
document.addEventListener("htmx:afterSettle", (event) => {
  const done = event.detail.elt?.closest?.(".entry.done");
  if (!done) return;
  const all = entries();
  const open = all.slice(all.indexOf(done)).find((entry) => !entry.classList.contains("done"));
  (open ?? done).focus();
});
