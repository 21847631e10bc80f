// plot.js - numbers as a small line, and states as a strip. Each says in words what it shows.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120, HEIGHT = 28, ROOM = 2;

/*
 * sparkline(values, {words, most}): values oldest first, drawn against the newest edge; most: what reaches the top (the largest of
 * them otherwise). Time runs with the line of text: in a right-to-left page the newest is at the left (panel.css mirrors it).
 */
export function sparkline(values, { words, length = 120, most = Math.max(1, ...values) }) {
  const picture = frame("plot", words);
  if (values.length < 2) return picture;
  const x = (index) => (WIDTH - ROOM) - (values.length - 1 - index) * (WIDTH - ROOM) / (length - 1);
  const y = (value) => HEIGHT - ROOM - Math.min(1, value / most) * (HEIGHT - 2 * ROOM);
  const line = values.map((value, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  picture.append(make("path", { class: "plot-area", d: `${line}L${x(values.length - 1).toFixed(1)} ${HEIGHT}L${x(0).toFixed(1)} ${HEIGHT}Z` }),
    make("path", { class: "plot-line", d: line }));
  return picture;
}

const kinds = { l: "good", s: "bad", f: "bad", c: "warn", w: "warn", o: "off" };

// states: letters as rates.js has them, oldest first; runs of one kind are one piece. What is bad is also lower, for who sees no colours.
export function strip(states, { words, length = 120 }) {
  const picture = frame("strip", words, 8);
  const step = WIDTH / length, from = length - states.length;
  for (let start = 0, end; start < states.length; start = end) {
    for (end = start + 1; end < states.length && kinds[states[end]] === kinds[states[start]];) end++;
    const kind = kinds[states[start]] ?? "off", height = kind === "good" ? 8 : kind === "warn" ? 5 : 3;
    picture.append(make("rect", { class: `strip-${kind}`, x: ((from + start) * step).toFixed(2), y: 8 - height, width: ((end - start) * step).toFixed(2), height }));
  }
  return picture;
}

function frame(kind, words, height = HEIGHT) {
  return make("svg", { class: kind, viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": String(words) });
}

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
