// Entries are kept in this browser until the server has answered for each of them.  Every entry has a key of its own:
// sent twice it is one entry.  What the server refuses stays here and says why; nothing is sent again changed.

const say = JSON.parse(document.getElementById("words").textContent);
const at = (id) => document.getElementById(id);
const API = "/console/api/";
const AGAIN = 30_000;
let desk = null;
let signedOut = false;

// The shelf: IndexedDB, with what the desk knows ("desk") and what was entered ("queue").
const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("tallyroom-offline", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("desk");
    asked.result.createObjectStore("queue", { keyPath: "key" });
  };
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function shelf(store, mode, work) {
  const transaction = (await opened).transaction(store, mode, { durability: "strict" });
  const asked = work(transaction.objectStore(store));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  return asked.result;
}

const keep = (entry) => shelf("queue", "readwrite", (store) => store.put(entry));
const drop = (key) => shelf("queue", "readwrite", (store) => store.delete(key));
const kept = async () => (await shelf("queue", "readonly", (store) => store.getAll())).sort((a, b) => a.made - b.made);

async function fetchDesk() {
  try {
    const answer = await fetch(`${API}desk`, { headers: { Accept: "application/json" } });
    signedOut = answer.status === 401;
    if (!answer.ok) return false;
    desk = await answer.json();
    await shelf("desk", "readwrite", (store) => store.put(desk, "desk"));
    showDesk();
    return true;
  } catch {
    return false;
  }
}

// Sending: one tab at a time, the oldest first; a server that is away or in trouble ends the turn.
async function send() {
  await navigator.locks.request("tallyroom-offline-send", async () => {
    const there = await fetchDesk();
    showNetwork(there);
    if (there) {
      for (const entry of await kept()) {
        if (entry.user === desk.user && entry.state === "waiting" && !(await sendOne(entry))) break;
      }
      await fetchDesk();
    }
    await showQueue();
  });
}

async function sendOne(entry) {
  let answer;
  let body;
  try {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": entry.key, "X-CSRFToken": desk.csrf };
    answer = await fetch(`${API}entries`, { method: "POST", headers, body: JSON.stringify(entry.content) });
    body = await answer.json();
  } catch {
    return false;
  }
  if (answer.status === 401 || answer.status >= 500 || body.error === "forged") return false;
  if (answer.ok && body.state === "waiting") return true; // kept by the server; asked again with the same key
  const { kind, station, contest } = entry.content;
  const without = { ...entry, content: { kind, station, contest }, text: answer.ok ? body.text : body.message };
  if (answer.ok) await keep({ ...without, state: "sent" });
  else await keep({ ...entry, state: "conflict", code: body.error, text: body.message });
  return true;
}

async function add(content) {
  const key = crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  await keep({ key, user: desk.user, made: Date.now(), state: "waiting", content });
  await showQueue();
  send();
}

// What is shown.
function showNetwork(there) {
  at("network").textContent = there ? say.online : signedOut ? say.signedOut : say.offline;
  at("network").classList.toggle("away", !there);
  at("sign-in").hidden = !signedOut;
}

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

function renew(select, options) {
  const before = select.value;
  select.replaceChildren(...options);
  if (options.some((one) => one.value === before)) select.value = before;
}

function showDesk() {
  at("more").hidden = !desk.more;
  at("stations").replaceChildren(...desk.stations.map((one) => option(one.id, one.name)));
  at("reports").hidden = !desk.reports;
  at("protocols").hidden = !desk.papers.length;
  renew(at("r-hour"), desk.hours.map((hour) => option(hour, hour)));
  const names = Object.fromEntries(desk.stations.map((one) => [one.id, one.name]));
  const several = desk.papers.length > 1;
  const title = Object.fromEntries(desk.papers.map((one) => [one.contest, several ? ` · ${one.title}` : ""]));
  const forms = desk.forms.map((one) =>
    option(JSON.stringify([one.contest, one.station, one.round]), `${one.station} ${names[one.station]}${title[one.contest]}`),
  );
  renew(at("p-form"), forms);
  showFields();
}

