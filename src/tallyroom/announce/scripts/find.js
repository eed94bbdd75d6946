// A field that filters the table of areas and, from three signs on, finds polling stations by id or name. The list
// of stations is the election's own file, read once somebody searches.
const MOST = 20;

export function find(place) {
  if (!place) return;
  const label = document.createElement("label");
  label.htmlFor = "find-text";
  label.textContent = place.dataset.label;
  const field = Object.assign(document.createElement("input"), { type: "search", id: "find-text", autocomplete: "off" });
  const found = document.createElement("ul");
  found.className = "found";
  found.setAttribute("aria-live", "polite");
  place.className = "find";
  place.append(label, field);
  place.after(found);
  const rows = [...document.querySelectorAll("#areas tbody tr")];
  const texts = rows.map((row) => plain(row.cells[0].textContent));
  let stations;
  field.addEventListener("input", async () => {
    const wanted = plain(field.value);
    rows.forEach((row, at) => (row.hidden = wanted !== "" && !texts[at].includes(wanted)));
    found.replaceChildren();
    if (wanted.length < 3 || !place.dataset.stations) return;
    stations ??= read(place.dataset.stations);
    const list = await stations;
    if (plain(field.value) !== wanted) return;
    show(found, list.filter((one) => plain(`${one.id} ${one.name}`).includes(wanted)).slice(0, MOST), place, rows);
  });
}

function show(found, stations, place, rows) {
  for (const one of stations) {
    const item = document.createElement("li");
    const address = rows.map((row) => row.querySelector("a")).find((link) => link.dataset.area === one.area);
    const link = document.createElement("a");
    link.textContent = `${one.id} ${one.name}`;
    link.href = `${address?.getAttribute("href") ?? ""}#${encodeURIComponent(one.id)}`;
    item.append(link);
    found.append(item);
  }
  if (!stations.length && rows.every((row) => row.hidden)) {
    found.append(Object.assign(document.createElement("li"), { textContent: place.dataset.none }));
  }
}

async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) return [];
  const [head, ...rows] = cells(await answer.text());
  const [id, area, name] = ["station_id", "area_id", "name"].map((column) => head.indexOf(column));
  return rows.filter((row) => row.length === head.length).map((row) => ({ id: row[id], area: row[area], name: row[name] }));
}

// Rows and cells of CSV (RFC 4180).
function cells(text) {
  const rows = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? bare);
    if (end === "") break;
    if (end !== ",") rows.push([]);
  }
  return rows;
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase(document.documentElement.lang).trim();
}
