// notices.js - what a person should know, for a while; the way back stands beside it.
import { announce } from "./announce.js";
import { button, element, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";

const SHOWN_MS = 8000, MOST = 4;
const signs = { error: "panic", warn: "info", info: "info", good: "check" };
let box = null;

function place() {
  box ??= document.body.appendChild(element("div", { class: "notices", id: "notices", role: "region", "aria-label": t("notices.title") }));
  return box;
}

/*
 * notify("info", t("…"), {action: {label, run}}): level is error, warn, info or good. It stays as long as the pointer or the
 * focus rests on it. Answers a function that takes it away.
 */
export function notify(level, text, { action = null, shown_ms = level === "error" ? 2 * SHOWN_MS : SHOWN_MS } = {}) {
  const notice = element("div", { class: `notice ${level}` }, icon(signs[level] ?? "info"), element("p", { dir: "auto" }, text),
    action && button(action.label, () => { notice.remove(); action.run(); }, { class: "tonal" }),
    iconButton("close", t("common.close"), () => notice.remove(), { "data-local": true }));
  place().append(notice);
  while (box.children.length > MOST) box.firstElementChild.remove();
  announce(text, level === "error" ? "assertive" : "polite");
  leaveLater(notice, shown_ms);
  return () => notice.remove();
}

function leaveLater(notice, shown_ms) {
  let timer = 0;
  const stay = () => clearTimeout(timer);
  const leave = () => { stay(); timer = setTimeout(() => notice.remove(), shown_ms); };
  for (const name of ["mouseenter", "focusin"]) notice.addEventListener(name, stay);
  for (const name of ["mouseleave", "focusout"]) notice.addEventListener(name, leave);
  leave();
}
