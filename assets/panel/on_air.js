// on_air.js - what the audience sees now: each view's live picture, and beside it in words what is on air and since when.
import { announce } from "./announce.js";
import { button, card, element, empty, platformMark, refill } from "./dom.js";
import { icon } from "./icons.js";
import { clockTime, languageName, list, stopwatch, t } from "./i18n.js";
import { register } from "./keys.js";
import { kindOf } from "./host_card_form.js";
import { cardWords } from "./host_cards.js";
import { decode, fetchPicture, show, wipe } from "./picture.js";
import { startPreview } from "./preview.js";

const LATE_MS = 2000;
const hostKinds = ["shoutout", "goal", "countdown", "rules", "qr", "note"];

export class OnAir {
  #pictures = element("div", { class: "live-views" });
  #cards = element("div", { id: "on-air", class: "on-air" });
  #state = element("p", { class: "live-state", id: "overlay-state", role: "status" });
  #warnings = element("ul", { class: "live-warnings", "aria-label": t("air.warnings") });
  #views = new Map();  // name → {node, canvas, veil, hasPicture, number}
  #clocks = []; #said = null; #late = null; #number = 0;

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    startPreview(desk);
    desk.shell.place("show").append(card("on-air", t("show.on_air"), { tools: [
      button(t("show.clear"), () => desk.act("clear").catch(() => {}), { class: "quiet", id: "clear-here" }),
    ] }, this.#state, this.#pictures, this.#cards, this.#warnings));
    for (const part of ["on_air", "role", "questions", "host_cards"]) this.store.addEventListener(part, () => this.#draw());
    this.store.addEventListener("reset", () => this.#fetchAll());
    this.store.addEventListener("picture", ({ detail }) => this.#takePicture(detail));
    register("Shift+C", "place.show", "show.clear", () => desk.act("clear").catch(() => {}), { when: () => this.store.role !== "viewer" });
    setInterval(() => document.hidden || this.#tick(), 1000);
  }

  /* --- Pictures --- */

  #viewOf(name) {
    if (!this.#views.has(name)) {
      const canvas = element("canvas", { class: "preview", role: "img", width: 16, height: 9, "data-view": name });
      const veil = element("p", { class: "veil" }), node = element("figure", { class: "live-view" },
        element("div", { class: "picture checkered" }, canvas, veil), element("figcaption", {}, element("bdi", {}, name)));
      this.#views.set(name, { node, canvas, veil, hasPicture: false, number: 0 });
    }
    return this.#views.get(name);
  }

  #names() {
    const told = (this.store.views ?? []).map(({ name }) => name);
    return told.length ? told : Object.keys(this.store.onAir.views ?? {});
  }

  #fetchAll() {
    for (const name of this.store.overlay?.pictures ?? []) this.#set(name, fetchPicture(name));
  }

  // What is drawn when is not what was asked for when: an older picture never covers a newer one.
  async #set(name, coming) {
    const view = this.#viewOf(name), number = view.number = ++this.#number;
    const bitmap = await coming;
    if (!bitmap || view.number !== number) return;
    show(view.canvas, bitmap);
    view.hasPicture = true;
    view.lost_ms = null;
    this.#drawViews();
  }

  #takePicture({ view: name, png, lost_ms }) {
    if (png) return this.#set(name, decode(png));
    const view = this.#viewOf(name);
    view.lost_ms = lost_ms;
    this.#drawViews();
  }

