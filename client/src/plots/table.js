// The numbers of a plot as a table: made when it is opened, and again when they change while it is open.

const MOST_ROWS = 200;

function cell(tag, text, scope) {
  const element = document.createElement(tag);
  element.textContent = text ?? "–";
  if (scope) element.scope = scope;
  return element;
}

function rowOf(cells) {
  const row = document.createElement("tr");
  row.append(...cells);
  return row;
}

function tableOf({ columns, rows }) {
  const table = document.createElement("table");
  table.className = "pv-table";
  if (rows.length > MOST_ROWS) {
    const caption = table.createCaption();
    caption.textContent = `${MOST_ROWS} / ${rows.length}`;
  }
  table.createTHead().append(rowOf(columns.map((name) => cell("th", name, "col"))));
  table.createTBody().append(...rows.slice(-MOST_ROWS).map((row) => rowOf(row.map((value) => cell("td", value)))));
  return table;
}

/** Fills the table of a plot from `read()`, which returns columns and rows. */
export function tableIn(box, read) {
  const details = document.getElementById(`${box.dataset.plot}-data`);
  const frame = details?.querySelector("div");
  const refresh = () => {
    const found = details?.open && read();
    if (found) frame.replaceChildren(tableOf(found));
  };
  details?.addEventListener("toggle", refresh);
  return { refresh, close: () => details?.removeEventListener("toggle", refresh) };
}
