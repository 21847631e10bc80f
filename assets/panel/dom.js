// dom.js - elements from words. Text reaches the page only as text nodes, cleaned.
import { icon } from "./icons.js";
import { clean, Phrase, t } from "./i18n.js";

export { clean };

// element("p", {class: "hint", dir: "auto"}, "text", child …); "on…" keys are listeners, true and false set or leave out.
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, value);
  }
  return fill(node, ...children);
}

// Appends what element() takes as children: texts, phrases, nodes; null, undefined and false are left out.
export function fill(node, ...children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Phrase) node.append(...child.nodes());
    else node.append(child instanceof Node ? child : clean(child));
  }
  return node;
}

// The same in place of what is there.
export function refill(node, ...children) {
  node.replaceChildren();
  return fill(node, ...children);
}

export const byId = (id) => document.getElementById(id);

/*
 * A button. It acts on the show: while there is no connection it is marked and does nothing (main.js). One that only turns
 * something on this page says so with {"data-local": true}.
 */
export function button(label, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, label);
}

// Only a sign; the words are for the ear and the pointer that rests.
export function iconButton(name, label, onclick, attributes = {}) {
  const { class: kind = "quiet", ...rest } = attributes;
  return element("button", { type: "button", onclick, class: `icon-button ${kind}`, "aria-label": label, title: label, ...rest }, icon(name));
}

// Words for the ear alone.
export const aside = (words) => element("span", { class: "visually-hidden" }, words);

// A part's frame: card("poll", t("poll.title"), {tools: [nodes]}, …children).
export function card(name, title, { tools = [], ...attributes } = {}, ...children) {
  const id = `${name}-title`;
  return element("section", { class: "card", "aria-labelledby": id, ...attributes },
    element("div", { class: "head" }, element("h2", { id, tabindex: "-1" }, title), ...tools), ...children);
}

// A labelled field: field({id, label, help}, input). The help is read with the field.
export function field({ id, label, help, isHidden = false }, input, ...more) {
  input.id = id;
  if (help) input.setAttribute("aria-describedby", `${id}-hint`);
  return element("div", { class: "field" },
    element("label", { for: id, class: isHidden ? "visually-hidden" : undefined }, label), more.length ? element("div", { class: "row" }, input, ...more) : input,
    help && element("p", { class: "hint", id: `${id}-hint` }, help));
}

// A switch: on or off at once.
export function toggle(id, label, isOn, onchange) {
  const input = element("input", { id, type: "checkbox", role: "switch", checked: isOn, onchange: () => onchange?.(input.checked) });
  return element("div", { class: "row check toggle" }, input, element("label", { for: id }, label));
}

// What stands where nothing stands yet.
export function empty(sign, title, words) {
  return element("div", { class: "empty" }, icon(sign), element("p", { class: "empty-title" }, title), words && element("p", {}, words));
}

// Grey lines while something is on its way.
export function skeleton(lines = 3) {
  return element("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: lines }, () => element("span")));
}

// A share of 1 as a bar; the words say it.
export function meter(share, words, kind = "") {
  return element("progress", { class: `meter ${kind}`, max: 1, value: Math.min(1, Math.max(0, share || 0)), "aria-label": words });
}

// Others are shown by their first letters.
const marks = { discord: "Dc", facebook: "Fb", instagram: "Ig", irc: "IRC", kick: "Ki", reddit: "Re", socialstream: "SS", tiktok: "TT", twitch: "Tw", x: "X", youtube: "Yt" };

export function platformMark(platform) {
  if (!platform) return null;
  const known = Object.hasOwn(marks, platform);
  return element("span", { class: `mark ${known ? platform : ""}`, title: platform, role: "img", "aria-label": platform }, known ? marks[platform] : platform.slice(0, 3));
}

const roles = ["broadcaster", "moderator", "vip", "subscriber", "verified", "staff"];

export function roleMark(author) {
  const role = roles.find((name) => author?.roles?.includes(name));
  return role ? element("span", { class: `role ${role}` }, t(`author.${role}`)) : null;
}
