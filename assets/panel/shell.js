// shell.js - the frame: header, places, columns or tabs, what is said while there is no connection.
import { announce } from "./announce.js";
import { aside, button, element, refill } from "./dom.js";
import { icon } from "./icons.js";
import { number, seconds, t } from "./i18n.js";
import { register } from "./keys.js";
import { openMenu } from "./menu.js";
import { prefs } from "./prefs.js";

// How many columns fit: each of the first places has its own, the last column holds the rest behind tabs. One is a phone.
const COLUMNS = [[1600, 4], [1100, 3], [700, 2]], NAVIGATED = 4, BADGE_MOST = 99, COUNT_MS = 1000;

export class Shell {
  places = new Map();  // name → {name, icon, node, tools, tab, entry, badge, slot}
  #columns = 0; #open = new Map(); #tabs = []; #nav = element("nav", { class: "bottom-nav", "aria-label": t("shell.places"), hidden: true }); #more = null;

  // list: [{name, icon, scrolls}], in the order of their use; the parts put their elements into place(name).
  constructor(list) {
    this.desk = element("main", { id: "desk", class: "desk" });
    this.header = element("div", { class: "bar-actions" });
    this.tally = element("div", { class: "tally", id: "tally" });
    this.state = element("p", { class: "link-state", id: "link-state", role: "status" });
    this.banner = element("div", { class: "banner", id: "banner", hidden: true });
    for (const one of list) this.#addPlace(one);
    this.node = element("div", { class: "shell", hidden: true },
      element("a", { class: "skip", href: `#place-${list[0].name}` }, t("shell.skip", { place: t(`place.${list[0].name}`) })),
      element("header", { class: "bar" },
        element("h1", { class: "brand" }, element("img", { src: "icon.svg", alt: "", width: "28", height: "28" }), element("span", {}, "antiphon")),
        this.state, this.tally, this.header),
      this.banner, this.desk, this.#nav);
    list.forEach(({ name }, index) => index < 9 && register(String(index + 1), "keys.group", `place.${name}`, () => this.open(name, true)));
    this.#fit();
    addEventListener("resize", () => this.#fit());
  }

  #addPlace({ name, icon: sign, scrolls = true }) {
    const title = t(`place.${name}`), tools = element("div", { class: "place-tools" });
    const body = element("div", { class: `place-body ${scrolls ? "scroll" : ""}`, "data-keep": scrolls ? name : undefined });
    const node = element("section", { class: `place ${name}`, id: `place-${name}`, tabindex: "-1", "aria-labelledby": `place-${name}-title` },
      element("div", { class: "place-head" }, element("h2", { id: `place-${name}-title` }, title), tools), body);
    const chip = () => element("span", { class: "badge", hidden: true });
    const tab = element("button", { type: "button", role: "tab", class: "tab", id: `tab-${name}`, "aria-controls": `place-${name}`, title, onclick: () => this.open(name), "data-local": true },
      icon(sign), element("span", {}, title), chip());
    const entry = element("button", { type: "button", class: "nav-entry", id: `nav-${name}`, onclick: () => this.open(name), "data-local": true }, icon(sign), element("span", {}, title), chip());
    this.places.set(name, { name, icon: sign, title, node, tools, body, tab, entry, count: 0, slot: 0 });
    this.desk.append(node);
  }

  // Where a part puts what it draws, and beside the title what it offers always.
  place(name) { return this.places.get(name).body; }
  tools(name) { return this.places.get(name).tools; }

  isShown(name) { return this.#open.get(this.places.get(name).slot) === name; }

  // Brings a place to view; with the focus if it was a key.
  open(name, isFocused = false) {
    const place = this.places.get(name);
    this.#open.set(place.slot, name);
    prefs.set(`place.${this.#columns}`, name);
    this.#show();
    if (isFocused) place.node.focus({ preventScroll: true });
  }

  // How many things wait there; 0: none. isUrgent: they should not wait.
  badge(name, count, { isUrgent = false, words = "" } = {}) {
    const place = this.places.get(name);
    place.count = count;
    for (const button of [place.tab, place.entry]) {
      const chip = button.querySelector(".badge");
      chip.hidden = count === 0;
      chip.classList.toggle("urgent", isUrgent);
      refill(chip, count > BADGE_MOST ? `${number(BADGE_MOST)}+` : number(count), words && aside(words));
    }
    this.#badgeMore();
  }

  #badgeMore() {
    const rest = [...this.places.values()].slice(NAVIGATED).reduce((sum, { count }) => sum + count, 0);
    const chip = this.#more?.querySelector(".badge");
    if (!chip) return;
    chip.hidden = rest === 0;
    chip.textContent = number(Math.min(rest, BADGE_MOST));
  }

  /* --- Columns --- */

  #fit() {
    const columns = Math.min(COLUMNS.find(([least]) => innerWidth >= least)?.[1] ?? 1, this.places.size);
    if (columns === this.#columns) return;
    this.#columns = columns;
    document.documentElement.dataset.columns = columns;
    [...this.places.values()].forEach((place, index) => { place.slot = Math.min(index, columns - 1); });
    this.#open.clear();
    for (const { name, slot } of this.places.values()) if (!this.#open.has(slot)) this.#open.set(slot, name);
    const last = this.places.get(prefs.get(`place.${columns}`));
    if (last) this.#open.set(last.slot, last.name);
    this.#drawTabs();
    this.#drawNav();
    this.#show();
  }

  #drawTabs() {
    this.#tabs.forEach((tabs) => tabs.remove());
    this.#tabs = [];
    if (this.#columns === 1) return;
    const slot = this.#columns - 1, members = [...this.places.values()].filter((place) => place.slot === slot);
    if (members.length < 2) return;
    const tabs = element("div", { class: "tabs", role: "tablist", "aria-label": t("shell.places"), onkeydown: moveTab }, ...members.map(({ tab }) => tab));
    members[0].node.before(tabs);
    this.#tabs.push(tabs);
  }

  #drawNav() {
    const all = [...this.places.values()], rest = all.slice(NAVIGATED);
    this.#nav.hidden = this.#columns > 1;
    if (this.#nav.hidden) return this.#nav.replaceChildren();
    this.#more = element("button", { type: "button", class: "nav-entry", id: "nav-more", "data-local": true, onclick: () => openMenu(this.#more, rest.map(({ name, title, icon: sign, count }) =>
      ({ label: count ? t("shell.place_count", { place: title, n: count }) : title, icon: sign, place: name, run: () => this.open(name, true) }))) },
      icon("more"), element("span", {}, t("shell.more")), element("span", { class: "badge", hidden: true }));
    this.#nav.replaceChildren(...all.slice(0, NAVIGATED).map(({ entry }) => entry), ...(rest.length ? [this.#more] : []));
    this.#badgeMore();
  }

  #show() {
    const isTabbed = this.#tabs.length > 0;
    for (const { name, slot, node, tab, entry } of this.places.values()) {
      const isOpen = this.#open.get(slot) === name, hasTab = isTabbed && slot === this.#columns - 1;
      node.dataset.slot = slot;
      node.classList.toggle("is-open", isOpen);
      node.classList.toggle("has-tab", hasTab);
      if (hasTab) node.setAttribute("role", "tabpanel");
      else node.removeAttribute("role");
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      if (isOpen) entry.setAttribute("aria-current", "page");
      else entry.removeAttribute("aria-current");
    }
    const openRest = [...this.places.values()].slice(NAVIGATED).some(({ name }) => this.#columns === 1 && this.isShown(name));
    this.#more?.toggleAttribute("data-current", openRest);
    this.desk.dispatchEvent(new Event("places"));
  }

  /* --- The connection --- */

  // state as link.js tells it; onRetry: try now.
  showLink({ state, role, retry_ms }, onRetry) {
    const wasLost = document.documentElement.dataset.link === "lost";
    const isLost = state === "lost" || state === "refused" || (wasLost && state === "connecting");
    document.documentElement.dataset.link = isLost ? "lost" : state;
    this.state.classList.toggle("lost", isLost);
    refill(this.state, element("span", { class: "dot" }), element("span", {}, state === "open" ? t("link.connected", { role: t(`role.${role}`) }) : isLost ? t("link.lost") : t("link.connecting")));
    this.banner.hidden = !isLost;
    if (!isLost) clearInterval(this.#countdown);
    for (const one of document.querySelectorAll(".desk button:not([data-local]), .bar button:not([data-local])")) mark(one, isLost);
    if (isLost && state !== "connecting") this.#drawBanner(retry_ms, onRetry);
    if (isLost && !wasLost) announce(t("link.lost_help"), "assertive");
    if (wasLost && state === "open") announce(t("link.back"));
  }

  #drawBanner(retry_ms, onRetry) {
    const at = Date.now() + retry_ms, countdown = element("span", { class: "soft" });
    const count = () => refill(countdown, t("link.retry", { time: seconds(Math.max(1000, at - Date.now())) }));
    clearInterval(this.#countdown);
    this.#countdown = setInterval(count, COUNT_MS);
    count();
    refill(this.banner, icon("unlink"), element("p", {}, element("strong", {}, t("link.lost")), " ", t("link.lost_help"), " ", countdown),
      button(t("link.now"), onRetry, { class: "tonal", "data-local": true }));
  }
  #countdown = 0;
}

function mark(button, isLost) {
  if (isLost) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

function moveTab(event) {
  const tabs = [...event.currentTarget.children], at = tabs.indexOf(event.target.closest("[role=tab]"));
  const isRightToLeft = document.documentElement.dir === "rtl", forth = isRightToLeft ? "ArrowLeft" : "ArrowRight", back = isRightToLeft ? "ArrowRight" : "ArrowLeft";
  const to = { [forth]: at + 1, [back]: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const tab = tabs.at(to % tabs.length);
  tab.click();
  tab.focus();
}
