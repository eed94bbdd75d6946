// Buttons that enlarge the map and move it; the keys + and - do the same while one of them has the focus.
const SIGNS = { "+": 1.5, "−": 1 / 1.5, "←": [-0.25, 0], "→": [0.25, 0], "↑": [0, -0.25], "↓": [0, 0.25] };

export function zoom(map) {
  if (!map) return;
  const whole = map.viewBox.baseVal;
  const [width, height] = [whole.width, whole.height];
  let [x, y, size] = [0, 0, 1];
  const bar = document.createElement("div");
  bar.className = "zoom";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", map.getAttribute("aria-label"));
  const act = (move) => {
    if (Array.isArray(move)) [x, y] = [x + (move[0] * width) / size, y + (move[1] * height) / size];
    else {
      const before = size;
      size = Math.min(8, Math.max(1, size * move));
      x += (width / before - width / size) / 2;
      y += (height / before - height / size) / 2;
    }
    x = Math.min(width - width / size, Math.max(0, x));
    y = Math.min(height - height / size, Math.max(0, y));
    map.setAttribute("viewBox", `${x} ${y} ${width / size} ${height / size}`);
  };
  for (const [sign, move] of Object.entries(SIGNS)) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign });
    button.addEventListener("click", () => act(move));
    bar.append(button);
  }
  bar.addEventListener("keydown", (event) => {
    const move = { "+": SIGNS["+"], "=": SIGNS["+"], "-": SIGNS["−"] }[event.key];
    if (move) act(move);
  });
  map.before(bar);
}
