// A table that is wider than the screen becomes a list: each row a block, each value behind its column's name.
// What the table is to a screen reader stays, said by roles, since `display: block` takes it away in some browsers.
// Without this module the table scrolls sideways inside its frame.

const FRAME = ".table-scroll, .evaluation__scroll";
const FEWEST_COLUMNS = 2;
const ENDLESS = /\S{24}/;
const small = matchMedia("(max-width: 899.98px)");
const widths = new WeakMap();
const ROLES = [["thead, tbody", "rowgroup"], ["tr", "row"], ["td", "cell"], ["thead th", "columnheader"], ["tbody th", "rowheader"]];

function name(head) {
  return head.querySelector(".visually-hidden") ? "" : head.textContent.trim().replace(/\s+/g, " ");
}

function prepare(table) {
  table.dataset.named = "";
  table.setAttribute("role", "table");
  for (const [selector, role] of ROLES) for (const part of table.querySelectorAll(selector)) part.setAttribute("role", role);
  const names = [...table.tHead.rows[0].cells].map(name);
  for (const body of table.tBodies) {
    for (const row of body.rows) [...row.cells].forEach((cell, place) => { cell.dataset.column = names[place] ?? ""; });
  }
}

function isWider(frame, table) {
  return table.scrollWidth > frame.clientWidth + 1;
}

// Only cells with a name or a digest that has no end are broken anywhere, and keep some width.
function tighten(table) {
  for (const cell of table.querySelectorAll("tbody th, tbody td")) {
    cell.classList.toggle("is-endless", ENDLESS.test(cell.textContent));
  }
  table.classList.add("is-tight");
}

// Measured as it stands, on a small screen as unbroken lines: what fits stays a table.
function fit(frame) {
  const table = frame.querySelector(":scope > table");
  const columns = table?.tHead?.rows[0]?.cells.length ?? 0;
  if (columns < FEWEST_COLUMNS) return;
  table.classList.remove("is-list", "is-tight");
  if (!isWider(frame, table)) return;
  if (!small.matches) tighten(table);
  if (!isWider(frame, table)) return;
  if (!("named" in table.dataset)) prepare(table);
  table.classList.remove("is-tight");
  table.classList.add("is-list");
}

const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (widths.get(target) === contentRect.width) continue;
    widths.set(target, contentRect.width);
    fit(target);
  }
});

function watch() {
  for (const frame of document.querySelectorAll(FRAME)) {
    if (widths.has(frame)) continue;
    widths.set(frame, frame.clientWidth);
    fit(frame);
    observer.observe(frame);
  }
}

// The switch in the top bar makes letters larger while the page stays.
new MutationObserver(() => document.querySelectorAll(FRAME).forEach(fit))
  .observe(document.documentElement, { attributes: true, attributeFilter: ["data-text-size"] });

document.addEventListener("settled", watch);
watch();
