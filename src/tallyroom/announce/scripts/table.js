// Puts a button into each heading of a table; it sorts the rows by that column, by number where cells have one.
export function sortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.title = table.dataset.sort.replace("{}", button.textContent.trim());
    button.addEventListener("click", () => sort(table, headings, column));
    heading.append(button);
  });
}

function sort(table, headings, column) {
  const heading = headings[column];
  const isNumber = heading.classList.contains("n");
  const upward = heading.ariaSort ? heading.ariaSort === "descending" : !isNumber;
  headings.forEach((other) => other.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", upward ? "ascending" : "descending");
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [value(row.cells[column], isNumber), row]);
  rows.sort(([a], [b]) => (isNumber ? a - b : order.compare(a, b)) * (upward ? 1 : -1));
  body.append(...rows.map(([, row]) => row));
}

function value(cell, isNumber) {
  return isNumber ? Number(cell.dataset.v ?? -1) : cell.textContent;
}
