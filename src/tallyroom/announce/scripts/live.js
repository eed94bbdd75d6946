// Keeps the newest page fresh: asks for a pointer of 300 bytes, and only where it names a newer snapshot for that
// snapshot's figures, which are put in place of the older ones. Where the page has another shape it is read anew.
const EVERY = 15; // seconds between two looks, half as much again at random so that readers do not come at once
const SLOWEST = 300;
const OLD = 1800; // seconds without a newer snapshot, while the count goes on, after which the page says so
const ATTRIBUTES = ["class", "datetime", "points", "width", "y"];
const data = document.body.dataset;
const language = document.documentElement.lang;

let wait = EVERY;
let timer = 0;
let next = 0;
let settle = () => {};

export function follow(furnish) {
  settle = furnish;
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
  setInterval(tell, 1000);
  plan();
}

function plan() {
  clearTimeout(timer);
  const pause = wait * (1 + Math.random() / 2);
  next = Date.now() + 1000 * pause;
  if (!document.hidden) timer = setTimeout(look, 1000 * pause);
}

async function look() {
  try {
    const pointer = await read("latest.json");
    if (pointer.number > Number(data.number)) await take(pointer);
    wait = EVERY;
  } catch {
    wait = Math.min(2 * wait, SLOWEST);
  }
  tell();
  plan();
}

async function read(path) {
  const answer = await fetch(path, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function take(pointer) {
  const update = await read(`v/${pointer.number}/live.${language}.json`);
  const before = document.getElementById("headline").textContent;
  if (update.shape === data.shape) put(update);
  else await replace(pointer);
  data.number = pointer.number;
  data.state = pointer.state;
  data.time = pointer.time;
  const after = document.getElementById("headline").textContent;
  if (after !== before) document.getElementById("news").textContent = after;
}

function put(update) {
  for (const place of document.querySelectorAll("[data-live]")) {
    const text = update.values[place.dataset.live];
    if (text === undefined || place.textContent === text) continue;
    place.textContent = text;
    if (place instanceof HTMLElement) mark(place);
  }
  for (const name of ATTRIBUTES) {
    for (const place of document.querySelectorAll(`[data-live-${name}]`)) {
      const value = update.values[place.getAttribute(`data-live-${name}`)];
      if (value !== undefined) place.setAttribute(name, value);
    }
  }
  rebase(update.base);
  setMeta("record-size", update.size);
  setMeta("record-root", update.root);
  document.title = `${update.values.headline} – ${document.querySelector("h1").textContent}`;
}

// The page that stands at the same address by now, read whole: another paragraph, table or statement has come.
async function replace(pointer) {
  const answer = await fetch(location.pathname, { cache: "no-cache" });
  if (!answer.ok) throw new Error(String(answer.status));
  const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (Number(newer.body.dataset.number) < pointer.number) throw new Error("not there yet");
  const focused = document.activeElement?.id;
  for (const part of ["header", "main", "footer"]) {
    document.querySelector(part).replaceWith(newer.querySelector(part));
  }
  for (const name of ["shape", "number"]) data[name] = newer.body.dataset[name];
  document.title = newer.title;
  if (focused) document.getElementById(focused)?.focus();
  settle();
}

function rebase(base) {
  for (const link of document.querySelectorAll('a[href^="v/"]')) {
    if (link.closest("#statements")) continue; // those name the snapshot of their own time
    link.setAttribute("href", link.getAttribute("href").replace(/^v\/\d+\//, base));
  }
}

function setMeta(name, value) {
  document.querySelector(`meta[name="${name}"]`)?.setAttribute("content", value);
}

function mark(place) {
  place.classList.add("changed");
  setTimeout(() => place.classList.remove("changed"), 4000);
}

function tell() {
  const age = (Date.now() - Date.parse(data.time)) / 1000;
  const going = data.state === "voting" || data.state === "counting";
  const place = document.getElementById("freshness");
  const left = Math.max(0, Math.round((next - Date.now()) / 1000));
  if (place) place.textContent = going ? ` · ${ago(age)} · ${data.soon.replace("{}", left)}` : "";
  warn(going && age > OLD);
}

function ago(seconds) {
  const [unit, length] = seconds < 3600 ? ["minute", 60] : seconds < 86400 ? ["hour", 3600] : ["day", 86400];
  return new Intl.RelativeTimeFormat(language).format(-Math.floor(seconds / length), unit);
}

function warn(stale) {
  const bar = document.getElementById("stale");
  if (!stale) bar?.remove();
  else if (!bar) {
    const made = Object.assign(document.createElement("p"), { id: "stale", className: "stale-bar", textContent: data.stale });
    made.setAttribute("role", "status");
    document.getElementById("main").prepend(made);
  }
}
