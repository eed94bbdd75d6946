// Keying by the keyboard alone: Enter goes on, the sums are checked at once, and a draft is kept.
// The server checks everything again; nothing here decides.

const form = document.getElementById("keying");
const fields = [...form.querySelectorAll("input[name^='fig_']")];
const handIn = form.querySelector("button[value='hand-in']");
const kept = document.getElementById("kept");
const list = document.getElementById("arithmetic");
const equations = JSON.parse(form.dataset.equations);
const byName = Object.fromEntries(fields.map((field) => [field.name.slice(4), field]));
const valueOf = (name) => (/^\d{1,9}$/.test(byName[name].value.trim()) ? Number(byName[name].value) : null);

function move(from, by) {
  const to = [...fields, handIn][fields.indexOf(from) + by];
  if (to) {
    to.focus();
    to.select?.();
  }
}

form.addEventListener("keydown", (event) => {
  if (!fields.includes(event.target)) return;
  if (event.key === "Enter" || event.key === "ArrowDown") move(event.target, 1);
  else if (event.key === "ArrowUp") move(event.target, -1);
  else return;
  event.preventDefault();
});

function sum(terms) {
  let total = 0;
  for (const [coefficient, name] of terms) {
    const value = valueOf(name);
    if (value === null) return null;
    total += coefficient * value;
  }
  return total;
}

function differenceOf(equation) {
  const left = sum(equation.left);
  const right = sum(equation.right);
  if (left === null || right === null) return 0;
  const difference = left - right;
  if (equation.relation === "<") return difference >= 0 ? Math.max(difference, 1) : 0;
  if (equation.relation === "<=") return difference > equation.slack ? difference : 0;
  const large = Math.abs(difference) > equation.slack && 100 * Math.abs(difference) >= equation.percent * left;
  return large ? Math.abs(difference) : 0;
}

function check() {
  const broken = equations.map((one) => [one, differenceOf(one)]).filter(([, amount]) => amount);
  list.replaceChildren(
    ...broken.map(([one, amount]) => {
      const item = document.createElement("li");
      item.className = one.severity;
      const counts = [...one.left, ...one.right].every(([coefficient]) => Math.abs(coefficient) === 1);
      item.textContent = `${one.code} ${one.title}` + (counts ? ` (${form.dataset.by} ${amount})` : "");
      return item;
    }),
  );
  const named = new Set(broken.flatMap(([one]) => [...one.left, ...one.right].map(([, name]) => name)));
  for (const [name, field] of Object.entries(byName)) field.classList.toggle("marked", named.has(name));
}

let timer = 0;
let sending = Promise.resolve();

async function keep() {
  const answer = await fetch(form.dataset.draft, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (answer === null) return; // without a network the fields stay as they are, and the next change tries again
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) {
    form.elements.revision.value = found.revision;
    kept.textContent = form.dataset.kept;
  } else if (answer.status === 409) {
    kept.textContent = form.dataset.elsewhere;
  }
}

form.addEventListener("input", () => {
  check();
  kept.textContent = "";
  clearTimeout(timer);
  timer = setTimeout(() => (sending = sending.then(keep)), 800);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (event.submitter !== handIn) return; // Enter in a field has gone on already
  clearTimeout(timer);
  handIn.disabled = true;
  await sending; // the draft under way has to be there first, or this page would contradict it
  const said = document.createElement("input");
  Object.assign(said, { type: "hidden", name: "do", value: "hand-in" });
  form.append(said);
  form.submit();
});

// The browser's own autofocus comes some time after the page is ready: what was typed by then would be lost.
if (document.activeElement === document.body) fields[0].focus();
check();
