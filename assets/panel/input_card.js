// input_card.js - which input the audience sees, since when, and the switch between them.
import { announce } from "./announce.js";
import { button, card, element, refill } from "./dom.js";
import { number, stopwatch, t } from "./i18n.js";

const choices = ["auto", "main", "backup"];

export class InputCard {
  #words = element("p", { class: "output-words", role: "status" });
  #clock = element("span", { class: "clock", dir: "ltr" });
  #facts = element("ul", { class: "input-facts" });
  #said = null;

  constructor(desk) {
    this.desk = desk;
    this.buttons = choices.map((which) => button(t(`input.${which}`), () => desk.act("input.select", { which }).catch(() => {}), { "data-which": which, "data-key": `input:${which}` }));
    this.choice = element("div", { class: "segments", role: "group", "aria-label": t("input.choose") }, ...this.buttons);
    this.node = card("input", t("input.title"), { hidden: true }, element("div", { class: "row input-row" }, this.#words, this.#clock), this.#facts, this.choice);
  }

  draw() {
    const { input, video, role } = this.desk.store;
    this.node.hidden = !input;
    if (!input) return;
    const shown = input.shown ?? (input.state === "live" ? "main" : "holding"), isOld = video?.state !== "there";
    this.node.className = `card ${isOld ? "is-old" : shown === "main" ? "good" : "warn"}`;
    const words = t(isOld ? `input.was_${shown}` : `input.shows_${shown}`);
    if (words !== this.#said) refill(this.#words, words);
    if (this.#said !== null && words !== this.#said) announce(words);
    this.#said = words;
    this.choice.hidden = !input.backup || role === "viewer";
    for (const one of this.buttons) one.setAttribute("aria-pressed", String(one.dataset.which === (input.selected ?? "auto")));
    refill(this.#facts, isOld ? [] : this.#lines(input));
    this.tick();
  }

  // One line for each that has something to say.
  #lines(input) {
    const feeds = [["main", input], ["backup", input.backup], ["sound", input.sound]].filter(([, feed]) => feed);
    const lines = feeds.filter(([name, feed]) => feed.state !== "live" || (name !== input.shown && name !== "main"))
      .map(([name, feed]) => element("li", { class: feed.state === "live" ? "" : "bad" }, t(`input.feed_${name}`), ": ", t(`outputs.state_${feed.state}`), feed.text && feed.state !== "live" && [" · ", element("bdi", {}, feed.text)]));
    if (input.fps) lines.push(element("li", {}, t("input.rate", { rate: number(input.fps, { maximumFractionDigits: 1 }) })));
    return lines;
  }

  tick() {
    const { input, video } = this.desk.store;
    this.#clock.textContent = input?.since_ms && video?.state === "there" && input.shown !== "main" ? stopwatch(Date.now() - input.since_ms) : "";
  }
}
