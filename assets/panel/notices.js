// notices.js - what a person should know, for a while.
import { button, byId, element } from "./dom.js";

const SHOWN_MS = 8000, MOST = 4;

export function notify(level, text) {
  const box = byId("notices");
  const notice = element("div", { class: `notice ${level}` }, element("p", { dir: "auto" }, text), button("×", () => notice.remove(), { "aria-label": "Close" }));
  box.append(notice);
  while (box.children.length > MOST) box.firstElementChild.remove();
  setTimeout(() => notice.remove(), level === "error" ? 2 * SHOWN_MS : SHOWN_MS);
}
