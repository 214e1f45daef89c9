// Uploads over tus: with progress, pause and resume, also after the browser was closed. What has arrived is shown by the
// cloud's own fragment, which asks for itself until it is transcoded.
const form = document.getElementById("editor");
const words = form.dataset;
const { request, signIn, token } = globalThis.yuexiang;
const CHUNK = 8 * 1024 * 1024;
let running = 0;

class Upload {
  constructor(block, file) {
    this.block = block;
    this.file = file;
    this.line = this.draw();
    this.upload = new tus.Upload(file, {
      endpoint: words.uploads,
      chunkSize: CHUNK,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      removeFingerprintOnSuccess: true,
      // Of the session that there is now: an upload may outlive the one that it began in.
      onBeforeRequest: (request) => request.setHeader("x-csrf-token", token()),
      metadata: { filename: file.name, filetype: file.type, slot: block.dataset.upload, item: words.id ?? "" },
      onProgress: (sent, total) => this.progress(sent, total),
      onSuccess: () => this.arrived(),
      onError: (error) => this.failed(error),
    });
  }

  draw() {
    const line = document.createElement("li");
    line.className = "medium";
    line.innerHTML = `
      <div class="thumb empty"></div>
      <div class="grow"><p class="name"></p><p class="muted" data-said></p><progress max="1" value="0"></progress></div>
      <button class="link" type="button" data-pause></button>
      <button class="link bad" type="button" data-cancel></button>`;
    line.querySelector(".name").textContent = this.file.name;
    line.querySelector("progress").setAttribute("aria-label", this.file.name);
    this.said = line.querySelector("[data-said]");
    this.bar = line.querySelector("progress");
    this.pause = line.querySelector("[data-pause]");
    this.pause.textContent = words.pause;
    this.pause.addEventListener("click", () => (this.going ? this.stop(words.resume) : this.go()));
    const cancel = line.querySelector("[data-cancel]");
    cancel.textContent = words.remove;
    cancel.addEventListener("click", () => this.cancel());
    if (this.file.type.startsWith("image/")) this.showPicture(line);
    return line;
  }

  showPicture(line) {
    const picture = new Image(112, 63);
    picture.alt = "";
    picture.src = URL.createObjectURL(this.file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    line.querySelector(".thumb").append(picture);
  }

  async begin() {
    const before = await this.upload.findPreviousUploads();
    if (before.length) this.upload.resumeFromPreviousUpload(before[0]);
    this.go();
  }

  go() {
    this.going = true;
    running++;
    this.pause.textContent = words.pause;
    this.upload.start();
  }

  stop(word) {
    if (this.going) running--;
    this.going = false;
    this.pause.textContent = word;
    this.upload.abort();
  }

  cancel() {
    this.stop(words.resume);
    // What the cloud has of it is thrown away too; that it cannot be told now is no reason to keep the line.
    this.upload.abort(true).catch(() => {});
    this.line.remove();
  }

  progress(sent, total) {
    this.bar.max = total || 1;
    this.bar.value = sent;
    const megabytes = (count) => (count / 1e6).toFixed(count < 1e7 ? 1 : 0);
    this.said.textContent = `${megabytes(sent)} / ${megabytes(total)} MB · ${Math.floor((100 * sent) / (total || 1))} %`;
  }

  async failed(error) {
    this.stop(words.resume);
    const status = error.originalResponse?.getStatus();
    if (status === 401 && (await signIn())) return this.go();
    const refused = error.originalResponse?.getStatus() >= 400 && error.originalResponse.getBody();
    this.said.textContent = refused || words.failed;
    this.said.className = "problem";
  }

  async arrived() {
    running--;
    this.going = false;
    const id = new URL(this.upload.url, location.href).pathname.split("/").filter(Boolean).at(-1);
    const answer = await request(`/console/media/${encodeURIComponent(id)}?slot=${this.block.dataset.upload}`);
    if (!answer.ok) return this.failed(new Error(`the medium cannot be shown: ${answer.status}`));
    const holder = document.createElement("ul");
    holder.innerHTML = await answer.text();
    const settled = holder.firstElementChild;
    this.line.replaceWith(settled);
    htmx.process(settled);
    offer(this.block);
    changed();
  }
}

function changed() {
  form.dispatchEvent(new Event("yuexiang:changed"));
}

function take(block, files) {
  const list = block.querySelector(".media");
  const several = "several" in block.dataset;
  for (const file of several ? files : [...files].slice(0, 1)) {
    const upload = new Upload(block, file);
    if (several) list.append(upload.line);
    else list.replaceChildren(upload.line);
    upload.begin();
  }
}

/** Pictures that the text may show get a button for it. */
function offer(block) {
  if (!block.dataset.insert) return;
  for (const medium of block.querySelectorAll("[data-medium]:has(.ready)")) {
    if (medium.querySelector("[data-insert-id]")) continue;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: block.dataset.insert });
    button.dataset.insertId = medium.dataset.medium;
    medium.querySelector("[data-remove]").before(button);
  }
}

for (const block of document.querySelectorAll("[data-upload]")) {
  const input = block.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    take(block, input.files);
    input.value = "";
  });
  block.addEventListener("dragover", (event) => {
    event.preventDefault();
    block.classList.add("over");
  });
  block.addEventListener("dragleave", () => block.classList.remove("over"));
  block.addEventListener("drop", (event) => {
    event.preventDefault();
    block.classList.remove("over");
    take(block, event.dataTransfer.files);
  });
  block.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-remove]");
    if (!button) return;
    button.closest(".medium").remove();
    changed();
  });
  block.addEventListener("htmx:afterSettle", (event) => {
    offer(block);
    // What can be shown now may have been all that was missing.
    if (event.detail.elt.matches?.("[data-settled]")) form.dispatchEvent(new Event("yuexiang:settled"));
  });
  block.addEventListener("yuexiang:filled", () => offer(block));
  offer(block);
}

addEventListener("beforeunload", (event) => {
  if (running > 0) event.preventDefault();
});
