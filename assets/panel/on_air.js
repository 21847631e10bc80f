// on_air.js - what the audience sees now, in words and as the overlay's own pictures.
import { card, element, refill } from "./dom.js";
import { languageName, t } from "./i18n.js";

export class OnAir {
  #box = element("div", { id: "on-air", class: "on-air" });
  #overlay = element("p", { class: "hint", id: "overlay-state" });

  constructor(desk) {
    this.store = desk.store;
    desk.shell.place("show").append(card("on-air", t("show.on_air"), { tools: [this.#overlay] }, this.#box));
    for (const part of ["on_air", "preview"]) this.store.addEventListener(part, () => this.#draw());
  }

  #draw() {
    const { views, is_blank: isBlank } = this.store.onAir;
    const slots = [], isOne = Object.keys(views ?? {}).length < 2;
    for (const [name, view] of Object.entries(views ?? {})) {
      const title = (words) => (isOne ? words : t("show.in_view", { what: words, view: name }));
      if (view.question) slots.push(slot(title(t("show.question")), view.question.text));
      if (view.poll) slots.push(slot(title(t("show.poll")), view.poll.question));
      for (const track of view.captions ?? []) slots.push(slot(title(t("show.captions", { language: languageName(track.language) })), (track.lines ?? []).join("\n")));
    }
    const pictures = [...this.store.previews].map(([view, url]) => element("img", { class: "preview", src: url, alt: t("show.picture", { view }) }));
    refill(this.#box, isBlank && element("p", { class: "nothing" }, t("show.blank")), slots.length ? slots : element("p", { class: "nothing" }, t("show.nothing")), pictures);
    const { missing = [], skipped = [] } = this.store.overlay ?? {};
    refill(this.#overlay, missing.length > 0 && t("show.missing", { text: missing.map(({ text }) => text).join(" ") }), missing.length && skipped.length ? " · " : null,
      skipped.length > 0 && t("show.skipped", { cards: skipped.map((one) => one.card).join(", ") }));
  }
}

function slot(title, text) {
  return element("div", { class: "slot" }, element("b", {}, title), element("span", { dir: "auto" }, text));
}
