// keys.js - the keyboard: who wants a key registers it here, and `?` shows them all.
import { element } from "./dom.js";
import { openDialog } from "./dialog.js";
import { t } from "./i18n.js";
import { prefs } from "./prefs.js";

const known = [];  // {key, group, words, run, when}

/*
 * register("n", "questions", "questions.key_next", run, {when}): key is what is written on it ("n", "?", "ArrowDown", "Shift+A",
 * "Control+Enter"); group and words are keys of strings, read when they are shown; when() says whether it means something now,
 * and goes before one that always does.
 * No key while somebody types or a dialog is open. Letters mean the key's place as well, so that they work on a Persian keyboard.
 */
export function register(key, group, words, run, { when = null } = {}) {
  if (known.some((other) => other.key === key && other.when === when)) throw new Error(`keys: "${key}" is taken`);
  known.push({ key, group, words, run, when });
}

export const registered = () => known;

export function startKeys() {
  register("?", "keys.group", "keys.show", showKeys);
  document.addEventListener("keydown", handleKey);
}

export function isTyping(target = document.activeElement) {
  return Boolean(target?.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button])"));
}

function handleKey(event) {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], .menu")) return;
  const names = namesOf(event);
  const isBare = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isTyping(event.target) || (isBare && prefs.get("keys") === false && !names.includes("Escape"))) return;
  const fitting = known.filter(({ key, when }) => names.includes(key) && (!when || when()));
  const found = fitting.find(({ when }) => when) ?? fitting[0];
  if (!found) return;
  event.preventDefault();
  found.run(event);
}

// What the event may be called: by the sign it makes, and by the place of the key where that makes no Latin letter.
function namesOf(event) {
  const held = `${event.ctrlKey || event.metaKey ? "Control+" : ""}${event.altKey ? "Alt+" : ""}`;
  const names = [held + event.key];
  if (/^[A-Z]$/.test(event.key)) names.push(`${held}${event.shiftKey ? "Shift+" : ""}${event.shiftKey ? event.key : event.key.toLowerCase()}`);
  const place = /^(?:Key|Digit)([A-Z0-9])$/.exec(event.code)?.[1];
  if (place && !/^[a-z0-9]$/i.test(event.key) && event.key.charCodeAt(0) > 127) names.push(held + (event.shiftKey ? `Shift+${place}` : place.toLowerCase()));
  if (event.code === "Slash" && event.key.charCodeAt(0) > 127) names.push(event.shiftKey ? "?" : "/");
  return names;
}

export function showKeys() {
  const groups = Map.groupBy ? Map.groupBy(known, ({ group }) => group) : groupBy(known);
  openDialog({ title: t("keys.title"), kind: "wide" }, element("div", { class: "keys" }, ...[...groups].map(([group, list]) =>
    element("section", {}, element("h3", {}, t(group)), element("dl", {}, ...list.flatMap(({ key, words }) =>
      [element("dt", {}, ...caps(key)), element("dd", {}, t(words))]))))), element("p", { class: "hint" }, t("keys.help")));
}

function groupBy(list) {
  const groups = new Map();
  for (const one of list) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

const signs = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Control: "Ctrl", Escape: "Esc", " ": "␣" };
export const caps = (key) => (key === "+" ? ["+"] : key.split("+")).map((name) => element("kbd", { dir: "ltr" }, signs[name] ?? (name.length === 1 ? name.toUpperCase() : name)));

/*
 * One stop of the Tab key for a whole list: arrows move among what matches the selector, Home and End go to the ends. The list
 * may be drawn anew at any time.
 */
export function rove(list, selector) {
  const all = () => [...list.querySelectorAll(selector)];
  list.addEventListener("keydown", (event) => {
    const here = event.target.closest(selector);
    if (!here || isTyping(event.target)) return;
    const items = all(), at = items.indexOf(here);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || !items[to]) return;
    event.preventDefault();
    focusItem(items[to]);
  });
}

export function focusItem(item) {
  if (!item.hasAttribute("tabindex")) item.setAttribute("tabindex", "-1");
  item.focus();
  item.scrollIntoView({ block: "nearest" });
}
