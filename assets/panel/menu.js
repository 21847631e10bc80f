// menu.js - a button and what it offers: arrows move, Escape and a click elsewhere close, letters find.
import { element } from "./dom.js";
import { icon } from "./icons.js";

const EDGE_PX = 8;

/*
 * openMenu(anchor, [{label, icon, run, isChecked, isDangerous, isDisabled, href}, null, …], {label}): null draws a line. Entries with
 * isChecked are a choice of one. The focus returns to the anchor.
 */
export function openMenu(anchor, entries, { label = anchor.getAttribute("aria-label") ?? anchor.textContent } = {}) {
  if (anchor.getAttribute("aria-expanded") === "true") return;
  const menu = element("div", { class: "menu", role: "menu", "aria-label": label, tabindex: "-1" }, ...entries.map((entry) => (entry ? item(entry) : element("hr"))));
  const close = (isBack) => {
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", handleOutside, true);
    if (isBack && anchor.isConnected) anchor.focus();
  };
  const handleOutside = (event) => !menu.contains(event.target) && close(false);
  const items = [...menu.querySelectorAll("[role^=menuitem]")];
  menu.addEventListener("click", ({ target }) => target.closest("[role^=menuitem]") && close(true), true);
  menu.addEventListener("keydown", (event) => handleKey(event, items, close));
  menu.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !menu.contains(relatedTarget) && menu.isConnected && close(false));
  document.addEventListener("pointerdown", handleOutside, true);
  anchor.setAttribute("aria-haspopup", "menu");
  anchor.setAttribute("aria-expanded", "true");
  (anchor.closest("dialog") ?? document.body).append(menu);
  stand(menu, anchor);
  (menu.querySelector("[aria-checked=true]") ?? items[0])?.focus();
}

function item({ label, icon: sign, run, isChecked, isDangerous, isDisabled, href, lang, place }) {
  const common = { class: `menu-item ${isDangerous ? "danger" : ""}`, lang, tabindex: "-1", "data-local": true, "data-place": place };
  const inside = [isChecked !== undefined ? icon(isChecked ? "check" : "blank") : sign && icon(sign), element("span", {}, label)];
  if (href) return element("a", { ...common, role: "menuitem", href, target: "_blank", rel: "noopener" }, ...inside);
  return element("button", { ...common, type: "button", role: isChecked === undefined ? "menuitem" : "menuitemradio",
    "aria-checked": isChecked === undefined ? undefined : String(isChecked), disabled: isDisabled, onclick: run }, ...inside);
}

function handleKey(event, items, close) {
  const able = items.filter((one) => !one.disabled), at = able.indexOf(document.activeElement);
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: able.length - 1 };
  if (event.key in moves) able.at(moves[event.key] % able.length)?.focus();
  else if (event.key === "Escape" || event.key === "Tab") close(true);
  else if (event.key.length === 1 && event.key !== " ") able.find((one) => one.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  else return;
  event.stopPropagation();
  if (event.key !== "Tab") event.preventDefault();
}

// Below the anchor, or above where there is no room; never beyond the window's edge.
function stand(menu, anchor) {
  const from = anchor.getBoundingClientRect(), size = menu.getBoundingClientRect();
  const isRightToLeft = getComputedStyle(anchor).direction === "rtl";
  const wanted = isRightToLeft ? from.left : from.right - size.width;
  const left = Math.min(Math.max(EDGE_PX, wanted), innerWidth - size.width - EDGE_PX);
  const below = from.bottom + 4;
  const top = below + size.height <= innerHeight - EDGE_PX ? below : Math.max(EDGE_PX, from.top - size.height - 4);
  menu.style.setProperty("left", `${Math.round(left)}px`);
  menu.style.setProperty("top", `${Math.round(top)}px`);
}
