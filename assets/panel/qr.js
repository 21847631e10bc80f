// qr.js - rows of "0" and "1" as one path on white, with the quiet zone that cameras want.

const SVG = "http://www.w3.org/2000/svg", QUIET = 4;

export function qrPicture(rows, words) {
  const size = rows.length + 2 * QUIET, dark = [];
  rows.forEach((row, y) => [...row].forEach((cell, x) => cell === "1" && dark.push(`M${x + QUIET} ${y + QUIET}h1v1h-1z`)));
  const picture = make("svg", { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "aria-label": words, "shape-rendering": "crispEdges" });
  picture.append(make("rect", { width: size, height: size, fill: "#fff" }), make("path", { d: dark.join(""), fill: "#000" }));
  return picture;
}

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
