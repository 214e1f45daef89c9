// The editor: keeps what is typed, in the browser at once and in the cloud a moment later; hands it in; shows on the TV's
// screen what was kept; and puts marks in front of lines with a press.
//
// One request is under way at a time. A text that was sent and not answered may well have been kept, so exactly that text
// is sent again before anything else is: the cloud knows it again and tells its revision.
const { request } = globalThis.yuexiang;
const form = document.getElementById("editor");
const state = document.getElementById("save-state");
const card = document.getElementById("screen-card");
const words = form.dataset;
const AFTER = 1500;
/** What the form sends of itself, besides the text. */
const ENVELOPE = ["csrf", "once", "revision", "then", "withdraw"];
const view = { screen: "item", page: 0, size: "normal" };
let waiting;
/** The request under way. */
let running;
/** What was sent and has had no answer. */
let unanswered;
/** What the cloud has. */
let kept;
/** Whether somebody has agreed that a text under review or on the air is changed. */
let agreed = false;
/** Whether the form is being filled with what an earlier visit has left. */
let isFilling = false;
/** Whether the page is left with everything kept. */
let leaving = false;

form.classList.add("scripted");

/* What is typed */

/** Fields with something that the browser cannot read, and therefore does not send. */
const unreadable = () => [...form.elements].filter((field) => field.validity?.badInput);

/** The text as the cloud gets it. */
function typed() {
  const fields = [...new FormData(form)].filter(([name]) => !ENVELOPE.includes(name));
  return new URLSearchParams([...fields, ...unreadable().map((field) => ["unreadable", field.name])]).toString();
}

const isChanged = () => typed() !== kept;

function message(text, more = {}) {
  return new URLSearchParams([...new URLSearchParams(text), ["revision", form.elements.revision.value], ...(agreed ? [["withdraw", "1"]] : []), ...Object.entries(more)]);
}

/* Kept in this browser, until the cloud has it */

const shelf = `yuexiang-unsaved/${words.account}/`;
let place = shelf + words.id;

function remember() {
  try {
    if (isChanged()) {
      const { value: revision } = form.elements.revision;
      localStorage.setItem(place, JSON.stringify({ at: Date.now(), revision, kind: form.elements.kind.value, text: typed() }));
    } else {
      localStorage.removeItem(place);
    }
  } catch {
    // Without a place to keep it, the question before leaving remains.
  }
}

/** What an earlier visit has left here: of this item, or, for a new one, of one of its kind that was never kept. */
function left() {
  const read = (key) => {
    try {
      return { key, ...JSON.parse(localStorage.getItem(key)) };
    } catch {
      return {};
    }
  };
  const isNew = form.elements.revision.value === "0";
  const keys = isNew ? Object.keys(localStorage).filter((key) => key.startsWith(shelf)) : [place];
  const found = keys.map(read).filter(({ text, revision, kind }) => text && text !== kept && (!isNew || (revision === "0" && kind === form.elements.kind.value)));
  return found.sort((one, other) => other.at - one.at)[0];
}

function offerLeft() {
  const banner = document.getElementById("kept");
  const old = left();
  if (!old) return;
  const title = new URLSearchParams(old.text).get("title");
  banner.querySelector("[data-said]").textContent = `${banner.dataset.words}${new Date(old.at).toLocaleString(document.documentElement.lang)} ${title}`;
  banner.hidden = false;
  const drop = () => {
    if (old.key !== place || !isChanged()) localStorage.removeItem(old.key);
    banner.hidden = true;
  };
  banner.querySelector("[data-drop]").onclick = drop;
  banner.querySelector("[data-take]").onclick = async () => {
    // It goes on as what it was: the same item, and the revision that it was written over. Its text may have reached the
    // cloud without an answer, so that is sent first.
    words.id = old.key.slice(shelf.length);
    form.action = `/console/items/${words.id}`;
    form.elements.revision.value = old.revision;
    place = old.key;
    unanswered = old.text;
    banner.hidden = true;
    // What is kept here stays as it is until all of it is back.
    isFilling = true;
    try {
      await fill(new URLSearchParams(old.text));
    } finally {
      isFilling = false;
    }
    changed();
  };
}

