"use strict";
(() => {
  // Without a script all is there and readable; this sorts, filters and switches colours.
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v ?? cell.textContent.trim();
  };
  const compare = (one, other) => {
    if (one === "" || other === "") return (one === "") - (other === "");
    const [a, b] = [Number(one), Number(other)];
    return Number.isNaN(a) || Number.isNaN(b) ? one.localeCompare(other, "en", {numeric: true}) : a - b;
  };
  const sort = (table, heading) => {
    const column = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending";
    const rows = [...table.tBodies[0].rows].map((row) => [valueOf(row, column), row]);
    // What is missing stays at the end, whichever way.
    rows.sort(([a], [b]) => (down && a !== "" && b !== "" ? -1 : 1) * compare(a, b));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    for (const heading of table.tHead.rows[0].cells) {
      heading.querySelector("button").addEventListener("click", () => sort(table, heading));
    }
  }

  const cells = document.getElementById("all");
  const words = document.getElementById("filter");
  const state = document.getElementById("state");
  const count = document.getElementById("count");
  const rows = [...cells.tBodies[0].rows];
  const names = [...cells.tHead.rows[0].cells].map((one) => one.querySelector("span").textContent);
  const stateColumn = names.indexOf("state");
  const texts = new Map(rows.map((row) => [row, [...row.cells].map((one) => one.textContent.toLowerCase())]));
  const fits = (row, wanted) => {
    const own = texts.get(row);
    const ofState = !state.value || own[stateColumn] === state.value;
    // A number means a whole entry, such as a size; a word any part of one.
    const has = (word) => own.some((one) => (/^\d+$/.test(word) ? one === word : one.includes(word)));
    return ofState && wanted.every(has);
  };
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row, wanted);
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} cells`;
  };
  words.addEventListener("input", filter);
  state.addEventListener("input", filter);
  words.form.addEventListener("submit", (event) => event.preventDefault());
  words.form.hidden = false;
  filter();

  const theme = document.getElementById("theme");
  const themes = ["system", "dark", "light"];
  const store = {
    // A file opened from disk may have no storage.
    get: () => { try { return localStorage.getItem("hpcmlff-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("hpcmlff-theme", value); } catch { /* not kept */ } },
  };
  const show = (name) => {
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    theme.querySelector("span").textContent = name;
  };
  let now = themes.includes(store.get()) ? store.get() : "system";
  show(now);
  theme.hidden = false;
  theme.addEventListener("click", () => {
    now = themes[(themes.indexOf(now) + 1) % themes.length];
    store.set(now);
    show(now);
  });
})();
