// What every page has: the CSRF token for htmx, questions before what cannot be undone, counters, closing of what was
// opened, and saying what happened to who cannot see it.

const csrf = document.querySelector('meta[name="csrf"]').content;

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["x-csrf-token"] = csrf;
});

document.addEventListener("htmx:afterSwap", (event) => {
  const said = event.detail.elt.querySelector?.("[data-announce]") ?? (event.detail.elt.matches?.("[data-announce]") && event.detail.elt);
  if (said) announce(said.dataset.announce);
});

for (const failure of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failure, (event) => {
    const words = document.documentElement.lang.startsWith("zh")
      ? "没有成功，请看一下网络，再试一次。"
      : "That did not work. Please check the network and try again.";
    announce(`${words} (${event.detail.xhr?.status || "–"})`, true);
  });
}

/** Says something to screen readers; what is urgent is shown as well. */
function announce(text, visible = false) {
  const place = document.getElementById("announcer");
  place.className = visible ? "toast" : "unseen";
  place.textContent = text;
  if (visible) setTimeout(() => (place.className = "unseen"), 8000);
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.question;
  if (question && !confirm(question)) event.preventDefault();
});

document.addEventListener("input", (event) => {
  const counter = event.target.id && document.querySelector(`output[for="${CSS.escape(event.target.id)}"][data-limit]`);
  if (!counter) return;
  // As the cloud counts: characters, not UTF-16 units.
  const count = [...event.target.value].length;
  counter.textContent = `${count} / ${counter.dataset.limit}`;
  counter.classList.toggle("over", count > Number(counter.dataset.limit));
});

// A preview that cannot be drawn gives way to the words behind it.
for (const words of document.querySelectorAll(".drawing")) {
  const picture = words.parentElement.querySelector("img");
  const missing = () => {
    words.textContent = words.dataset.none;
    picture.hidden = true;
  };
  picture.addEventListener("error", missing);
  picture.addEventListener("load", () => (picture.hidden = false));
  if (picture.complete && !picture.naturalWidth && picture.currentSrc) missing();
}

// Where something has to be put right, one goes on there.
const wrong = [...document.querySelectorAll('main [aria-invalid="true"]')];
wrong.find((field) => field.offsetParent !== null)?.focus();

// A menu closes when one clicks elsewhere or presses Escape; the focus goes back to what opened it.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.drop[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.drop[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// What is shown once can be copied with one press.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  announce(button.dataset.copied, true);
});
