// panic.js - while the views are empty and locked: who pressed it, and the two ways back.
import { announce } from "./announce.js";
import { button, element, refill } from "./dom.js";
import { icon } from "./icons.js";
import { ago, t } from "./i18n.js";

const CLOCK_MS = 20000;

export class Panic {
  #node = element("div", { class: "banner panic-banner", id: "panic-banner", role: "region", "aria-label": t("panic.title"), hidden: true });
  #words = element("p", {});
  #isBlank = false; #by = null;

  constructor(desk) {
    this.desk = desk;
    this.back = button(t("show.back"), () => desk.act("panic", { on: false }).catch(() => {}), { id: "panic-back", class: "tonal" });
    this.stay = button(t("panic.empty"), () => desk.act("panic", { on: false, clear: true }).catch(() => {}), { id: "panic-empty" });
    this.#node.append(icon("lock"), this.#words, this.back, this.stay);
    desk.shell.banner.after(this.#node);
    for (const part of ["on_air", "role"]) desk.store.addEventListener(part, () => this.#draw());
    setInterval(() => this.#isBlank && this.#draw(), CLOCK_MS);
  }

  #draw() {
    const isBlank = Boolean(this.desk.store.onAir.is_blank), mayUndo = this.desk.store.role !== "viewer";
    if (isBlank !== this.#isBlank) {
      announce(t(isBlank ? "panic.help" : "panic.over"), "assertive");
      this.#by = null;
      if (isBlank && mayUndo) this.#ask();
    }
    this.#isBlank = isBlank;
    this.#node.hidden = !isBlank;
    this.back.hidden = this.stay.hidden = !mayUndo;
    refill(this.#words, element("strong", {}, t("panic.title")), " ", t("panic.help"), " ",
      this.#by && element("span", { class: "soft" }, t("panic.by", { name: this.#by.actor, time: ago(this.#by.time_ms) })));
  }

  async #ask() {
    const by = await whoPressed(this.desk, "panic");
    if (!this.#isBlank || !by) return;
    this.#by = by;
    this.#draw();
  }
}

// The record knows who turned it on, as its last deed: {actor, time_ms}; null: nobody, or this one may not read it.
export async function whoPressed(desk, action) {
  const { entries } = await desk.ask("audit", { action, limit: 1 }).catch(() => ({ entries: [] }));
  return entries[0]?.action === action && entries[0].detail?.on !== false ? entries[0] : null;
}
