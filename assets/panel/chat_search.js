// chat_search.js - words in all shows: hits with their words marked, and the way to where they were said.
import { button, element, empty, fill, iconButton, platformMark, refill, skeleton } from "./dom.js";
import { date, clockTime, dateTime, t } from "./i18n.js";
import { marked, nameOf } from "./chat_row.js";

const PAGE = 50, TYPED_MS = 400;

export class ChatSearch {
  #text = element("input", { id: "search-text", type: "search", dir: "auto", maxlength: "100", autocomplete: "off", "aria-label": t("chat.search"), placeholder: t("chat.search_hint"), oninput: () => this.#later() });
  #results = element("ol", { class: "hits", id: "search-hits", tabindex: "-1" }); #state = element("p", { class: "hint", role: "status" });
  #more = button(t("chat.search_more"), () => this.#ask(this.#next), { class: "tonal", hidden: true });
  #hits = new Map(); #next = null; #asked = 0; #timer = 0; #author = null; #by = element("div", { class: "filter-chips", hidden: true }); #source = element("select", { id: "search-source", "aria-label": t("chat.search_source"), onchange: () => this.#ask() });

  // onShow(message): its place in the chat is wanted. onClose: the panel is gone.
  constructor(desk, { onShow, onClose }) {
    this.desk = desk;
    this.onShow = onShow;
    this.onClose = onClose;
    this.node = element("section", { class: "search-panel", id: "chat-search", "aria-label": t("chat.search"), hidden: true },
      element("form", { class: "row search-form", role: "search", onsubmit: (event) => { event.preventDefault(); this.#ask(); } },
        this.#text, this.#source, iconButton("close", t("chat.search_close"), () => this.close(), { "data-local": true })),
      this.#by, this.#state, this.#results, this.#more);
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.#results.addEventListener("keydown", (event) => this.#move(event));
    desk.store.addEventListener("removed", ({ detail: isGone }) => this.#drop(isGone));
  }

  get isOpen() { return !this.node.hidden; }

  // author: {platform, id, name}: what this one wrote.
  open(author = null) {
    this.node.hidden = false;
    this.#author = author;
    const chosen = this.#source.value;
    refill(this.#source, element("option", { value: "" }, t("chat.search_everywhere")), [...this.desk.store.sources.keys()].map((id) => element("option", { value: id }, id)));
    this.#source.value = [...this.#source.options].some(({ value }) => value === chosen) ? chosen : "";
    this.#drawAuthor();
    if (author) this.#text.value = "";
    if (author) this.#ask();
    this.#text.focus();
    this.#text.select();
  }

  close() {
    this.node.hidden = true;
    this.onClose();
  }

  #drawAuthor() {
    this.#by.hidden = !this.#author;
    refill(this.#by, this.#author && element("span", { class: "chip accent" }, t("chat.search_by", { name: this.#author.name }),
      iconButton("close", t("chat.filter_without", { what: this.#author.name }), () => { this.#author = null; this.#drawAuthor(); this.#ask(); }, { class: "chip-close", "data-local": true })));
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), TYPED_MS);
  }

  // before: the next page; else a search of its own.
  async #ask(before = null) {
    clearTimeout(this.#timer);
    const text = this.#text.value.trim(), number = ++this.#asked;
    if (!before) this.#clear();
    if (!text && !this.#author) return;
    if (!before) refill(this.#results, element("li", {}, skeleton(6)));
    refill(this.#state, t("chat.search_running"));
    try {
      const page = await this.desk.ask("search", { limit: PAGE, ...(text ? { text } : {}), ...(before ? { before } : {}), ...(this.#source.value ? { sources: [this.#source.value] } : {}),
        ...(this.#author ? { platform: this.#author.platform, author: this.#author.id } : {}) });
      if (number === this.#asked) this.#take(page, Boolean(before));
    } catch (error) {
      if (number !== this.#asked) return;
      this.#clear();
      refill(this.#state, element("span", { class: "error-text" }, error.message));
    }
  }

  #clear() {
    this.#hits.clear();
    this.#shown = null;
    this.#results.replaceChildren();
    this.#more.hidden = true;
    this.#next = null;
    refill(this.#state);
  }

  #take({ messages, shows, next }, isMore) {
    if (!isMore) this.#results.replaceChildren();
    const show = (id) => shows.find(({ first_id: first }) => first <= id);
    const focused = isMore ? messages[0]?.id : null;
    for (const message of messages) this.#add(message, show(message.id));
    this.#next = next ?? null;
    this.#more.hidden = !next;
    const count = this.#hits.size;
    refill(this.#state, count || next ? t(next ? "chat.search_found_some" : "chat.search_found", { n: count }) : null);
    if (!count && !next) refill(this.#results, element("li", {}, empty("search", t("chat.search_nothing"), t("chat.search_nothing_help"))));
    if (focused) this.#hits.get(focused)?.row.querySelector("button").focus();
  }

  #add(message, show) {
    if (show && this.#shown !== show.first_id) this.#results.append(element("li", { class: "group", "data-show": show.first_id }, t("chat.search_show", { date: date(show.from_ms) })));
    this.#shown = show?.first_id;
    const row = element("li", { class: "hit", "data-id": message.id }, element("button", { type: "button", class: "hit-button", "data-local": true, onclick: () => this.onShow(message), title: t("chat.search_jump") },
      element("span", { class: "byline" }, platformMark(message.platform), fill(element("bdi", { class: "who" }), ...marked(nameOf(message), message.name_marks)),
        element("time", { class: "when", title: dateTime(message.time_ms ?? message.received_ms) }, clockTime(message.time_ms ?? message.received_ms))),
      fill(element("span", { class: "text", dir: "auto" }), ...marked(message.text ?? "", message.marks))));
    this.#hits.set(message.id, { row, message });
    this.#results.append(row);
  }
  #shown = null;

  #drop(isGone) {
    for (const [id, { row, message }] of this.#hits) {
      if (!isGone(message)) continue;
      row.remove();
      this.#hits.delete(id);
    }
  }

  #move(event) {
    const all = [...this.#results.querySelectorAll(".hit-button")], at = all.indexOf(event.target.closest(".hit-button"));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    (all[to] ?? (to < 0 ? this.#text : all.at(-1))).focus();
  }
}
