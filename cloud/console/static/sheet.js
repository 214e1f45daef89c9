// A file with a table: the server says what it has understood, and only what somebody has looked at goes into the grid.
const { request } = globalThis.yuexiang;
const sheets = document.getElementById("table-editor");

if (sheets) {
  const input = document.getElementById("table-file");
  const shown = sheets.querySelector("[data-sheet]");
  let file;

  async function read(sheet) {
    if (file.size > Number(input.dataset.most)) {
      say(input.dataset.large);
      return;
    }
    shown.classList.add("busy");
    try {
      const query = new URLSearchParams({ name: file.name, ...(sheet === undefined ? {} : { sheet }) });
      const headers = { "content-type": "application/octet-stream" };
      const answer = await request(`/console/tables?${query}`, { method: "POST", headers, body: file });
      const answered = await answer.text();
      // Whoever stays signed out gets something else.
      if (!answered.includes("data-read")) throw new Error(`reading failed: ${answer.status}`);
      shown.innerHTML = answered;
      shown.scrollIntoView({ block: "nearest" });
    } catch {
      say(input.dataset.failed);
    } finally {
      shown.classList.remove("busy");
    }
  }

  function say(why) {
    shown.replaceChildren(Object.assign(document.createElement("p"), { className: "problem", textContent: why }));
  }

  // The form is not changed by choosing a file: only by taking what is in it.
  input.addEventListener("change", (event) => {
    event.stopPropagation();
    [file] = input.files;
    // The same file may have been mended and be chosen again.
    input.value = "";
    if (file) read();
  });
  shown.addEventListener("change", (event) => {
    event.stopPropagation();
    if (event.target.name === "sheet") read(event.target.value);
  });
  shown.addEventListener("click", (event) => {
    const table = shown.querySelector("[data-read]");
    if (event.target.closest("[data-take]")) {
      const { tsv, numeric, totals } = table.dataset;
      sheets.dispatchEvent(new CustomEvent("yuexiang:table", { detail: { tsv, numeric, totals } }));
    } else if (!event.target.closest("[data-leave]")) {
      return;
    }
    shown.replaceChildren();
    input.focus();
  });

  sheets.addEventListener("dragover", (event) => event.preventDefault());
  sheets.addEventListener("drop", (event) => {
    event.preventDefault();
    [file] = event.dataTransfer.files;
    if (file) read();
  });
}