/** Puts a text that was kept here back into the form. */
async function fill(text) {
  for (const field of form.elements) {
    if (!field.name || ENVELOPE.includes(field.name) || field.type === "hidden" || field.closest(".media, .chosen")) continue;
    if (field.type === "checkbox") field.checked = text.getAll(field.name).includes(field.value);
    else if (field.type !== "radio" && field.type !== "submit" && field.type !== "file") field.value = text.get(field.name) ?? "";
  }
  for (const block of form.querySelectorAll("[data-upload]")) await fillMedia(block, text);
  const audience = form.querySelector("[data-picker=many]");
  const regions = (name) => text.getAll(audience?.dataset[name]).filter(Boolean);
  for (const name of audience ? ["only", "except"] : []) {
    for (const code of regions(name)) await choose(audience, code, name === "except");
  }
  form.dispatchEvent(new Event("yuexiang:filled"));
  for (const field of form.querySelectorAll("output[for]")) document.getElementById(field.htmlFor.value)?.dispatchEvent(new Event("input", { bubbles: true }));
}

async function fillMedia(block, text) {
  const slot = block.dataset.upload;
  const captions = text.getAll(`${slot}_caption`);
  const ids = text.getAll(slot).filter(Boolean);
  const list = block.querySelector(".media");
  for (const medium of list.querySelectorAll("[data-medium]")) if (!ids.includes(medium.dataset.medium)) medium.remove();
  for (const [at, id] of ids.entries()) {
    let medium = list.querySelector(`[data-medium="${CSS.escape(id)}"]`);
    if (!medium) {
      const answer = await request(`/console/media/${encodeURIComponent(id)}?slot=${slot}`);
      if (!answer.ok) continue;
      list.insertAdjacentHTML("beforeend", await answer.text());
      medium = list.lastElementChild;
      htmx.process(medium);
    }
    list.append(medium);
    const caption = medium.querySelector(`[name=${slot}_caption]`);
    if (caption) caption.value = captions[at] ?? "";
  }
  block.dispatchEvent(new Event("yuexiang:filled"));
}

/** Adds a region to the audience; its name is asked for. */
async function choose(field, code, isLeftOut) {
  const name = isLeftOut ? field.dataset.except : field.dataset.only;
  if (field.querySelector(`.chosen input[name="${name}"][value="${CSS.escape(code)}"]`)) return;
  const answer = await request(`/console/regions?${new URLSearchParams({ q: code, root: field.dataset.root })}`);
  const found = document.createElement("ul");
  if (answer.ok) found.innerHTML = await answer.text();
  const line = found.querySelector(`[data-code="${CSS.escape(code)}"]`);
  field.dispatchEvent(new CustomEvent("yuexiang:choose", { detail: { code, name: line?.dataset.name ?? code, isLeftOut } }));
}

/* Saving */

/** Something was typed, chosen or taken away. */
function changed() {
  if (isFilling) return;
  clearTimeout(waiting);
  if (!isChanged()) return remember();
  if (words.guard && !agreed) return ask();
  remember();
  if (!running) say(words.typing, "muted");
  waiting = setTimeout(() => save().catch(() => {}), AFTER);
}

/** Before a text under review or on the air is changed. Without an answer nothing leaves this page. */
function ask() {
  if (document.getElementById("guard")) return;
  const make = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const end = (isSure) => {
    question.close();
    question.remove();
    if (isSure) {
      agreed = true;
      changed();
    } else {
      leaving = true;
      localStorage.removeItem(place);
      location.reload();
    }
  };
  const button = (text, className, value) => make("button", { type: "button", className, textContent: text, value, onclick: () => end(value === "go-on") });
  const question = make("dialog", { id: "guard", className: "sheet-dialog" },
    make("p", { textContent: words.guard }),
    make("div", { className: "row end" }, button(words.leave, "button", "leave"), button(words.goOn, "button primary", "go-on")));
  question.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(question);
  question.showModal();
}

/** Brings everything that was typed so far to the cloud; one request after the other. */
function save() {
  clearTimeout(waiting);
  return (running ??= keepAll().finally(() => (running = undefined)));
}

