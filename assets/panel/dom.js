// dom.js - elements from words. Text reaches the page only as text nodes, cleaned.

// element("p", {class: "hint", dir: "auto"}, "text", child …); "on…" keys are listeners, true and false set or leave out.
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, value);
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) node.append(child instanceof Node ? child : clean(child));
  }
  return node;
}

// Without what could turn the line around it: controls, and U+202A to E, U+2066 to 9. Each text has its own direction already.
export function clean(text) {
  return String(text ?? "").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}

export const byId = (id) => document.getElementById(id);

export function button(label, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, label);
}

// A few words for a moment of the near past: "14:03:22".
export function clockTime(unixMs) {
  return new Date(unixMs).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function ago(unixMs, nowMs = Date.now()) {
  const seconds = Math.max(0, Math.round((nowMs - unixMs) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  return clockTime(unixMs);
}

// "190 ms", "3.0 s", "41 s", "5 min", "2 h 10 min".
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
  const minutes = Math.round(ms / 60000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const number = (value) => new Intl.NumberFormat().format(value);

// Others are shown by their first letters.
const marks = { discord: "Dc", facebook: "Fb", instagram: "Ig", irc: "IRC", kick: "Ki", reddit: "Re", socialstream: "SSN", tiktok: "TT", twitch: "Tw", x: "X", youtube: "Yt" };

export function platformMark(platform) {
  if (!platform) return null;
  const known = Object.hasOwn(marks, platform);
  return element("span", { class: `mark ${known ? platform : ""}`, title: platform }, known ? marks[platform] : platform.slice(0, 3));
}

const roles = ["broadcaster", "moderator", "vip", "subscriber", "verified", "staff"];

export function roleMark(author) {
  const role = roles.find((name) => author?.roles?.includes(name));
  return role ? element("span", { class: "role" }, role) : null;
}
