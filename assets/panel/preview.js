/*
 * preview.js - a card before it goes on air, drawn by the overlay itself: showPreview({question}), ({poll}) or ({card, words}), from
 * any part. question: as in the store, or {text} of words that are still typed; poll: {question, options: [texts or {text, text2}]};
 * card: the arguments of card.add, words: what it is called here.
 */
import { announce } from "./announce.js";
import { openDialog, dialogButtons } from "./dialog.js";
import { button, element, refill, skeleton } from "./dom.js";
import { icon } from "./icons.js";
import { number, t } from "./i18n.js";
import { decode, show } from "./picture.js";
import { prefs } from "./prefs.js";

let desk = null;

export function startPreview(wired) {
  desk = wired;
}

// anchor: what was pressed; the focus goes back there. Answers the dialog.
export function showPreview(what, anchor = null) {
  return new Preview(what, anchor).dialog;
}

class Preview {
  #number = 0;
  #canvas = element("canvas", { class: "card-picture", role: "img", hidden: true });
  #place = element("canvas", { class: "card-place", role: "img", hidden: true });
  #wait = skeleton(3);
  #notes = element("ul", { class: "preview-notes" });

  constructor({ question = null, poll = null, card = null, words = "" }, anchor) {
    this.question = question;
    this.poll = poll;
    this.card = card;
    this.words = question?.text ?? poll?.question ?? words;
    anchor?.focus?.();
    const names = (desk.store.views ?? []).map(({ name }) => name);
    this.view = names.find((name) => name === prefs.get("preview.view")) ?? names[0] ?? "main";
    const choice = names.length > 1 && element("div", { class: "segments", role: "group", "aria-label": t("preview.view") }, ...names.map((name) => this.#choice(name)));
    this.dialog = openDialog({ title: t("preview.title"), kind: "preview wide" }, choice,
      element("div", { class: "picture checkered card-frame" }, this.#canvas, this.#wait), this.#notes,
      element("div", { class: "picture checkered place-frame" }, this.#place), this.#buttons());
    this.removed = () => question?.id && !desk.store.questions.has(question.id) && this.dialog.close();  // deleted means gone, here too
    desk.store.addEventListener("questions", this.removed);
    this.dialog.addEventListener("close", () => desk.store.removeEventListener("questions", this.removed));
    this.#ask();
  }

  #choice(name) {
    return button(element("bdi", {}, name), ({ currentTarget }) => {
      for (const one of currentTarget.parentNode.children) one.setAttribute("aria-pressed", String(one === currentTarget));
      this.view = name;
      prefs.set("preview.view", name);
      this.#ask();
    }, { "aria-pressed": String(name === this.view), "data-local": true });
  }

  #buttons() {
    const { id, state } = this.question ?? {};
    const mayAir = id && state === "ready" && desk.store.role !== "viewer";
    return dialogButtons(button(t("common.close"), () => this.dialog.close(), { "data-local": true }),
      mayAir ? button(t("preview.air"), () => desk.act("question.air", { id }).then(() => this.dialog.close(), () => {}), { class: "primary" }) : null);
  }

  #arguments() {
    const { id, text, language } = this.question ?? {};
    if (this.poll) return { view: this.view, poll: this.poll };
    if (this.card) return { view: this.view, card: this.card };
    const known = id ? desk.store.questions.get(id) : null;
    return { view: this.view, ...(id ? { id } : {}), ...(!known || known.text !== text ? { text } : {}), ...(!id && language ? { language } : {}) };
  }

  async #ask() {
    const number = ++this.#number;
    this.#wait.hidden = false;
    this.#canvas.hidden = this.#place.hidden = true;
    refill(this.#notes, element("li", { class: "visually-hidden" }, t("preview.drawing")));
    try {
      const result = await desk.ask("card.preview", this.#arguments());
      if (number === this.#number && this.dialog.open) await this.#draw(result);
    } catch (error) {
      if (number === this.#number) this.#say([["bad", error.message]]);
    }
  }

  async #draw(result) {
    if (result.hidden) return this.#say([["plain", t(result.hidden === "platform" ? "preview.hidden_platform" : "preview.hidden_card", { view: this.view })]]);
    const bitmap = result.png ? await decode(result.png) : null;
    if (!bitmap) return this.#say([["bad", t("preview.no_picture")]]);
    show(this.#canvas, bitmap);
    this.#canvas.setAttribute("aria-label", String(t("preview.picture", { view: this.view, what: this.words })));
    this.#canvas.hidden = false;
    this.#drawPlace(bitmap, result);
    const missing = (result.missing ?? []).map(({ text }) => text);
    this.#say([
      missing.length > 0 && ["bad", t("show.missing", { text: missing.join(" ") })],
      result.is_cut && ["bad", t("preview.cut")],
      result.is_shrunk && ["plain", t("preview.shrunk")],
      ["plain", t("preview.read", { time: number(Math.ceil(result.read_ms / 1000), { style: "unit", unit: "second", unitDisplay: "long" }) })],
    ].filter(Boolean));
  }

  // Where it will rest on the view, over what is there now.
  #drawPlace(bitmap, { box, view_width: width, view_height: height }) {
    if (!width || !height) return;
    const live = document.querySelector(`canvas.preview[data-view="${CSS.escape(this.view)}"]`), scale = 640 / width, canvas = this.#place;
    canvas.width = 640;
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    if (live) context.drawImage(live, 0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, ...box.map((px) => px * scale));
    canvas.setAttribute("aria-label", String(t("preview.place", { view: this.view })));
    canvas.hidden = false;
  }

  #say(lines) {
    this.#wait.hidden = true;
    refill(this.#notes, lines.map(([kind, words]) => element("li", { class: kind }, icon(kind === "bad" ? "warn" : "eye"), element("span", {}, words))));
    announce(lines.map(([, words]) => String(words)).join(" "));
  }
}
