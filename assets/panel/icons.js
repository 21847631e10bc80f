// icons.js - our own signs, drawn on a grid of 24 with a line of 2. They say nothing to the ear: their button does.

const SVG = "http://www.w3.org/2000/svg";

// One sign a line; a path for a line, "@" before one that is filled.
const paths = {
  air: ["M5 5a10 10 0 0 0 0 14", "M19 5a10 10 0 0 1 0 14", "M8.5 8.5a5 5 0 0 0 0 7", "M15.5 8.5a5 5 0 0 1 0 7", "@M12 10.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3z"],
  arrow_down: ["M12 5v14", "M6 13l6 6l6-6"],
  arrow_up: ["M12 19V5", "M6 11l6-6l6 6"],
  ban: ["M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18z", "M5.8 5.8l12.4 12.4"],
  blank: [],
  calendar: ["M4 6h16v14H4z", "M4 10.5h16", "M8.5 3.5v4", "M15.5 3.5v4"],
  captions: ["M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z", "M7 12h4", "M14 12h3", "M7 15.5h7"],
  chat: ["M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z", "M8 9.5h8", "M8 12.5h5"],
  check: ["M5 12.5l4.5 4.5L19 7"],
  chevron: ["M6 9.5l6 6l6-6"],
  clock: ["M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18z", "M12 7.5V12l3 2"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  copy: ["M9 9h10v11H9z", "M15 9V5H5v11h4"],
  crew: ["M9 5a3.2 3.2 0 1 1 0 6.4A3.2 3.2 0 0 1 9 5z", "M3 19.5c.6-3.4 3-5 6-5s5.4 1.6 6 5", "M15.5 5.5a3 3 0 0 1 0 5.5", "M17.5 14.8c2 .7 3.2 2.3 3.5 4.7"],
  download: ["M12 4v11", "M7 11l5 5l5-5", "M4 20h16"],
  edit: ["M4 20l1-4.5L16.5 4a2 2 0 0 1 3 3L8 18.8z", "M14.5 6l3.5 3.5"],
  eye: ["M2.5 12C5 7.5 8.2 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.7 6.5-9.5 6.5S5 16.5 2.5 12z", "M12 9a3 3 0 1 1 0 6a3 3 0 0 1 0-6z"],
  filter: ["M4 6h16", "M7 12h10", "M10 18h4"],
  flag: ["M6 21V4", "M6 4.5c4-2 7 2 12 0v8.5c-5 2-8-2-12 0"],
  gap: ["M3 12h5", "M16 12h5", "M10 8l4 8"],
  globe: ["M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18z", "M3 12h18", "M12 3c3 3 4 6 4 9s-1 6-4 9c-3-3-4-6-4-9s1-6 4-9z"],
  grip: ["@M9 5.5a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z", "@M15 5.5a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z", "@M9 10.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z", "@M15 10.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z", "@M9 15.7a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z", "@M15 15.7a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z"],
  hand: ["M7 12V6.5a1.5 1.5 0 0 1 3 0V11", "M10 10.5V4.8a1.5 1.5 0 0 1 3 0v5.7", "M13 11V6a1.5 1.5 0 0 1 3 0v6", "M16 12V8.5a1.5 1.5 0 0 1 3 0V15a6 6 0 0 1-6 6h-1.5c-2.5 0-4-1-5.3-3L4 14.5a1.5 1.5 0 0 1 2.5-1.6L7 13.5"],
  heart: ["M12 20C6 15.8 3.5 12.8 3.5 9.3A4.3 4.3 0 0 1 12 7.8a4.3 4.3 0 0 1 8.5 1.5c0 3.5-2.5 6.5-8.5 10.7z"],
  history: ["M4 5v5h5", "M4.6 9.5A8.5 8.5 0 1 1 4 14", "M12 8v4.5l3 1.8"],
  host: ["M3 5h18v11H3z", "M8 20h8", "M12 16v4"],
  info: ["M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18z", "M12 11v5", "@M12 7a1.2 1.2 0 1 1 0 2.4A1.2 1.2 0 0 1 12 7z"],
  keys: ["M4 6h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1z", "M7 10h.01", "M11 10h.01", "M15 10h.01", "M8 14h8"],
  link: ["M10 14a4 4 0 0 0 5.7 0l3.2-3.2a4 4 0 0 0-5.7-5.7L11.7 6.6", "M14 10a4 4 0 0 0-5.7 0l-3.2 3.2a4 4 0 0 0 5.7 5.7l1.5-1.5"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  log: ["M6 3h9l4 4v14H6z", "M9.5 11h6", "M9.5 14.5h6", "M9.5 18h3"],
  login: ["M14 4h5v16h-5", "M4 12h10", "M10 8l4 4l-4 4"],
  megaphone: ["M4 10v4h3l9 4.5v-13L7 10z", "M8 14.5l1 5h2.5l-1-4", "M19 9.5a4 4 0 0 1 0 5"],
  merge: ["M6 4v4c0 3 6 3 6 7v5", "M18 4v4c0 3-6 3-6 7"],
  more: ["@M5 10.5a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2z", "@M12 10.5a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2z", "@M19 10.5a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2z"],
  next: ["M5 5l9 7l-9 7z", "M18 5v14"],
  note: ["M5 4h14v11l-5 5H5z", "M14 20v-5h5", "M8.5 9h7", "M8.5 12.5h4"],
  output: ["M4 6h11v12H4z", "M15 11l5-3.5v9L15 13"],
  panic: ["M12 3.5l9 16.5H3z", "M12 10v4.5", "@M12 16.2a1.1 1.1 0 1 1 0 2.2a1.1 1.1 0 0 1 0-2.2z"],
  pause: ["M8 5v14", "M16 5v14"],
  pick: ["M12 4v10", "M7 9.5l5 5l5-5", "M4 15v5h16v-5"],
  picture: ["M4 5h16v14H4z", "M4 16.5l5-5l4 4l2.5-2.5l4.5 4", "@M15.5 8a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z"],
  pin: ["M9 4h6l-.8 6l3.3 3.5h-11L9.8 10z", "M12 13.5V20"],
  play: ["M7 5l11 7l-11 7z"],
  plus: ["M12 5v14", "M5 12h14"],
  poll: ["M5 20v-8", "M12 20V5", "M19 20v-5"],
  qr: ["M4 4h6v6H4z", "M14 4h6v6h-6z", "M4 14h6v6H4z", "M14 14h2.5v2.5H14z", "M20 14v2.5", "M14 20h2.5", "M20 20h-.01"],
  question: ["M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18z", "M9.3 9.5a2.7 2.7 0 1 1 4 2.4c-.9.5-1.3 1-1.3 2", "@M12 15.7a1.2 1.2 0 1 1 0 2.4a1.2 1.2 0 0 1 0-2.4z"],
  refresh: ["M19.5 5v5h-5", "M19 9.5A8 8 0 1 0 20 14"],
  reply: ["M10 6L4 12l6 6", "M4 12h10a6 6 0 0 1 6 6v1"],
  rules: ["M10 6h10", "M10 12h10", "M10 18h10", "M4 6l1 1l2-2", "M4 12l1 1l2-2", "M4 18l1 1l2-2"],
  screen_off: ["M3.5 5h17v11h-17z", "M8 20h8", "M12 16v4", "M4 2.5l16 16"],
  search: ["M11 4a7 7 0 1 1 0 14a7 7 0 0 1 0-14z", "M16.2 16.2L20.5 20.5"],
  settings: ["M12 9a3 3 0 1 1 0 6a3 3 0 0 1 0-6z", "M12 3v3", "M12 18v3", "M3 12h3", "M18 12h3", "M5.6 5.6l2.2 2.2", "M16.2 16.2l2.2 2.2", "M5.6 18.4l2.2-2.2", "M16.2 7.8l2.2-2.2"],
  shield: ["M12 3l8 3v6c0 4.5-3.2 7.6-8 9c-4.8-1.4-8-4.5-8-9V6z", "M8.5 12l2.5 2.5l4.5-5"],
  sources: ["M12 17.5a1.8 1.8 0 1 1 0 3.6a1.8 1.8 0 0 1 0-3.6z", "M8 15a5.5 5.5 0 0 1 8 0", "M5 11.5a10 10 0 0 1 14 0", "M2.5 7.8a14.2 14.2 0 0 1 19 0"],
  split: ["M12 4v5c0 4 6 3 6 7v4", "M12 9c0 4-6 3-6 7v4"],
  stop: ["M6.5 6.5h11v11h-11z"],
  trash: ["M5 7h14", "M9.5 7V4h5v3", "M7 7l1 13h8l1-13", "M10.5 11v5.5", "M13.5 11v5.5"],
  undo: ["M9 5L4 10l5 5", "M4 10h10a5.5 5.5 0 0 1 0 11h-4"],
  unlink: ["M4 4l16 16", "M10 14a4 4 0 0 0 4.8.7", "M16.5 13.2l2.4-2.4a4 4 0 0 0-5.7-5.7l-1.6 1.6", "M7.5 10.8l-2.4 2.4a4 4 0 0 0 5.7 5.7l1.5-1.5"],
  warn: ["M12 4L2.8 19.5h18.4z", "M12 10v4.5", "M12 17v.2"],
  vote: ["M12 5l6 7h-4v7h-4v-7H6z"],
};

// Those that point along the line of text are mirrored where it runs the other way (panel.css).
const directed = new Set(["chat", "history", "login", "megaphone", "next", "output", "play", "reply", "undo"]);

export const iconNames = Object.keys(paths);

export function icon(name) {
  const picture = make("svg", { viewBox: "0 0 24 24", class: `icon${directed.has(name) ? " is-directed" : ""}`, "aria-hidden": "true", focusable: "false" });
  for (const path of paths[name] ?? paths.info) {
    picture.append(path.startsWith("@") ? make("path", { d: path.slice(1), class: "filled" }) : make("path", { d: path }));
  }
  return picture;
}

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
