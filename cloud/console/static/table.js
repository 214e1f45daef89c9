// The table of a disclosure: a grid of cells over the tab-separated text that the form posts. What a spreadsheet has
// copied is pasted into as many cells as it has.
const place = document.getElementById("table-editor");

if (place) {
  const text = document.getElementById("table");
  const numeric = document.getElementById("table_numeric");
  const totals = document.getElementById("table_totals");
  const grid = place.querySelector("[data-grid]");
  const words = place.dataset;
  const most = { rows: Number(words.rows) + 1, columns: Number(words.columns) };

  let cells = parse(text.value);
  let numbers = new Set(list(numeric.value));
  let sums = new Set(list(totals.value));

  function list(value) {
    return value.split(/[,，\s]+/).map(Number).filter(Boolean);
  }

  function parse(value) {
    const rows = value.replace(/\r/g, "").replace(/\n+$/, "").split("\n").map((row) => row.split("\t"));
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
      element("button", { type: "button", className: "button small", textContent: words.row, disabled: cells.length >= most.rows, onclick: () => grow(1, 0) }),
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
    const [top, left] = at.split(",").map(Number);
    const rows = pasted.replace(/\r/g, "").replace(/\n+$/, "").split("\n").map((row) => row.split("\t"));
    const height = Math.min(Math.max(cells.length, top + rows.length), most.rows);
    const width = Math.min(Math.max(cells[0].length, ...rows.map((row) => left + row.length)), most.columns);
    while (cells.length < height) cells.push(Array(cells[0].length).fill(""));
    cells = cells.map((row) => [...row, ...Array(width - row.length).fill("")]);
    rows.slice(0, height - top).forEach((row, down) =>
      row.slice(0, width - left).forEach((value, right) => (cells[top + down][left + right] = value.trim())));
    guess();
    write();
    draw();
  });

  /** Columns in which every cell is a number, and rows that say that they are totals. */
  function guess() {
    const isNumber = (value) => /^[¥￥]?-?[\d,，]+(\.\d+)?%?$/.test(value);
    cells[0].forEach((_, column) => {
      const filled = cells.slice(1).map((row) => row[column]).filter(Boolean);
      if (filled.length && filled.every(isNumber)) numbers.add(column + 1);
    });
    cells.slice(1).forEach((row, at) => /^(合计|总计|小计|total)/i.test(row[0]) && sums.add(at + 1));
  }

  // Enter goes to the cell below, as in a spreadsheet, instead of submitting the form.
  grid.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.dataset?.at) return;
    event.preventDefault();
    const [row, column] = event.target.dataset.at.split(",").map(Number);
    if (row + 1 < cells.length) grid.querySelector(`[data-at="${row + 1},${column}"]`).focus();
    else if (cells.length < most.rows) grow(1, 0);
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