  #drawViews() {
    const names = this.#names(), isBlank = this.store.onAir.is_blank;
    this.#pictures.classList.toggle("is-single", names.length < 2);
    this.#pictures.hidden = !names.some((name) => this.#views.get(name)?.hasPicture);
    const nodes = names.map((name) => this.#viewOf(name).node);
    if (nodes.some((node, index) => this.#pictures.children[index] !== node) || nodes.length !== this.#pictures.children.length) this.#pictures.replaceChildren(...nodes);
    for (const name of names) {
      const view = this.#viewOf(name);
      view.node.classList.toggle("is-lost", Boolean(view.lost_ms));
      view.node.classList.toggle("is-blank", isBlank);
      refill(view.veil, isBlank ? t("air.blank_picture") : view.lost_ms ? t("air.lost_picture", { time: clockTime(view.lost_ms) }) : null);
      view.canvas.setAttribute("aria-label", String(t("air.picture_words", { view: name, what: list(this.#words(name)) })));
    }
  }

  #words(name) {
    const view = this.store.onAir.is_blank ? {} : this.store.onAir.views?.[name] ?? {};
    const words = [view.question?.text, view.poll?.question, ...(view.captions ?? []).map(({ lines }) => lines.join(" ")),
      ...hostKinds.map((kind) => view[kind] && cardWords({ kind, ...view[kind] }))].filter(Boolean);
    return words.length ? words : [t("show.nothing")];
  }

  /* --- Words --- */

  #draw() {
    const focused = this.#cards.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const entries = this.#entries();
    const isViewer = this.store.role === "viewer";
    this.#clocks = [];
    refill(this.#cards, entries.map((entry) => this.#card(entry, isViewer)), entries.length === 0 && empty("air", t("show.nothing"), t("air.nothing_help")));
    if (focused) this.#cards.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    document.getElementById("clear-here").hidden = isViewer || entries.length === 0;
    this.#forgetLost();
    this.#drawViews();
    this.#drawState();
    this.#drawWarnings();
    this.#tick();
  }

  // One entry a card, with the views that show it and those that do not.
  #entries() {
    const found = new Map(), names = this.#names();
    const add = (key, entry, view) => {
      if (!found.has(key)) found.set(key, { key, views: [], ...entry });
      found.get(key).views.push(view);
    };
    for (const [name, view] of Object.entries(this.store.onAir.views ?? {})) {
      if (view.question) add(`question:${view.question.id}`, { kind: "question", text: view.question.text, card: view.question }, name);
      if (view.poll) add(`poll:${view.poll.id}`, { kind: "poll", text: view.poll.question, card: view.poll }, name);
      for (const kind of hostKinds.filter((one) => view[one])) {
        const shown = view[kind];
        add(`card:${shown.id}`, { kind, text: cardWords({ kind, ...shown }), card: { ...shown, since_ms: this.store.hostCards.get(shown.id)?.aired_ms } }, name);
      }
      for (const track of view.captions ?? []) add(`captions:${track.track}`, { kind: "captions", text: (track.lines ?? []).join("\n"), card: track }, name);
    }
    return [...found.values()].map((entry) => ({ ...entry, missing: names.filter((name) => !entry.views.includes(name)) }));
  }

  #card({ key, kind, text, card: shown, views, missing }, isViewer) {
    const title = kind === "captions" ? t("show.captions", { language: languageName(shown.language) })
      : hostKinds.includes(kind) ? t(`cards.kind_${kindOf({ kind, ...shown })}`) : t(`show.${kind}`);
    const clock = element("span", { class: "clock", dir: "ltr" });
    if (kind !== "captions") this.#clocks.push({ clock, since_ms: shown.since_ms });
    return element("article", { class: "air-card", "data-kind": kind },
      element("div", { class: "air-head" }, element("b", {}, title), kind !== "captions" && clock,
        views.length > 1 && missing.length > 0 || this.#names().length > 1 ? element("span", { class: "chip" }, list(views)) : null),
      shown.author || shown.platform ? element("p", { class: "byline" }, platformMark(shown.platform), element("bdi", { class: "who" }, shown.author?.name ?? "")) : null,
      element("p", { class: "text", dir: "auto" }, text),
      missing.length > 0 && element("p", { class: "hint" }, t("air.not_in", { views: list(missing) })),
      !isViewer && button(t("air.take_off"), () => this.#takeOff(kind, shown), { class: "danger", "data-key": key, "aria-label": String(t("air.take_off_what", { what: text })) }));
  }

  #takeOff(kind, shown) {
    const done = kind === "question" ? this.desk.act("question.answer", { id: shown.id })
      : hostKinds.includes(kind) ? this.desk.act("card.air", { id: shown.id, on_air: false })
      : kind === "poll" ? this.desk.act("poll.air", { id: shown.id, on_air: false }) : this.desk.act("captions.stop", { track: shown.track });
    done.then(() => announce(t("air.taken_off")), () => {});
  }

  // A picture that nobody renews must not go on showing what may be deleted by now.
  #forgetLost() {
    const revision = this.store.revision;
    for (const view of this.#views.values()) {
      if (view.lost_ms && view.revision !== undefined && view.revision !== revision) {
        wipe(view.canvas);
        view.hasPicture = false;
      }
      view.revision = revision;
    }
  }

  /* --- The overlay --- */

  #isLate() {
    const { applied, count } = this.store.overlay ?? {};
    if (!count || !applied || applied.revision === this.store.revision) {
      this.#late = null;
      return false;
    }
    this.#late ??= Date.now();
    return Date.now() - this.#late > LATE_MS;
  }

  #drawState() {
    const { count = 0, lost_ms } = this.store.overlay ?? {}, { is_blank: isBlank } = this.store.onAir;
    const [kind, words] = isBlank ? ["bad", t("air.blank")]
      : count === 0 ? ["bad", lost_ms ? t("air.overlay_lost", { time: clockTime(lost_ms) }) : t("air.no_overlay")]
      : this.#isLate() ? ["bad", t("air.overlay_late")] : ["good", ""];
    this.#state.hidden = !words;
    this.#state.className = `live-state ${kind}`;
    if (String(words) === this.#said) return;
    this.#said = String(words);
    refill(this.#state, words && icon(isBlank ? "panic" : "unlink"), words && element("span", {}, words));
  }

  #drawWarnings() {
    const { missing = [], skipped = [], bad_themes: themes = [] } = this.store.overlay ?? {}, lines = new Map();
    for (const { text, question } of missing) lines.set(question ?? 0, [...(lines.get(question ?? 0) ?? []), text]);
    refill(this.#warnings, [...lines].map(([id, texts]) => {
      const question = this.store.questions.get(id);
      return element("li", {}, icon("warn"), element("span", {}, t(question ? "air.missing_in" : "show.missing", { text: [...new Set(texts)].join(" "), question: question?.text ?? "" })));
    }), skipped.length > 0 && element("li", {}, icon("warn"), element("span", {}, t("show.skipped", { cards: skipped.map((one) => one.card).join(", ") }))),
    themes.map((one) => element("li", {}, icon("warn"), element("span", {}, t("show.bad_theme", one)))));
    this.#warnings.hidden = missing.length + skipped.length + themes.length === 0;
  }

  #tick() {
    for (const { clock, since_ms } of this.#clocks) clock.textContent = since_ms ? stopwatch(Date.now() - since_ms) : "";
    this.#drawState();
  }
}

// What the overlay found that no face has in a question: before it goes on air, or on it.
export function missingIn(store, id) {
  return [...new Set((store.overlay?.missing ?? []).filter(({ question }) => question === id).map(({ text }) => text))];
}