async function keepAll() {
  while (unanswered !== undefined || isChanged()) {
    if (words.guard && !agreed && isChanged()) return ask();
    state.firstElementChild?.classList.add("busy");
    const answer = await send(`${form.action}/autosave`, unanswered ?? typed(), {}, true);
    if (!answer.ok) return;
  }
}

/** Sends a text. What comes back is shown and taken over; without an answer it is tried again later. */
async function send(url, text, more, patient) {
  unanswered = text;
  const again = (said) => {
    if (said instanceof Element) state.replaceChildren(said);
    else say(said);
    clearTimeout(waiting);
    waiting = setTimeout(() => save().catch(() => {}), 10 * AFTER);
  };
  let answer;
  let fragment;
  try {
    answer = await request(url, { method: "POST", body: message(text, more), patient });
    fragment = await read(answer);
  } catch (error) {
    again(more.then ? words.offline : words.unsaved);
    throw error;
  }
  if (answer.status === 401 || answer.status >= 500) {
    again(fragment ?? words.unsaved);
    throw new Error(`not kept: ${answer.status}`);
  }
  unanswered = undefined;
  if (fragment?.matches(".saved")) {
    kept = text;
    state.replaceChildren(fragment);
    take(fragment);
  } else if (answer.status === 204) {
    kept = text;
  } else {
    if (fragment) state.replaceChildren(fragment);
    else say(`${words.unsaved} (${answer.status})`);
    if (fragment?.dataset.guard) words.guard = fragment.dataset.guard;
    if (fragment?.dataset.guard && !agreed) ask();
  }
  remember();
  return answer;
}

/** What an answer says; nothing but what the editor knows comes into the page. */
async function read(answer) {
  if (answer.headers.get("content-type")?.includes("problem+json")) {
    const problem = await answer.json();
    const said = document.documentElement.lang.startsWith("zh") ? problem.title : problem.detail;
    return Object.assign(document.createElement("p"), { className: "problem", textContent: said });
  }
  const shown = document.createElement("template");
  shown.innerHTML = await answer.text();
  const fragment = shown.content.firstElementChild;
  return fragment?.matches(".saved, .not-saved") ? fragment : undefined;
}

/** What the cloud says of the text it has kept. */
function take(saved) {
  if (form.elements.revision.value === "0") history.replaceState(null, "", `/console/items/${saved.dataset.id}/edit`);
  form.elements.revision.value = saved.dataset.revision;
  if (saved.dataset.guard) {
    words.guard = saved.dataset.guard;
  } else {
    delete words.guard;
  }
  agreed &&= Boolean(words.guard);
  card.toggleAttribute("data-drawn", "drawn" in saved.dataset);
  showProblems(saved);
  show(saved.querySelector("[data-problems]") !== null);
}

function say(text, className = "problem") {
  state.replaceChildren(Object.assign(document.createElement("p"), { className, textContent: text }));
}

/** Puts what is wrong below the fields that it is about, and takes away what is no longer wrong. */
function showProblems(saved) {
  for (const old of form.querySelectorAll(".problem[data-told]")) old.remove();
  for (const field of form.querySelectorAll(".field.wrong")) {
    field.classList.remove("wrong");
    field.querySelector(".problem")?.remove();
    field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }
  for (const { dataset, textContent } of saved.querySelectorAll("[data-problems] li")) tell(dataset.field, textContent);
}

function tell(name, text) {
  const input = name && form.querySelector(`[name="${CSS.escape(name)}"]:not([type=hidden])`);
  const field = input?.closest(".field");
  if (!field || field.querySelector(".problem[data-told]")) return;
  field.classList.add("wrong");
  input.setAttribute("aria-invalid", "true");
  const words = Object.assign(document.createElement("p"), { className: "problem", textContent: text });
  words.dataset.told = "";
  field.append(words);
}

/* Handing in */

