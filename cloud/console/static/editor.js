// The editor: saves by itself, shows on the TV's screen what was saved, and puts marks in front of lines with a press.
const form = document.getElementById("editor");
const state = document.getElementById("save-state");
const card = document.getElementById("screen-card");
const AFTER = 1500;

const view = { screen: "item", page: 0, size: "normal" };
let waiting;
let saving = false;
let again = false;

form.classList.add("scripted");

/* Saving */

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(save, AFTER);
}

async function save() {
  clearTimeout(waiting);
  if (!form.elements.title.value.trim()) return;
  // One at a time: the answer carries the revision that the next one needs.
  if (saving) {
    again = true;
    return;
  }
  saving = true;
  state.firstElementChild?.classList.add("busy");
  try {
    await post();
  } catch {
    say(form.dataset.unsaved);
    waiting = setTimeout(save, 10 * AFTER);
  } finally {
    saving = false;
    if (again) {
      again = false;
      later();
    }
  }
}

async function post() {
  const id = form.dataset.id;
  const answer = await fetch(id ? `/console/items/${id}/autosave` : "/console/items/autosave", {
    method: "POST",
    headers: { "HX-Request": "true", "x-csrf-token": form.elements.csrf.value },
    body: new URLSearchParams(new FormData(form)),
  });
  const told = answer.ok || [409, 422].includes(answer.status);
  if (!told) throw new Error(`saving failed: ${answer.status}`);
  state.innerHTML = await answer.text();
  const saved = state.querySelector(".saved");
  if (!saved || "conflict" in saved.dataset) return;
  if (!id) {
    form.dataset.id = saved.dataset.id;
    form.action = `/console/items/${saved.dataset.id}`;
    history.replaceState(null, "", `/console/items/${saved.dataset.id}/edit`);
  }
  form.elements.revision.value = saved.dataset.revision;
  card.dataset.pages = saved.dataset.pages;
  showProblems(saved);
  show(saved.querySelector("[data-problems]") !== null);
}

function say(text) {
  state.replaceChildren(Object.assign(document.createElement("p"), { className: "problem", textContent: text }));
}

/** Puts what is wrong below the fields that it is about, and takes away what is no longer wrong. */
function showProblems(saved) {
  for (const old of form.querySelectorAll(".problem[data-told]")) old.remove();
  for (const field of form.querySelectorAll(".field.wrong")) {
    field.classList.remove("wrong");
    field.querySelector(".problem")?.remove();
    field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }
  for (const { dataset, textContent } of saved.querySelectorAll("[data-problems] li")) {
    const input = dataset.field && form.querySelector(`[name="${CSS.escape(dataset.field)}"]:not([type=hidden])`);
    const field = input?.closest(".field");
    if (!field || input === document.activeElement) continue;
    field.classList.add("wrong");
    input.setAttribute("aria-invalid", "true");
    const problem = Object.assign(document.createElement("p"), { className: "problem", textContent });
    problem.dataset.told = "";
    field.append(problem);
  }
}

form.addEventListener("input", later);
form.addEventListener("change", (event) => event.target.form === form && later());
form.addEventListener("yuexiang:changed", later);
form.addEventListener("submit", () => clearTimeout(waiting));

/* The TV's screen */

/** `faulty` says that the text has something that cannot be shown. */
function show(faulty = false) {
  const id = form.dataset.id;
  if (!id) return;
  const pages = Number(card.dataset.pages);
  for (const button of card.querySelectorAll("[data-page]")) button.disabled = view.screen !== "item" || pages < 2;
  if (pages < 1) {
    document.getElementById("screen-page").textContent = "";
    if (faulty || document.getElementById("screen-image")) blank(faulty ? card.dataset.faulty : card.dataset.none);
    return;
  }
  view.page = Math.min(Math.max(view.page, 0), view.screen === "item" ? pages - 1 : 0);
  const query = new URLSearchParams({ ...view, rev: form.elements.revision.value });
  let picture = document.getElementById("screen-image");
  if (!picture) {
    picture = Object.assign(document.createElement("img"), { id: "screen-image", width: 400, height: 225, alt: card.dataset.alt });
    picture.addEventListener("error", () => blank(card.dataset.none));
    const link = Object.assign(document.createElement("a"), { id: "screen-link", target: "_blank" });
    link.append(picture);
    card.querySelector(".screen").replaceChildren(link);
  }
  const source = `/console/items/${id}/preview.png?${query}`;
  if (picture.getAttribute("src") !== source) picture.src = source;
  document.getElementById("screen-link").href = source;
  document.getElementById("screen-page").textContent = view.screen === "item" && pages > 1 ? `${view.page + 1} / ${pages}` : "";
}

/** Says why there is no picture, in its place. */
function blank(why) {
  card.querySelector(".screen").replaceChildren(Object.assign(document.createElement("p"), { className: "no-screen", textContent: why }));
}

card.addEventListener("change", (event) => {
  if (!["screen", "size"].includes(event.target.name)) return;
  event.stopPropagation();
  view[event.target.name] = event.target.value;
  view.page = 0;
  show();
});
card.addEventListener("click", (event) => {
  const button = event.target.closest("[data-page]");
  if (!button) return;
  view.page += Number(button.dataset.page);
  show();
});
show();

/* Marks in front of lines */

const body = document.getElementById("body");
const prefixes = { heading: () => "## ", list: () => "- ", number: (at) => `${at + 1}. `, quote: () => "> ", plain: () => "" };

// Until somebody has put the cursor elsewhere, what is inserted goes to the end.
body.setSelectionRange(body.value.length, body.value.length);

for (const button of form.querySelectorAll("[data-markdown]")) {
  button.addEventListener("click", () => prefix(prefixes[button.dataset.markdown]));
}

/** Begins every selected line with what makes it a heading, an entry or a quote. */
function prefix(of) {
  const start = body.value.lastIndexOf("\n", body.selectionStart - 1) + 1;
  const end = body.value.indexOf("\n", body.selectionEnd);
  const lines = body.value.slice(start, end < 0 ? undefined : end).split("\n");
  // What the server takes for a mark, and nothing else: the year in "2026. " stays.
  const bare = lines.map((line) => line.replace(/^(#{1,4} |[->] |[1-9]\d?\.[ \t])\s*/, ""));
  let at = 0;
  const marked = bare.map((line) => (line || bare.length === 1 ? of(at++) + line : line));
  insert(marked.join("\n"), start, end < 0 ? body.value.length : end);
}

function insert(text, from, to) {
  body.focus();
  body.setRangeText(text, from, to, "end");
  body.dispatchEvent(new Event("input", { bubbles: true }));
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert-id]");
  if (!button) return;
  const caption = button.closest(".medium").querySelector("input[name=picture_caption]")?.value ?? "";
  insert(`\n![${caption}](media:${button.dataset.insertId})\n`, body.selectionStart, body.selectionEnd);
});
