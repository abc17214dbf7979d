// Columns that sort, and a choice of colours. Without this the page is all there, in one order.
"use strict";

function key(row, column) {
  const cell = row.cells[column];
  if (cell === undefined) return null;
  if (cell.dataset.key !== undefined) return Number(cell.dataset.key);
  return cell.classList.contains("n") ? null : cell.textContent.trim();
}

function compare(a, b) {
  if (a === null || b === null) return 0;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

function sort(table, header) {
  const column = header.cellIndex;
  const current = header.getAttribute("aria-sort");
  const first = header.dataset.first === "down" ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = current === first ? other : first;
  for (const th of table.tHead.rows[0].cells) th.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [key(row, column), row]);
  const known = rows.filter(([k]) => k !== null);
  const unknown = rows.filter(([k]) => k === null);
  const sign = order === "ascending" ? 1 : -1;
  known.sort(([a], [b]) => sign * compare(a, b));
  for (const [, row] of known.concat(unknown)) body.append(row);
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(table, header));
    header.append(button);
  }
}

const themes = ["automatic", "light", "dark"];
const theme = document.createElement("button");
theme.type = "button";
theme.className = "theme";

function show(name) {
  if (name === "automatic") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.textContent = `Colours: ${name}`;
  theme.value = name;
}

theme.addEventListener("click", () => show(themes[(themes.indexOf(theme.value) + 1) % themes.length]));
show("automatic");
document.querySelector("header").append(theme);
