// The tree picker: loads what lies in a region when it is opened, searches while one types, is used with the keyboard
// alone, and keeps its choice in fields of the form.
let counter = 0;

class Picker {
  constructor(field) {
    this.field = field;
    this.many = field.dataset.picker === "many";
    this.button = field.querySelector(":scope > button");
    this.popup = field.querySelector(".popup");
    this.search = field.querySelector("[data-search]");
    this.hits = field.querySelector("[data-hits]");
    this.tree = field.querySelector("[data-tree]");
    this.button.addEventListener("click", () => (this.popup.hidden ? this.open() : this.close()));
    this.popup.addEventListener("keydown", (event) => this.key(event));
    this.popup.addEventListener("click", (event) => this.press(event));
    // Changing the search is no change of the form around it.
    this.search.addEventListener("change", (event) => event.stopPropagation());
    this.search.addEventListener("input", () => this.look());
    field.addEventListener("change", () => this.mark());
    field.addEventListener("yuexiang:choose", ({ detail: { code, name, isLeftOut } }) => this.toggle({ dataset: { code, name } }, isLeftOut));
    document.addEventListener("click", (event) => {
      if (!this.popup.hidden && !event.composedPath().includes(this.field)) this.close(false);
    });
    this.mark();
  }

  async open() {
    this.popup.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.place();
    const root = this.tree.querySelector("[data-code]");
    root.tabIndex = 0;
    if (root.getAttribute("aria-expanded") === "false") await this.expand(root);
    this.place();
    this.search.focus();
  }

  /** Opens upwards where there is room above and none below, and ends with the field where the page would else grow wider. */
  place() {
    this.popup.classList.remove("up", "leftwards");
    const { clientWidth } = document.documentElement;
    if (this.popup.getBoundingClientRect().right > clientWidth) this.popup.classList.add("leftwards");
    const { bottom, height } = this.popup.getBoundingClientRect();
    const above = this.field.getBoundingClientRect().top;
    if (bottom > innerHeight) {
      if (above > height) this.popup.classList.add("up");
      else this.popup.scrollIntoView({ block: "nearest" });
    }
  }

  close(back = true) {
    this.popup.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back) this.button.focus();
  }

  async fetch(query) {
    const answer = await globalThis.yuexiang.request(`/console/regions?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Error(`the regions could not be loaded: ${answer.status}`);
    return answer.text();
  }

  async expand(item) {
    item.setAttribute("aria-expanded", "true");
    if (item.querySelector(":scope > ul")) return;
    const group = document.createElement("ul");
    group.setAttribute("role", "group");
    group.innerHTML = await this.fetch({ parent: item.dataset.code });
    item.append(group);
    this.mark();
  }

  collapse(item) {
    item.setAttribute("aria-expanded", "false");
  }

  look() {
    clearTimeout(this.waiting);
    const q = this.search.value.trim();
    this.hits.hidden = !q;
    this.tree.hidden = Boolean(q);
    if (!q) return;
    // One request for a word, not one for every letter.
    this.waiting = setTimeout(async () => {
      const mine = ++counter;
      const html = await this.fetch({ q, root: this.field.dataset.root });
      if (mine !== counter) return;
      this.hits.innerHTML = html;
      if (!this.hits.children.length) this.hits.textContent = this.field.dataset.nothing;
      this.mark();
    }, 150);
  }

  /** All lines that can be seen, from top to bottom. */
  lines() {
    const list = this.hits.hidden ? this.tree : this.hits;
    return [...list.querySelectorAll("[data-code]")].filter((line) => line.offsetParent !== null);
  }

  focus(line) {
    if (!line) return;
    for (const other of this.popup.querySelectorAll('[data-code][tabindex="0"]')) other.tabIndex = -1;
    line.tabIndex = 0;
    line.focus();
  }

  key(event) {
    const line = event.target.closest("[data-code]");
    const lines = this.lines();
    const at = lines.indexOf(line);
    const open = line?.getAttribute("aria-expanded");
    const actions = {
      Escape: () => this.close(),
      ArrowDown: () => this.focus(lines[at + 1]),
      ArrowUp: () => (at <= 0 ? this.search.focus() : this.focus(lines[at - 1])),
      Home: line && (() => this.focus(lines[0])),
      End: line && (() => this.focus(lines.at(-1))),
      ArrowRight: line && (() => (open === "false" ? this.expand(line) : this.focus(line.querySelector("[data-code]")))),
      ArrowLeft: line && (() => (open === "true" ? this.collapse(line) : this.focus(line.parentElement.closest("[data-code]")))),
      Enter: () => this.choose(line ?? lines[0]),
      " ": line && (() => this.choose(line)),
      "-": line && this.many && (() => this.choose(line, true)),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  press(event) {
    const line = event.target.closest("[data-code]");
    if (!line) return;
    if (event.target.closest(".twig")) {
      if (line.getAttribute("aria-expanded") === "true") this.collapse(line);
      else this.expand(line);
    } else {
      this.choose(line, event.shiftKey && this.many);
    }
    this.focus(line);
  }

  choose(line, without = false) {
    if (!line || line.getAttribute("aria-disabled") === "true") return;
    if (this.many) this.toggle(line, without);
    else this.take(line);
  }

  take(line) {
    const input = this.field.querySelector(":scope > input[type=hidden]");
    input.value = line.dataset.code;
    this.button.querySelector("span").textContent = line.dataset.name;
    this.close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  toggle(line, without) {
    const list = this.field.querySelector(".chosen");
    const name = without ? this.field.dataset.except : this.field.dataset.only;
    const known = list.querySelector(`input[value="${line.dataset.code}"]`);
    const again = known?.name === name && known.checked;
    known?.closest("li").remove();
    if (!again) list.append(this.chosen(line, name, without));
    list.dispatchEvent(new Event("change", { bubbles: true }));
  }

  chosen(line, name, without) {
    const entry = document.createElement("li");
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "checkbox", name, value: line.dataset.code, checked: true });
    label.className = "check";
    label.append(input);
    if (without) {
      const minus = document.createElement("span");
      minus.className = "minus";
      minus.textContent = this.field.dataset.leftOut;
      label.append(minus);
      entry.className = "left-out";
    }
    label.append(line.dataset.name);
    entry.append(label);
    return entry;
  }

  /** Shows in the tree what is chosen. */
  mark() {
    const chosen = new Map();
    if (this.many) {
      for (const input of this.field.querySelectorAll(".chosen input:checked")) chosen.set(input.value, input.name);
      this.field.querySelector("[data-empty]").hidden = [...chosen.values()].includes(this.field.dataset.only);
    } else {
      chosen.set(this.field.querySelector(":scope > input[type=hidden]").value, this.field.dataset.only);
    }
    for (const line of this.popup.querySelectorAll("[data-code]")) {
      const name = chosen.get(line.dataset.code);
      line.setAttribute("aria-selected", String(name !== undefined));
      line.classList.toggle("without", name !== undefined && this.many && name === this.field.dataset.except);
    }
  }
}

for (const field of document.querySelectorAll("[data-picker]")) new Picker(field);
