// questions.js - what was asked, in the order of its course: on air, ready, asked, answered, dismissed. Drawing, sorting, keys.
import { button, element, empty, field, iconButton, refill } from "./dom.js";
import { confirmDialog } from "./dialog.js";
import { ago, number, t } from "./i18n.js";
import { focusItem, isTyping, register } from "./keys.js";
import { openMenu } from "./menu.js";
import { prefs } from "./prefs.js";
import { QuestionActions } from "./question_actions.js";
import { drawCard } from "./question_card.js";
import { chaptersDialog } from "./question_dialogs.js";
import { startDragging } from "./question_drag.js";
import { Heard } from "./question_heard.js";
import { byHand, orders, sorted } from "./question_sort.js";

const groups = ["on_air", "ready", "new", "answered", "dismissed"];
const SHOWN = { new: 60, answered: 30, dismissed: 30 }, AGE_MS = 20000;

export class Questions {
  #list = element("div", { class: "scroll grow", id: "questions", "data-keep": "questions" });
  #next = button(t("questions.next"), () => this.actions.next(), { id: "next", class: "primary", disabled: true });
  #drawn = new Map();  // id → {question, card}: what has not changed is not drawn again
  #groups = new Map(); #isDragging = false; #context = ""; #pointer = null;

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.actions = new QuestionActions(desk);
    this.actions.returned = (id) => document.activeElement === document.body && this.#focusAgain(null, id);
    for (const part of ["questions", "role", "crew"]) this.store.addEventListener(part, () => this.#draw());
    for (const state of groups) this.#groups.set(state, makeGroup(state));
    this.#nothing.hidden = true;
    this.#list.append(this.#nothing, ...[...this.#groups.values()].map(({ node }) => node));
    desk.shell.tools("questions").append(this.#sortButton(), iconButton("more", t("questions.list_more"), ({ currentTarget }) => this.#more(currentTarget), { "data-local": true, id: "questions-more" }), this.#next);
    this.own = this.#ownForm();
    desk.shell.place("questions").append(this.own, new Heard(this.store).node, this.#list);
    startDragging(this.#list, {
      mayMove: (card) => card.classList.contains("ready") && this.#order() === "hand",
      onMove: (id, where) => this.actions.move(id, where), onMerge: (id, into) => this.actions.merge(id, into), onEnd: () => this.#draw(),
    });
    this.#list.addEventListener("pointermove", ({ clientX: x, clientY: y }) => { this.#pointer = { x, y }; });
    this.#list.addEventListener("pointerleave", () => { this.#pointer = null; });
    this.#list.addEventListener("focusin", ({ target }) => this.#tabTo(target.closest(".question")));
    setInterval(() => this.#age(), AGE_MS);
    this.#registerKeys();
  }

  #nothing = empty("question", t("questions.none"), t("questions.none_help"));
  #order() { return orders.includes(prefs.get("questions.order")) ? prefs.get("questions.order") : "hand"; }

  #sortButton() {
    const entries = () => orders.map((name) => ({ label: t(`questions.sort_${name}`), isChecked: name === this.#order(), run: () => { prefs.set("questions.order", name); this.#draw(); } }));
    return iconButton("filter", t("questions.sort"), ({ currentTarget }) => openMenu(currentTarget, entries(), { label: t("questions.sort") }), { "data-local": true, id: "questions-sort" });
  }

  #more(anchor) {
    const mayAct = this.store.role !== "viewer";
    openMenu(anchor, [
      { label: t("questions.undo_mine"), icon: "undo", run: () => this.actions.undoMine(), isDisabled: !mayAct },
      { label: t("questions.chapters"), icon: "download", run: () => chaptersDialog(this.desk) },
      null,
      { label: t("questions.begin_show"), icon: "play", run: () => this.#beginShow(), isDisabled: !mayAct },
    ]);
  }

  async #beginShow() {
    if (await confirmDialog({ title: t("questions.begin_show"), text: t("questions.begin_show_help"), confirm: t("questions.begin_show") })) this.actions.run("show.begin", {});
  }

  #ownForm() {
    const input = element("input", { dir: "auto", maxlength: "500", placeholder: t("questions.own_hint"), autocomplete: "off" });
    return element("form", { id: "own-question", class: "inline-form", onsubmit: (event) => {
      event.preventDefault();
      if (input.value.trim()) this.actions.run("question.add", { text: input.value.trim() }).then((result) => { if (result) input.value = ""; });
    } }, field({ id: "own-text", label: t("questions.own"), isHidden: true }, input, element("button", { type: "submit" }, t("common.add"))));
  }

  // --- Drawing: cards that stay are left alone, so that focus, menus and selections stay too ---

  #draw() {
    if (this.#list.classList.contains("is-dragging")) return;
    const all = [...this.store.questions.values()], order = this.#order();
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : null;
    const key = focused?.dataset.key, id = Number(focused?.closest(".question")?.dataset.id), at = this.#cards().indexOf(focused?.closest(".question"));
    const anchor = this.#anchor(), context = `${this.store.role} ${this.store.name}`;
    if (context !== this.#context) this.#drawn.clear();
    this.#context = context;
    for (const known of [...this.#drawn.keys()]) if (!this.store.questions.has(known)) this.#drawn.delete(known);
    for (const state of groups) this.#drawGroup(state, this.#offered(state, sorted(all.filter((question) => question.state === state), state, order)));
    this.#nothing.hidden = all.length > 0;
    this.own.hidden = this.store.role === "viewer";
    this.#next.disabled = this.store.role === "viewer" || !all.some(({ state }) => state === "ready" || state === "on_air");
    this.desk.shell.badge("questions", all.filter(({ state }) => state === "ready").length, { words: t("questions.ready") });
    this.#tabTo(this.#selected() ?? this.#cards()[0]);
    this.#anchorAgain(anchor);
    if (focused && !(focused.isConnected && document.activeElement === focused)) this.#focusAgain(key, id, at);
  }

  // The card at which somebody points, or reads, stays where it is on the screen: what comes above it must not put another one
  // under the finger.
  #anchor() {
    const focused = document.activeElement?.closest?.(".question"), edge = this.#list.getBoundingClientRect().top;
    const card = this.#pointed() ?? (focused?.closest("[data-state=new]") ? focused : null)
      ?? (this.#list.scrollTop > 0 ? this.#cards().find((one) => one.getBoundingClientRect().bottom > edge) : null);
    return card && { id: Number(card.dataset.id), group: card.closest("[data-state]"), top: card.getBoundingClientRect().top };
  }

  // :hover knows a card that was just drawn anew only after the pointer has moved.
  #pointed() {
    const card = this.#pointer && document.elementFromPoint(this.#pointer.x, this.#pointer.y)?.closest(".question");
    return card && this.#list.contains(card) ? card : null;
  }

  #anchorAgain(anchor) {
    const card = anchor && this.#drawn.get(anchor.id)?.card;
    if (card?.checkVisibility() && anchor.group.contains(card)) this.#list.scrollTop += card.getBoundingClientRect().top - anchor.top;
  }

  // What was found in a language that this reader reads stands before what waits for others; what is picked stands as it is.
  #offered(state, list) { return state === "new" && this.desk.crew ? this.desk.crew.offered(list) : list; }

  #drawGroup(state, list) {
    const { node, count, body } = this.#groups.get(state);
    const cards = list.slice(0, SHOWN[state]).map((question) => this.#card(question));
    node.hidden = list.length === 0;
    refill(count, number(list.length));
    for (const card of [...body.children]) if (!cards.includes(card)) card.remove();
    cards.forEach((card, index) => body.children[index] !== card && body.insertBefore(card, body.children[index] ?? null));
  }

  #card(question) {
    const known = this.#drawn.get(question.id);
    if (known?.question === question) return known.card;
    const card = drawCard(question, { me: this.store.name, role: this.store.role, actions: this.actions });
    this.#drawn.set(question.id, { question, card });
    return card;
  }

  // The same button of the same question, or its card; where that was folded away or is gone, the card that stands in its place now.
  #focusAgain(key, id, at = 0) {
    const card = this.#drawn.get(id)?.card, cards = this.#cards();
    const same = key && card?.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
    const next = cards.includes(card) ? same ?? card : cards[Math.min(Math.max(at, 0), cards.length - 1)];
    (next ?? this.#next).focus({ preventScroll: true });
  }

  #age() {
    if (document.hidden) return;
    for (const time of this.#list.querySelectorAll("[data-ago]")) refill(time, ago(Number(time.dataset.ago)));
  }

  // --- Keys ---

  #cards() { return [...this.#list.querySelectorAll(".question")].filter((card) => card.checkVisibility()); }
  #selected() { return this.#list.querySelector(".question[tabindex='0']"); }

  // One stop of the Tab key for all cards.
  #tabTo(card) {
    if (!card) return;
    for (const other of this.#list.querySelectorAll(".question[tabindex='0']")) if (other !== card) other.setAttribute("tabindex", "-1");
    card.setAttribute("tabindex", "0");
  }

  #isHere = () => document.activeElement?.closest?.(".place.questions") !== null && !isTyping();
  #here() { return document.activeElement?.closest?.(".question"); }
  #isOnCard = () => Boolean(this.#here()) && this.store.role !== "viewer";
  #id() { return Number(this.#here().dataset.id); }

  #go(by) {
    const cards = this.#cards(), at = cards.indexOf(this.#here());
    const card = at < 0 ? this.#selected() ?? cards[0] : cards[at + by];
    if (card) focusItem(card);
    if (card) this.#tabTo(card);
  }

  #moveBy(direction) {
    const question = this.actions.get(this.#id());
    if (question?.state !== "ready" || this.#order() !== "hand") return;
    const ready = [...this.store.questions.values()].filter(({ state, is_pinned: isPinned }) => state === "ready" && isPinned === question.is_pinned).sort(byHand);
    this.actions.moveBy(question.id, direction, ready.map(({ id }) => id));
  }

  #registerKeys() {
    const keys = (names, words, run, when = this.#isOnCard) => names.forEach((name) => register(name, "place.questions", words, run, { when }));
    register("n", "place.questions", "questions.next", () => this.actions.next(), { when: () => !this.#next.disabled });
    keys(["j", "ArrowDown"], "questions.key_down", () => this.#go(1), this.#isHere);
    keys(["k", "ArrowUp"], "questions.key_up", () => this.#go(-1), this.#isHere);
    keys(["Enter"], "questions.key_step", () => this.actions.step(this.#id()), () => this.#isOnCard() && document.activeElement === this.#here());
    keys(["e"], "questions.edit", () => this.actions.edit(this.#id()));
    keys(["c"], "questions.claim", () => this.actions.claim(this.#id()));
    keys(["p"], "questions.pin", () => this.actions.pin(this.#id()));
    keys(["o"], "questions.note", () => this.actions.note(this.#id()));
    keys(["v"], "preview.title", () => this.actions.preview(this.#id()));
    keys(["m"], "questions.same_as", () => this.actions.sameAs(this.#id()));
    keys(["d"], "questions.dismiss", () => this.actions.dismiss(this.#id()));
    keys(["u"], "questions.key_undo", () => this.actions.undo(this.#id()));
    keys(["Alt+ArrowUp"], "questions.key_sooner", () => this.#moveBy(-1));
    keys(["Alt+ArrowDown"], "questions.key_later", () => this.#moveBy(1));
    register("Control+z", "place.questions", "questions.undo_mine", () => this.actions.undoMine(), { when: () => this.store.role !== "viewer" });
  }
}

// What is over is folded away.
function makeGroup(state) {
  const count = element("span", { class: "count" }), body = element("div", { class: "group-body" });
  const title = element("h3", { class: "group" }, t(`questions.${state}`), count);
  if (state !== "answered" && state !== "dismissed") return { node: element("section", { "data-state": state }, title, body), count, body };
  return { node: element("details", { "data-state": state, "data-keep": `questions-${state}` }, element("summary", {}, title), body), count, body };
}
