// The table of a disclosure: a grid of cells over the tab-separated text that the form posts. What a spreadsheet has
// copied is pasted into as many cells as it has, or not at all; sheet.js hands over what was read from a file.
const place = document.getElementById("table-editor");

if (place) {
  const text = document.getElementById("table");
  const numeric = document.getElementById("table_numeric");
  const totals = document.getElementById("table_totals");
  const grid = place.querySelector("[data-grid]");
  const words = place.dataset;
  /** With the titles; below as many rows, one of totals may stand. */
  const most = { rows: Number(words.rows) + 1, columns: Number(words.columns) };
  const isTotal = (row) => /^(合计|总计|小计|共计|总额|total)/i.test(row.find(Boolean)?.replaceAll(" ", "") ?? "");

  let cells = parse(text.value);
  let numbers = new Set(list(numeric.value));
  let sums = new Set(list(totals.value));

  function list(value) {
    return value.split(/[,，\s]+/).map(Number).filter(Boolean);
  }

  /** The rows of a text with tabs between cells. A cell in quotation marks may hold line breaks: here they are spaces. */
  function split(value) {
    const cell = /(?:"((?:[^"]|"")*)"|([^\t\n]*))([\t\n]|$)/y;
    const source = value.replace(/\r\n?/g, "\n").replace(/\n+$/, "");
    const rows = [[]];
    while (cell.lastIndex <= source.length) {
      const [, quoted, plain, end] = cell.exec(source);
      rows.at(-1).push((quoted?.replaceAll('""', '"') ?? plain).replace(/\s+/g, " ").trim());
      if (end === "\n") rows.push([]);
      if (!end) break;
    }
    return rows;
  }

  function parse(value) {
    const rows = split(value);
    const width = Math.max(2, ...rows.map((row) => row.length));
    while (rows.length < 2) rows.push([]);
    return rows.map((row) => [...row, ...Array(width - row.length).fill("")]);
  }

  function write() {
    text.value = cells.map((row) => row.map((cell) => cell.replace(/[\t\n]/g, " ")).join("\t")).join("\n");
    numeric.value = [...numbers].sort((a, b) => a - b).join(",");
    totals.value = [...sums].sort((a, b) => a - b).join(",");
    place.dispatchEvent(new Event("yuexiang:changed", { bubbles: true }));
  }

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function button(word, label, action) {
    const made = element("button", { type: "button", className: "link", textContent: word, onclick: action });
    made.setAttribute("aria-label", label);
    return made;
  }

  function check(word, checked, change) {
    return element("label", { className: "check" }, element("input", { type: "checkbox", checked, onchange: (event) => change(event.target.checked) }), word);
  }

  function cell(row, column) {
    const input = element("input", { value: cells[row][column], className: numbers.has(column + 1) && row > 0 ? "number" : "" });
    input.dataset.at = `${row},${column}`;
    input.setAttribute("aria-label", row === 0 ? `${words.title} ${column + 1}` : words.cell.replace("{row}", row).replace("{column}", column + 1));
    input.classList.toggle("over", [...input.value].length > Number(words.limit));
    input.addEventListener("input", () => {
      cells[row][column] = input.value;
      input.classList.toggle("over", [...input.value].length > Number(words.limit));
      write();
    });
    return input;
  }

  function toggle(set, at, on) {
    if (on) set.add(at);
    else set.delete(at);
    write();
    draw();
  }

  /** Takes one out of a set of positions and moves up those behind it. */
  function without(set, at) {
    return new Set([...set].filter((known) => known !== at).map((known) => (known > at ? known - 1 : known)));
  }

  function removeRow(row) {
    cells.splice(row, 1);
    sums = without(sums, row);
    write();
    draw();
  }

  function removeColumn(column) {
    cells = cells.map((row) => row.filter((_, at) => at !== column));
    numbers = without(numbers, column + 1);
    write();
    draw();
  }

  function draw() {
    const head = element("tr", {}, ...cells[0].map((_, column) =>
      element("th", { scope: "col" }, cell(0, column), element("div", { className: "row" },
        check(words.numeric, numbers.has(column + 1), (on) => toggle(numbers, column + 1, on)),
        cells[0].length > 1 ? button(words.remove, `${words.remove} ${column + 1}`, () => removeColumn(column)) : ""))),
      element("th", { textContent: "" }));
    const rows = cells.slice(1).map((row, at) => {
      const number = at + 1;
      return element("tr", { className: sums.has(number) ? "total" : "" },
        ...row.map((_, column) => element("td", {}, cell(number, column))),
        element("td", { className: "nowrap" }, element("div", { className: "row" },
          check(words.total, sums.has(number), (on) => toggle(sums, number, on)),
          cells.length > 2 ? button(words.remove, `${words.remove} ${number}`, () => removeRow(number)) : "")));
    });
    const table = element("table", { className: "grid" }, element("thead", {}, head), element("tbody", {}, ...rows));
    const more = element("div", { className: "row" },
      element("button", { type: "button", className: "button small", textContent: words.row, disabled: cells.length > most.rows, onclick: () => grow(1, 0) }),
      element("button", { type: "button", className: "button small", textContent: words.column, disabled: cells[0].length >= most.columns, onclick: () => grow(0, 1) }));
    grid.replaceChildren(table, more);
  }

  function grow(rows, columns) {
    for (let more = 0; more < columns; more++) cells.forEach((row) => row.push(""));
    for (let more = 0; more < rows; more++) cells.push(Array(cells[0].length).fill(""));
    write();
    draw();
    grid.querySelector(`[data-at="${rows ? cells.length - 1 : 0},${rows ? 0 : cells[0].length - 1}"]`)?.focus();
  }

  grid.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text/plain");
    const at = event.target.dataset?.at;
    if (!at || !/[\t\n]/.test(pasted.trimEnd())) return;
    event.preventDefault();
    const rows = split(pasted);
    // Spreadsheets copy empty columns at the end along.
    const columns = Math.max(...rows.map((row) => row.findLastIndex(Boolean) + 1));
    const [top, left] = at.split(",").map(Number);
    const height = Math.max(cells.length, top + rows.length);
    const width = Math.max(cells[0].length, left + columns);
    const next = Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_, column) => cells[row]?.[column] ?? ""));
    rows.forEach((row, down) => row.slice(0, columns).forEach((value, right) => (next[top + down][left + right] = value)));
    const hasTotals = sums.has(height - 1) || isTotal(next.at(-1));
    if (height > most.rows + (hasTotals ? 1 : 0) || width > most.columns) {
      say(words.toolarge.replace("{rows}", rows.length).replace("{columns}", columns));
      return;
    }
    cells = next;
    say("");
    guess();
    write();
    draw();
  });

  /** What became of something that was pasted, where one looks. */
  function say(why) {
    place.querySelector("[data-said]").textContent = why;
  }

  /** Takes a table that was read from a file in place of what is there. */
  place.addEventListener("yuexiang:table", ({ detail }) => {
    cells = parse(detail.tsv);
    numbers = new Set(list(detail.numeric));
    sums = new Set(list(detail.totals));
    say("");
    write();
    draw();
  });

  /** Columns in which every cell is a number, and rows that say that they are totals. */
  function guess() {
    // Full-width digits and signs are digits and signs.
    const isNumber = (value) => /^[¥]?[-(]?[\d, ]+(\.\d+)?\)?(%|元)?$/.test(value.normalize("NFKC"));
    const isName = (title) => /序号|编号|电话|手机|年份|年度|号码|账号|身份证/.test(title);
    cells[0].forEach((title, column) => {
      const filled = cells.slice(1).map((row) => row[column]).filter((value) => value && !/^[-—]$/.test(value));
      if (filled.length && filled.every(isNumber) && !isName(title)) numbers.add(column + 1);
    });
    cells.slice(1).forEach((row, at) => isTotal(row) && sums.add(at + 1));
  }

  // Enter goes to the cell below, as in a spreadsheet, instead of submitting the form.
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.dataset?.at) return;
    event.preventDefault();
    const [row, column] = event.target.dataset.at.split(",").map(Number);
    if (row + 1 < cells.length) grid.querySelector(`[data-at="${row + 1},${column}"]`).focus();
    else if (cells.length <= most.rows) grow(1, 0);
  });

  // What an earlier visit has left was put into the text.
  place.closest("form").addEventListener("yuexiang:filled", () => {
    cells = parse(text.value);
    numbers = new Set(list(numeric.value));
    sums = new Set(list(totals.value));
    draw();
  });

  place.querySelector("[data-plain]").hidden = true;
  draw();
}
