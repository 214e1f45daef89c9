// What every page has: requests that survive the end of a session, forms that are sent once, questions before what cannot
// be undone, counters, closing of what was opened, and saying what happened to who cannot see it.
const isChinese = document.documentElement.lang.startsWith("zh");
const meta = (name) => document.querySelector(`meta[name="${name}"]`);

/* Requests */

/** The token of the session that the browser has now; another window may have signed in anew. */
const token = () => meta("csrf").content;

function take(session) {
  meta("csrf").content = session.csrf;
  for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = session.csrf;
}

const dialog = document.getElementById("sign-in");
let signingIn;
/** Until when somebody who said “later” is not asked by what goes on by itself. */
let later = 0;

/** Who is signed in now. */
async function whoever() {
  const answer = await fetch("/console/session", { headers: { "HX-Request": "true" }, cache: "no-store" });
  return answer.ok ? answer.json() : undefined;
}

/** The same; nobody, or somebody else than this page belongs to, is none. */
async function session() {
  const found = await whoever();
  if (!found || found.account === meta("account")?.content) return found;
  complain(dialog?.dataset.other);
  return undefined;
}

function complain(text) {
  const said = dialog?.querySelector("[data-said]");
  if (!said) return;
  said.textContent = text ?? "";
  said.hidden = !text;
}

/**
 * Has the person sign in again on this page. True when that is done: the page then has the token of the new session. Where
 * several things wait for it, all of them go on.
 */
function signIn() {
  if (!dialog) return Promise.resolve(false);
  return (signingIn ??= new Promise((resolve) => {
    complain("");
    dialog.showModal();
    const end = (done) => {
      dialog.close();
      for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
      signingIn = undefined;
      resolve(done);
    };
    const wait = () => {
      later = Date.now() + 60_000;
      end(false);
    };
    const look = async () => {
      const found = await session().catch(() => undefined);
      if (!found || !signingIn) return;
      take(found);
      end(true);
    };
    const send = async (event) => {
      event.preventDefault();
      event.stopPropagation();
      const form = event.target;
      const button = form.querySelector("[type=submit]");
      button.disabled = true;
      try {
        const post = async (csrf) => {
          const answer = await fetch(form.action, { method: "POST", headers: { "HX-Request": "true", "x-csrf-token": csrf }, body: new URLSearchParams(new FormData(form)) });
          return answer.ok ? undefined : answer.json();
        };
        let problem = await post(token());
        // Another window has signed in meanwhile; its session gives way.
        if (problem?.code === "forged") problem = await post((await whoever())?.csrf);
        if (problem) return complain(isChinese ? problem.title : problem.detail);
        form.elements.password.value = "";
        await look();
      } catch {
        complain(dialog.dataset.offline);
      } finally {
        button.disabled = false;
      }
    };
    const listeners = [
      [dialog.querySelector("form"), "submit", send],
      [dialog.querySelector("[data-later]"), "click", () => wait()],
      [dialog, "cancel", () => wait()],
      // Back from another window in which one has signed in.
      [window, "focus", look],
    ];
    for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  }));
}

/**
 * A request of this page. When the session has ended, or belongs to another window, it is sent again with the new token as
 * soon as there is one. Whatever is answered is an answer to the request, never a page to sign in. `patient`: nobody has
 * asked for it just now.
 */
async function request(url, { patient = false, ...options } = {}) {
  for (let renewed = false; ; renewed = true) {
    const headers = { "HX-Request": "true", "x-csrf-token": token(), ...options.headers };
    const answer = await fetch(url, { redirect: "error", ...options, headers });
    if (answer.status === 401) {
      if (!(patient && Date.now() < later) && (await signIn())) continue;
      return answer;
    }
    const isForged = answer.status === 403 && answer.headers.get("content-type")?.includes("problem+json") && (await answer.clone().json()).code === "forged";
    if (!isForged || renewed) return answer;
    const found = await session().catch(() => undefined);
    if (found) take(found);
    else if (!(await signIn())) return answer;
  }
}

globalThis.yuexiang = { request, signIn, token, announce };

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["x-csrf-token"] = token();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const said = event.detail.elt.querySelector?.("[data-announce]") ?? (event.detail.elt.matches?.("[data-announce]") && event.detail.elt);
  if (said) announce(said.dataset.announce);
});

for (const failure of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failure, async (event) => {
    const { xhr, elt } = event.detail;
    unlock(elt);
    // A form is sent again after signing in; what asks by itself asks again by itself.
    if (xhr?.status === 401 || (xhr?.status === 403 && xhr.getResponseHeader("content-type")?.includes("problem+json"))) {
      const isForm = elt instanceof HTMLFormElement;
      const found = await session().catch(() => undefined);
      if (found) take(found);
      else if (!isForm && Date.now() < later) return;
      if ((found || (await signIn())) && isForm) elt.requestSubmit();
      return;
    }
    announce(refusal(xhr) ?? (isChinese
      ? "没有成功，请看一下网络，再试一次。"
      : "That did not work. Please check the network and try again."), true);
  });
}

/** What the cloud has said about a request that it refused, in the page's language; none when it has said nothing. */
function refusal(xhr) {
  if (!xhr?.status) return undefined;
  const kind = xhr.getResponseHeader("content-type") ?? "";
  if (kind.includes("problem+json")) {
    const problem = JSON.parse(xhr.responseText);
    return isChinese ? problem.title : problem.detail;
  }
  const card = kind.includes("html") && new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".error-card");
  const said = card && [...card.querySelectorAll("h1, p:not(.status)")].map((line) => line.textContent.trim());
  return said?.length ? said.slice(0, 3).join(isChinese ? " " : ". ") : undefined;
}

/** Says something to screen readers; what is urgent is shown as well. */
function announce(text, visible = false) {
  const place = document.getElementById("announcer");
  place.className = visible ? "toast" : "unseen";
  place.textContent = text;
  if (visible) setTimeout(() => (place.className = "unseen"), 8000);
}

/* Forms */

/** Fields whose text the browser itself cannot read: it would send them as if nothing had been typed. */
function unreadable(form) {
  return [...form.elements].filter((field) => field.validity?.badInput);
}

// A form is sent once. It is free again when its answer is none (htmx), or when one comes back to the page.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // Some forms are sent by a script of their own.
  if ("own" in form.dataset) return;
  if ("sent" in form.dataset) return refuse(event);
  const bad = unreadable(form);
  if (bad.length) {
    refuse(event);
    const label = document.querySelector(`label[for="${CSS.escape(bad[0].id)}"]`)?.textContent.trim() ?? bad[0].name;
    announce(isChinese ? `“${label}”看不懂，请补全。` : `“${label}” cannot be read; please complete it.`, true);
    bad[0].focus();
    return;
  }
  const { question } = form.dataset;
  if (question && !confirm(question)) return refuse(event);
  if (form.method !== "post") return;
  form.dataset.sent = "";
  form.setAttribute("aria-busy", "true");
}, true);

function refuse(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function unlock(form) {
  if (!(form instanceof HTMLFormElement)) return;
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}
document.addEventListener("htmx:afterRequest", (event) => unlock(event.detail.elt));
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) unlock(form);
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

// Where something has to be put right, one goes on there, once all scripts have drawn what they draw.
document.addEventListener("DOMContentLoaded", () => {
  const wrong = [...document.querySelectorAll('main [aria-invalid="true"]')];
  wrong.find((field) => field.offsetParent !== null)?.focus();
});

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
