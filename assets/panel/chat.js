/*
 * chat.js - the merged chat. What is read stays where it is: the list follows the newest only while nobody scrolled up, points at
 * a row, stands on one or pressed pause; what comes meanwhile is counted. Above and below the messages that the page has,
 * the journal's are read as somebody comes near them.
 */
import { announce } from "./announce.js";
import { button, element, iconButton, refill, toggle } from "./dom.js";
import { icon } from "./icons.js";
import { number, t } from "./i18n.js";
import { focusItem, register } from "./keys.js";
import { ChatActions } from "./chat_actions.js";
import { ChatFilter, sampleWords } from "./chat_filter.js";
import { ChatSearch } from "./chat_search.js";
import { makeRow, nameOf } from "./chat_row.js";
import { empty } from "./dom.js";
import { VirtualList } from "./virtual_list.js";

const PAGE = 200, NEAR_TOP_PX = 900, HOVER_MS = 8000, SAMPLE_MS = 3000, RATE_MS = 10000, PLACE_KEY = "antiphon.chat", PLACE_AGE_MS = 12 * 3600 * 1000;
const NEWER_MOST = 999;

export class Chat {
  #list = element("ol", { class: "messages", id: "messages", tabindex: "0", "aria-label": t("chat.list"), "aria-describedby": "chat-hint" });
  #newer = element("button", { type: "button", class: "newer", id: "newer", hidden: true, "data-local": true, onclick: () => this.#toNow() });
  #pause = iconButton("pause", t("chat.pause"), () => this.#togglePause(), { id: "chat-pause", "aria-pressed": "false", "data-local": true });
  #rateLine = element("p", { class: "hint", id: "chat-rate" });
  #sampleLine = element("div", { class: "sample", id: "chat-sample", role: "status", hidden: true });
  #none = element("div", { class: "messages-empty", hidden: true });
  #holds = new Set(); #rate = []; #isPaging = false; #hoverTimer = 0; #sampleTimer = 0; #kept = readPlace(); #seen = 0; #place = null; #isReturning = false;

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.feed = desk.store.feed;
    this.actions = new ChatActions(desk, this);
    this.filter = new ChatFilter(this.store, (value) => this.#applyFilter(value));
    this.search = new ChatSearch(desk, { onShow: (message) => { this.search.close(); this.showAround(message); }, onClose: () => this.#searchButton.focus() });
    this.view = new VirtualList(this.#list, (item) => makeRow(item.message), { onScroll: () => this.#scrolled() });
    this.#lay();
    this.#listen();
    this.#registerKeys();
    desk.greet?.("filter", () => this.filter.value);
  }

  #searchButton = iconButton("search", t("chat.search"), () => this.#openSearch(), { id: "chat-search-open", "data-local": true });

  #lay() {
    const onPlatform = this.onPlatform = toggle("on-platform", t("chat.on_platform"), false);
    onPlatform.id = "on-platform-row";
    this.desk.shell.tools("chat").append(this.#rateLine, this.#pause, this.filter.button, this.#searchButton);
    this.desk.shell.place("chat").append(this.filter.node, this.filter.chips, this.#sampleLine,
      element("div", { class: "messages-frame" }, this.#list, this.#none, this.#newer, this.search.node), onPlatform,
      element("p", { class: "visually-hidden", id: "chat-hint" }, t("chat.keys_hint")));
  }

  #listen() {
    const { store } = this;
    store.addEventListener("role", () => { this.onPlatform.hidden = store.role === "viewer"; });
    store.addEventListener("reset", () => this.#reset());
    store.addEventListener("feed", () => this.#draw());
    store.addEventListener("edited", ({ detail }) => detail.forEach((item) => this.view.refresh(item)));
    store.addEventListener("removed", () => this.#draw());
    store.addEventListener("sample", () => this.#drawSample());
    store.addEventListener("rates", () => this.#showRate());  // also where nothing comes any more
    this.#list.addEventListener("mousemove", (event) => this.#pointed(event));
    this.#list.addEventListener("mouseleave", () => this.#release("hover"));
    this.#list.addEventListener("focusin", (event) => this.#focused(event));
    this.#list.addEventListener("focusout", ({ relatedTarget }) => !this.#list.contains(relatedTarget) && this.#release("focus"));
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    this.#list.addEventListener("keydown", (event) => this.#keyed(event));
    addEventListener("pagehide", () => this.#keepPlace());
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#keepPlace());
  }

  #registerKeys() {
    const { shell } = this.desk;
    const isFree = () => shell.isShown("chat") && !document.activeElement?.closest("button, a, summary, input");
    register(" ", "place.chat", "chat.pause", () => this.#togglePause(), { when: isFree });
    register("/", "place.chat", "chat.search", () => { shell.open("chat"); this.#openSearch(); });
    register("f", "place.chat", "chat.filter", () => { shell.open("chat"); this.filter.toggle(); });
    register("j", "place.chat", "chat.key_list", () => { shell.open("chat"); this.#focusSome(); });
    register("g", "place.chat", "chat.key_newest", () => { shell.open("chat"); this.#toNow(); });
  }

  /* --- Following and holding --- */

  get isFollowing() { return this.#holds.size === 0; }

  #hold(reason) {
    if (this.#holds.has(reason)) return;
    const wasFollowing = this.isFollowing;
    this.#holds.add(reason);
    if (!wasFollowing) return;
    this.feed.mark();
    this.feed.hold(true);
    this.view.follow(false);
    this.#showState();
  }

  #release(reason) {
    if (!this.#holds.delete(reason) || !this.isFollowing) return this.#showState();
    this.#toNow();
  }

  // Whatever held it.
  #toNow() {
    const wasPast = !this.feed.isLive;
    this.#holds.clear();
    clearTimeout(this.#hoverTimer);
    this.feed.hold(false);
    this.feed.goLive();
    if (wasPast && this.#list.contains(document.activeElement)) this.#list.focus({ preventScroll: true });
    this.view.follow(true);
    this.#draw();
    this.#showState();
    if (wasPast && this.feed.items.length < PAGE) this.#pageUp();
  }

  #togglePause() {
    if (this.#holds.has("key")) {
      this.#toNow();
      announce(t("chat.resumed"));
    } else {
      this.#hold("key");
      announce(t("chat.paused"));
    }
  }

  #scrolled() {
    if (this.view.isAtEnd && this.feed.isLive) {
      this.#holds.delete("scroll");
      if (this.isFollowing) this.#toNow();
    } else {
      this.#hold("scroll");
    }
    this.#pageWhereNear();
    this.#showState();
  }

  // Who aims at a row does not want it to move; who only left the pointer there does not want the chat to stand still.
  #pointed(event) {
    this.#near(event.target.closest(".message"));
    if (!matchMedia("(hover: hover)").matches) return;
    this.#hold("hover");
    clearTimeout(this.#hoverTimer);
    this.#hoverTimer = setTimeout(() => this.#release("hover"), HOVER_MS);
  }

  #focused(event) {
    const row = event.target.closest(".message");
    if (!row) return;
    this.#hold("focus");
    this.#near(row);
  }

  #near(row) {
    const item = row && this.feed.find(Number(row.dataset.id));
    if (item) this.actions.addTools(row, item.message);
  }

  /* --- Drawing --- */

  #draw() {
    if (this.#isReturning) return;
    this.view.set(this.feed.items);
    this.#none.hidden = this.feed.items.length > 0;
    if (!this.#none.hidden) refill(this.#none, this.#emptyWords());
    this.#showRate();
    this.#showState();
  }

  #emptyWords() {
    return this.filter.isOn ? empty("filter", t("chat.none_filtered"), t("chat.none_filtered_help")) : empty("chat", t("chat.none"), t("chat.none_help"));
  }

  #showState() {
    const isHeld = !this.isFollowing, newer = this.feed.newer;
    this.#pause.setAttribute("aria-pressed", String(this.#holds.has("key")));
    this.#pause.classList.toggle("is-on", this.#holds.has("key"));
    this.#newer.hidden = !isHeld || (newer === 0 && this.view.isAtEnd && this.feed.isLive);
    this.#list.classList.toggle("is-held", isHeld);
    if (this.#newer.hidden) return;
    const words = newer > NEWER_MOST ? t("chat.newer_many", { most: number(NEWER_MOST) }) : newer ? t("chat.newer", { n: newer }) : t("chat.to_newest");
    const drawn = String(words);
    if (this.#newer.dataset.words === drawn) return;
    this.#newer.dataset.words = drawn;
    refill(this.#newer, element("span", {}, words), icon("arrow_down"));
  }

  #showRate() {
    const now = Date.now(), came = this.store.received - this.#seen;
    this.#seen = this.store.received;
    this.#rate.push([now, came]);
    this.#rate = this.#rate.filter(([at]) => now - at < RATE_MS);
    const rate = number(this.#rate.reduce((sum, [, count]) => sum + count, 0) * 1000 / RATE_MS, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
    if (this.#rateLine.dataset.rate === rate) return;
    this.#rateLine.dataset.rate = rate;
    refill(this.#rateLine, t("chat.rate", { rate }));
  }

  // Above 500 a second: how much is shown, and the way to all of a part.
  #drawSample() {
    const { sample } = this.store;
    this.#sampleLine.hidden = !sample;
    if (!sample) return;
    refill(this.#sampleLine, icon("filter"), element("span", {}, sampleWords(sample)), button(t("chat.sample_filter"), () => this.filter.toggle(true), { class: "quiet", "data-local": true }));
    clearTimeout(this.#sampleTimer);
    this.#sampleTimer = setTimeout(() => { this.#sampleLine.hidden = true; }, SAMPLE_MS);
  }

  /* --- The journal above and below --- */

  #pageWhereNear() {
    const list = this.#list;
    if (list.scrollTop < NEAR_TOP_PX) this.#pageUp();
    if (!this.feed.isLive && list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_TOP_PX) this.#pageDown();
  }

  #pageUp() {
    if (this.feed.isAtStart || !this.feed.first) return;
    return this.#page({ before: this.feed.first }, ({ messages, next }) => {
      this.feed.prepend(messages);
      this.feed.isAtStart = !next;
    });
  }

  #pageDown() {
    return this.#page({ after: this.feed.last }, ({ messages, next }) => this.feed.extend(messages, !next));
  }

  // One at a time; what was changed meanwhile by another reading is left alone.
  async #page(where, take) {
    if (this.#isPaging || !this.store.isConnected) return;
    this.#isPaging = true;
    const { first, last } = this.feed;
    try {
      const page = await this.desk.ask("history", { ...this.filter.value, ...where, limit: PAGE });
      if (where.before ? this.feed.first === first : this.feed.last === last) take(page);
      this.#draw();
    } catch {
      // the next movement asks again
    } finally {
      this.#isPaging = false;
    }
  }

  // What was said before and after, whole; the message in its middle. offset: where it stood.
  async showAround(message, offset) {
    this.desk.shell.open("chat");
    this.#hold("scroll");
    try {
      const [before, after] = await Promise.all([
        this.desk.ask("history", { before: message.id + 1, limit: PAGE }), this.desk.ask("history", { after: message.id, limit: PAGE })]);
      this.feed.replace([...before.messages, ...after.messages], { isLive: false });
      this.feed.isAtStart = !before.next;
      if (!after.next) this.feed.extend([], true);
      this.#isReturning = false;
      this.view.set(this.feed.items);
      this.view.show(message.id, offset);
      this.#draw();
      if (offset === undefined) this.#mark(message.id);
    } catch (error) {
      announce(error.message);
    }
  }

  #mark(id) {
    const row = this.view.row(id);
    if (!row) return;
    focusItem(row);
    row.classList.add("is-found");
  }

  #openSearch(author = null) {
    this.filter.toggle(false);
    this.search.open(author);
  }

  searchAuthor(message) { this.#openSearch({ platform: message.platform, id: message.author.id, name: nameOf(message) }); }

  /* --- Filter, connection, place --- */

  async #applyFilter(value) {
    try {
      const { feed } = await this.desk.ask("feed.filter", value);
      this.store.skipSample();
      this.feed.replace(feed, { isLive: true });
      this.feed.isAtStart = false;
      this.#toNow();
      if (feed.length < PAGE) this.#pageUp();
    } catch (error) {
      if (error.code !== "offline" && error.code !== "lost") announce(error.message, "assertive");
    }
  }

  // All came anew. Who read further up goes on at the same line, read from the journal: what was deleted meanwhile is gone.
  #reset() {
    const place = this.#kept ?? (this.isFollowing ? null : this.view.place ?? this.#place);
    this.#kept = null;
    this.#seen = this.store.received;
    if (place) {
      this.#hold("scroll");
      this.#isReturning = true;  // until then what was read stands there
      this.showAround({ id: place.id }, place.offset).finally(() => { this.#isReturning = false; this.#draw(); });
    } else {
      this.feed.isAtStart = false;
      this.#draw();
      if (this.feed.items.length && this.feed.items.length < PAGE) this.#pageUp();
    }
  }

  // A phone may end a page that sleeps.
  #keepPlace() {
    const place = this.isFollowing ? null : this.view.place;
    this.#place = place;
    try {
      if (place) sessionStorage.setItem(PLACE_KEY, JSON.stringify({ ...place, at_ms: Date.now() }));
      else sessionStorage.removeItem(PLACE_KEY);
    } catch {
      // full or forbidden: the page itself still has it
    }
  }

  /* --- Keyboard and touch --- */

  #itemAt(target) {
    const row = target.closest(".message");
    return row ? this.feed.find(Number(row.dataset.id)) : null;
  }

  #clicked(event) {
    const item = this.#itemAt(event.target);
    if (!item || event.target.closest("button, a") || matchMedia("(hover: hover)").matches || getSelection()?.toString()) return;
    this.actions.openSheet(item.message);
  }

  #keyed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button")) return;
    const item = this.#itemAt(event.target), { items } = this.feed;
    if (!item && ["ArrowUp", "Home"].includes(event.key)) return this.#take(event, () => this.#focusSome(event.key === "Home"));
    if (!item) return;
    const at = items.indexOf(item);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) return this.#take(event, () => (items[to] ? this.#focus(items[to].id) : to > at && this.#list.focus()));
    if (event.key === "Enter") return this.#take(event, () => this.actions.openMenu(this.view.row(item.id), item.message));
    if (event.key === "Escape") return this.#take(event, () => { this.#list.focus({ preventScroll: true }); this.#toNow(); });
    if (event.key.toLowerCase() === "p" || event.code === "KeyP") return this.#take(event, () => this.actions.run("pick", item.message));
    if (event.key === "Delete") return this.#take(event, () => this.#removeHere(item, at));
  }

  #take(event, run) {
    event.preventDefault();
    event.stopPropagation();
    run();
  }

  // The focus goes to the neighbour, not to nowhere.
  #removeHere(item, at) {
    const { items } = this.feed, next = items[at + 1] ?? items[at - 1];
    this.actions.run("remove", item.message);
    if (next) this.#focus(next.id);
  }

  #focus(id) {
    const row = this.view.reveal(id);
    row?.focus({ preventScroll: true });
    this.#pageWhereNear();
  }

  #focusSome(isFirst = false) {
    const { items } = this.feed;
    if (items.length === 0) return this.#list.focus();
    this.#hold("focus");
    this.#focus((isFirst ? items[0] : items.at(-1)).id);
  }
}

function readPlace() {
  try {
    const place = JSON.parse(sessionStorage.getItem(PLACE_KEY));
    sessionStorage.removeItem(PLACE_KEY);
    return place && Date.now() - place.at_ms < PLACE_AGE_MS ? { id: place.id, offset: place.offset } : null;
  } catch {
    return null;
  }
}
