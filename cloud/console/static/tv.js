// The TV's screen beside a text: all its pages, one after the other, and which of them were looked at.
const { request } = globalThis.yuexiang;
/** A page counts as looked at when it was in sight for so long, in milliseconds. */
const GLANCE = 700;

class Screen {
  constructor(element) {
    this.element = element;
    this.picture = element.querySelector("img");
    this.url = new URL(element.dataset.tv, location.href);
    this.page = 0;
    this.count = 0;
    this.seen = new Set();
    for (const button of element.querySelectorAll("[data-turn]")) button.addEventListener("click", () => this.turn(Number(button.dataset.turn)));
    // What is far down the page is drawn when it comes near, and looked at when it is in sight.
    this.near = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.begin(), { rootMargin: "300px" });
    this.sight = new IntersectionObserver((entries) => this.look(entries.at(-1).isIntersecting), { threshold: 0.6 });
    this.near.observe(element);
    this.sight.observe(this.picture);
  }

  begin() {
    this.near.disconnect();
    if (!this.count) this.draw();
  }

  /** Another screen of the same item. */
  show(href) {
    this.url = new URL(href, location.href);
    this.page = 0;
    this.draw();
  }

  /** Whether there was a page to turn to. */
  turn(step) {
    const page = this.page + step;
    if (page < 0 || page >= this.count) return false;
    this.page = page;
    this.draw();
    return true;
  }

  async draw() {
    const mine = (this.asked = (this.asked ?? 0) + 1);
    this.shown = undefined;
    clearTimeout(this.glance);
    const address = new URL(this.url);
    address.searchParams.set("page", this.page);
    const answer = await request(address, { patient: true }).catch(() => undefined);
    if (mine !== this.asked || !answer?.ok) return;
    const drawn = await answer.blob();
    if (mine !== this.asked) return;
    const isItem = address.searchParams.get("screen") !== "list";
    const count = isItem ? Number(answer.headers.get("x-pages")) || 1 : 1;
    if (isItem) this.count = count;
    const before = this.picture.src;
    this.picture.src = URL.createObjectURL(drawn);
    if (before.startsWith("blob:")) URL.revokeObjectURL(before);
    await this.picture.decode().catch(() => {});
    if (mine !== this.asked) return;
    this.shown = isItem ? this.page : undefined;
    this.element.querySelector("[data-turns]").hidden = count < 2;
    this.element.querySelector("[data-at]").textContent = `${this.page + 1} / ${count}`;
    for (const button of this.element.querySelectorAll("[data-turn]")) {
      const to = this.page + Number(button.dataset.turn);
      button.disabled = to < 0 || to >= count;
    }
    this.look(this.isInSight);
    this.element.dispatchEvent(new Event("yuexiang:seen", { bubbles: true }));
  }

  look(isInSight) {
    this.isInSight = isInSight;
    clearTimeout(this.glance);
    const page = this.shown;
    if (!isInSight || page === undefined || this.seen.has(page)) return;
    this.glance = setTimeout(() => {
      if (this.shown !== page || document.visibilityState !== "visible") return;
      this.seen.add(page);
      this.element.dispatchEvent(new Event("yuexiang:seen", { bubbles: true }));
    }, GLANCE);
  }

  /** Pages that nobody has looked at; one as long as nobody knows how many there are. */
  get left() {
    return this.count ? this.count - this.seen.size : 1;
  }
}

for (const element of document.querySelectorAll("[data-tv]")) element.screen = new Screen(element);

// The other screens of an item are shown in the same place; without this script they open as pictures.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-preview]");
  const screen = document.querySelector("[data-tv]")?.screen;
  if (!link || !screen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  screen.show(link.href);
  for (const other of link.parentElement.children) other.toggleAttribute("aria-current", other === link);
});