/** What the browser cannot read is refused by name, where it stands. */
function refuseUnreadable(bad) {
  const label = (field) => form.querySelector(`label[for="${CSS.escape(field.id)}"]`)?.textContent.trim() ?? field.name;
  for (const field of bad) tell(field.name, words.unreadable);
  say(words.unreadableFields + bad.map(label).join(" · "));
  bad[0].focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if ("sent" in words) return;
  const then = event.submitter?.value ?? "save";
  const bad = unreadable();
  if (bad.length) return refuseUnreadable(bad);
  if (words.guard && !agreed && isChanged()) return ask();
  clearTimeout(waiting);
  words.sent = "";
  form.setAttribute("aria-busy", "true");
  form.inert = true;
  try {
    // A save under way is waited for: its answer carries the revision that this one needs.
    await running?.catch(() => {});
    if (unanswered !== undefined && unanswered !== typed()) await save();
    if ("guard" in words && !agreed && isChanged()) return ask();
    const answer = await send(form.action, typed(), { then });
    const onward = answer.headers.get("x-location");
    if (!onward) return;
    leaving = true;
    localStorage.removeItem(place);
    location.assign(onward);
  } catch {
    // It was said already; everything is where it was.
  } finally {
    if (!leaving) {
      delete words.sent;
      form.removeAttribute("aria-busy");
      form.inert = false;
      document.querySelector('#editor [aria-invalid="true"]')?.focus();
    }
  }
});

for (const name of ["input", "change", "yuexiang:changed"]) form.addEventListener(name, changed);

// What has become of a file may have been all that was missing: the same text is looked at again.
form.addEventListener("yuexiang:settled", () => {
  if (isChanged()) return changed();
  if (form.elements.revision.value === "0") return;
  unanswered ??= typed();
  save().catch(() => {});
});

// Nothing is left behind without a question, and what is hidden is kept at once: it may never come back.
addEventListener("beforeunload", (event) => {
  if (!leaving && isChanged()) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden" || leaving || !isChanged()) return;
  remember();
  if (!words.guard || agreed) save().catch(() => {});
});

/* The TV's screen */

let pages = 0;
let asked = 0;

/** `faulty` says that the text has something that cannot be shown. */
function show(faulty = false) {
  if (form.elements.revision.value === "0") return;
  if (!("drawn" in card.dataset)) {
    pages = 0;
    turn();
    if (faulty || document.getElementById("screen-image")) blank(faulty ? card.dataset.faulty : card.dataset.none);
    return;
  }
  draw();
}

/** Which pages there are is told with the picture of one: the newest that was asked for counts. */
async function draw() {
  const mine = ++asked;
  const source = `/console/items/${words.id}/preview.png?${new URLSearchParams({ ...view, rev: form.elements.revision.value })}`;
  const answer = await request(source, { patient: true }).catch(() => undefined);
  if (mine !== asked) return;
  if (!answer?.ok) return blank(card.dataset.none);
  const drawn = await answer.blob();
  if (mine !== asked) return;
  pages = Number(answer.headers.get("x-pages")) || 1;
  const last = view.screen === "item" ? pages - 1 : 0;
  if (view.page > last) {
    view.page = last;
    return draw();
  }
  let picture = document.getElementById("screen-image");
  if (!picture) {
    picture = Object.assign(document.createElement("img"), { id: "screen-image", width: 400, height: 225, alt: card.dataset.alt });
    picture.addEventListener("error", () => blank(card.dataset.none));
    const link = Object.assign(document.createElement("a"), { id: "screen-link", target: "_blank" });
    link.append(picture);
    card.querySelector(".screen").replaceChildren(link);
  }
  const before = picture.src;
  picture.src = URL.createObjectURL(drawn);
  if (before.startsWith("blob:")) URL.revokeObjectURL(before);
  document.getElementById("screen-link").href = source;
  turn();
}

/** The buttons to turn pages, and where one is. */
function turn() {
  const several = view.screen === "item" && pages > 1;
  for (const button of card.querySelectorAll("[data-page]")) button.disabled = !several;
  document.getElementById("screen-page").textContent = several ? `${view.page + 1} / ${pages}` : "";
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
  view.page = Math.min(Math.max(view.page + Number(button.dataset.page), 0), Math.max(pages - 1, 0));
  show();
});

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

// From here on it is known what the cloud has: what the form was filled with.
kept = typed();
offerLeft();
show(form.querySelector("[data-problems]") !== null);