function showFields() {
  const [contest] = JSON.parse(at("p-form").value || "[null]");
  const paper = desk.papers.find((one) => one.contest === contest);
  if (at("fields").dataset.contest === String(contest)) return;
  at("fields").dataset.contest = String(contest);
  const made = (paper?.fields ?? []).flatMap((one, n) => {
    const label = document.createElement("label");
    const field = document.createElement("input");
    Object.assign(label, { htmlFor: `p-${n}`, textContent: one.title });
    Object.assign(field, { id: `p-${n}`, name: one.id, inputMode: "numeric", maxLength: 9 });
    return [label, field];
  });
  at("fields").replaceChildren(...made);
}

function button(text, work) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "plain", textContent: text, onclick: work });
  return made;
}

function line(entry) {
  const item = document.createElement("li");
  const { kind, station, hour = "", voted = "" } = entry.content;
  const state = { waiting: say.waiting, sent: say.sent, conflict: say.conflict }[entry.state];
  item.className = entry.state;
  item.dataset.key = entry.key;
  item.textContent = [station, say[kind], hour, voted, "·", state, entry.text ? `· ${entry.text}` : ""].join(" ");
  if (entry.code === "doubtful") {
    const reason = document.createElement("input");
    reason.setAttribute("aria-label", say.reason);
    reason.maxLength = 500;
    const again = button(say.again, async () => {
      if (!reason.value.trim()) return reason.focus();
      await drop(entry.key);
      await add({ ...entry.content, reason: reason.value });
    });
    item.append(reason, again);
  }
  if (entry.state !== "waiting") item.append(" ", button(say.discard, () => drop(entry.key).then(showQueue)));
  return item;
}

async function showQueue() {
  const entries = await kept();
  const own = entries.filter((one) => one.user === desk?.user);
  const lines = own.map(line);
  const others = own.length < entries.length;
  if (!lines.length || others) {
    const item = document.createElement("li");
    item.textContent = others ? say.other : say.none;
    lines.push(item);
  }
  at("queue").replaceChildren(...lines);
}

// The forms.
function complain(form, text) {
  const place = form.querySelector(".errorlist");
  place.textContent = text;
  place.hidden = !text;
}

at("r-kind").addEventListener("change", () => (at("turnout").hidden = at("r-kind").value !== "turnout"));
at("p-form").addEventListener("change", showFields);

at("report").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { station, kind, hour, voted } = Object.fromEntries(new FormData(form));
  if (!desk.stations.some((one) => one.id === station)) return complain(form, say.station);
  if (kind === "turnout" && !/^\d{1,6}$/.test(voted.trim())) return complain(form, say.number);
  complain(form, "");
  // At once, before it is on the disk: what is typed from now on is of the next report.
  form.elements.voted.value = "";
  form.elements.station.focus();
  await add(kind === "turnout" ? { kind, station, hour, voted: Number(voted) } : { kind, station }).catch((error) => {
    form.elements.voted.value = voted;
    throw error;
  });
});

at("protocol").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (!form.elements.form.value) return complain(form, say.round);
  const [contest, station, round] = JSON.parse(form.elements.form.value);
  const fields = [...at("fields").querySelectorAll("input")];
  const wrong = fields.find((field) => !/^(\d{1,9}|\?)$/.test(field.value.trim()));
  if (wrong) {
    complain(form, say.number);
    return wrong.focus();
  }
  const figures = Object.fromEntries(fields.map((one) => [one.name, one.value.trim() === "?" ? null : Number(one.value)]));
  const before = await kept();
  const twice = (one) => one.user === desk.user && one.state === "waiting" && one.content.kind === "protocol" && one.content.station === station && one.content.contest === contest;
  if (before.some(twice)) return complain(form, say.same);
  complain(form, "");
  await add({ kind: "protocol", contest, station, round, figures });
  for (const field of fields) field.value = "";
  if (form.contains(document.activeElement)) form.elements.form.focus(); // who has gone on is not called back
});

at("send").addEventListener("click", send);
window.addEventListener("online", send);
window.addEventListener("offline", () => showNetwork(false));
setInterval(async () => ((await kept()).some((one) => one.state === "waiting") ? send() : undefined), AGAIN);

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/console/offline/worker.js", { scope: "/console/offline/" });
desk = (await shelf("desk", "readonly", (store) => store.get("desk"))) ?? null;
if (desk) showDesk();
await showQueue();
await send();
document.documentElement.dataset.ready = "yes";
