// chat_filter.js - which part of the chat is read: asked of the relay, so that above 500 a second nothing of it is missing.
import { button, element, field, iconButton, refill, toggle } from "./dom.js";
import { compact, languageName, number, t } from "./i18n.js";
import { icon } from "./icons.js";
import { prefs } from "./prefs.js";

const roles = ["broadcaster", "moderator", "vip", "subscriber", "viewer"];
const LANGUAGES_SHOWN = 12, TYPED_MS = 350;
const lists = ["sources", "languages", "roles"];

export class ChatFilter {
  #value = clean(prefs.get("chat.filter") ?? {}); #timer = 0; #drawn = "";
  #text = element("input", { type: "search", dir: "auto", maxlength: "80", autocomplete: "off", oninput: () => this.#typed() });
  #groups = element("div", { class: "filter-groups" });
  chips = element("div", { class: "filter-chips", hidden: true });
  node = element("div", { class: "filter-panel", id: "chat-filter", hidden: true }, this.#groups,
    field({ id: "filter-text", label: t("chat.filter_text") }, this.#text));
  button = element("button", { type: "button", class: "quiet icon-button", "aria-expanded": "false", "aria-controls": "chat-filter", "aria-label": t("chat.filter"), title: t("chat.filter"), "data-local": true, onclick: () => this.toggle() }, icon("filter"));

  // onChange(value): it was chosen by a person.
  constructor(store, onChange) {
    this.store = store;
    this.onChange = onChange;
    this.#text.value = this.#value.text ?? "";
    for (const part of ["sources", "rates"]) store.addEventListener(part, () => !this.node.hidden && this.#draw());
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && (this.toggle(false), this.button.focus()));
    this.#drawChips();
  }

  // As feed.filter and history take it.
  get value() { return this.#value; }
  get isOn() { return Object.keys(this.#value).length > 0; }

  toggle(isOpen = this.node.hidden) {
    this.node.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.#drawn = "";
    if (isOpen) this.#draw();
    if (isOpen) this.node.querySelector("button, input")?.focus();
  }

  set(value) {
    this.#value = clean(value);
    this.#text.value = this.#value.text ?? this.#text.value;
    prefs.set("chat.filter", this.isOn ? this.#value : null);
    this.#drawChips();
    this.#drawn = "";
    if (!this.node.hidden) this.#draw();
    this.onChange(this.#value);
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.set({ ...this.#value, text: this.#text.value.trim() }), TYPED_MS);
  }

  #flip(list, name) {
    const now = this.#value[list] ?? [];
    this.set({ ...this.#value, [list]: now.includes(name) ? now.filter((one) => one !== name) : [...now, name] });
  }

  // Those spoken now first, and those chosen always.
  #languages() {
    const spoken = Object.entries(this.store.languages).sort((a, b) => b[1] - a[1]).map(([name]) => name);
    return [...new Set([...(this.#value.languages ?? []), ...spoken])].filter((name) => !name.startsWith("und")).slice(0, LANGUAGES_SHOWN);
  }

  // Sources tell of themselves every second: drawn anew only when there is something else to choose.
  #draw() {
    const sources = [...this.store.sources.keys()], languages = this.#languages();
    const drawn = JSON.stringify([sources, languages, this.#value]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset?.key : null;
    refill(this.#groups,
      this.#group("sources", t("chat.filter_sources"), sources.map((name) => [name, element("bdi", {}, name)])),
      this.#group("languages", t("chat.filter_languages"), languages.map((name) => [name, [languageName(name), this.#count(name)]])),
      this.#group("roles", t("chat.filter_roles"), roles.map((name) => [name, t(name === "viewer" ? "chat.role_viewer" : `author.${name}`)])),
      element("div", { class: "filter-flags" },
        toggle("filter-questions", t("chat.filter_questions"), this.#value.questions, (isOn) => this.set({ ...this.#value, questions: isOn })),
        toggle("filter-money", t("chat.filter_money"), this.#value.money, (isOn) => this.set({ ...this.#value, money: isOn }))));
    if (focused) this.node.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #count(name) {
    const count = this.store.languages[name];
    return count ? element("span", { class: "soft" }, ` ${compact(count)}`) : null;
  }

  #group(list, label, choices) {
    if (choices.length === 0) return null;
    return element("fieldset", { class: "filter-group" }, element("legend", {}, label), element("div", { class: "choices" }, ...choices.map(([name, words]) =>
      button("", () => this.#flip(list, name), { class: "choice", "aria-pressed": String(this.#value[list]?.includes(name) ?? false), "data-key": `${list}:${name}`, "data-local": true })).map((one, index) => {
        refill(one, choices[index][1]);
        return one;
      })));
  }

  #drawChips() {
    const chip = (words, without) => element("span", { class: "chip accent" }, element("bdi", {}, words),
      iconButton("close", t("chat.filter_without", { what: words }), () => this.set(without), { class: "chip-close", "data-local": true }));
    const chips = lists.flatMap((list) => (this.#value[list] ?? []).map((name) => chip(nameOf(list, name), { ...this.#value, [list]: this.#value[list].filter((one) => one !== name) })));
    if (this.#value.questions) chips.push(chip(t("chat.filter_questions"), { ...this.#value, questions: false }));
    if (this.#value.money) chips.push(chip(t("chat.filter_money"), { ...this.#value, money: false }));
    if (this.#value.text) chips.push(chip(`“${this.#value.text}”`, { ...this.#value, text: "" }));
    this.chips.hidden = chips.length === 0;
    this.button.classList.toggle("is-on", chips.length > 0);
    refill(this.chips, chips, chips.length > 1 && button(t("chat.filter_none"), () => { this.#text.value = ""; this.set({}); }, { class: "quiet", "data-local": true }));
    if (!this.#value.text) this.#text.value = document.activeElement === this.#text ? this.#text.value : "";
    this.button.setAttribute("aria-label", chips.length ? t("chat.filter_count", { n: chips.length }) : t("chat.filter"));
  }
}

function nameOf(list, name) {
  if (list === "languages") return languageName(name);
  if (list === "roles") return t(name === "viewer" ? "chat.role_viewer" : `author.${name}`);
  return name;
}

// Only what is asked for, and only what we know.
function clean(value) {
  const result = {};
  for (const list of lists) {
    const names = Array.isArray(value[list]) ? value[list].filter((name) => typeof name === "string" && name) : [];
    if (names.length) result[list] = names.slice(0, 32);
  }
  for (const flag of ["questions", "money"]) if (value[flag] === true) result[flag] = true;
  if (typeof value.text === "string" && value.text.trim()) result.text = value.text.trim().slice(0, 80);
  return result;
}

// "Showing 500 of 4,900 a second": what a flood leaves out.
export function sampleWords(sample) {
  const each = (count) => Math.round(count * 1000 / (sample.over_ms || 1000));
  return t("chat.sample", { shown: number(each(sample.shown)), all: number(each(sample.shown + sample.skipped)) });
}
