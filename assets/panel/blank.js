// blank.js - the picture away from every audience at once: the key, its shortcut, and while it stands a line across the page.
import { announce } from "./announce.js";
import { button, element, refill } from "./dom.js";
import { icon } from "./icons.js";
import { ago, t } from "./i18n.js";
import { caps, register } from "./keys.js";
import { whoPressed } from "./panic.js";

const CLOCK_MS = 20000, KEY = "Shift+B";

export class Blank {
  #words = element("p", {}); #isOn = null; #by = null;

  constructor(desk) {
    this.desk = desk;
    this.back = button(t("blank.back"), () => this.press(false), { id: "blank-back", class: "tonal" });
    this.banner = element("div", { class: "banner blank-banner", id: "blank-banner", role: "region", "aria-label": t("blank.title"), hidden: true }, icon("screen_off"), this.#words, this.back);
    this.key = button("", () => this.press(!this.isOn), { id: "blank", class: "danger large blank-key", "aria-pressed": "false", "aria-describedby": "blank-help" });
    this.help = element("p", { class: "hint blank-help", id: "blank-help" }, t("blank.help"));
    this.node = element("div", { class: "blank-box" }, this.key);
    desk.shell.banner.after(this.banner);
    register(KEY, "place.outputs", "blank.key", () => this.press(!this.isOn), { when: () => this.isThere && desk.store.role !== "viewer" });
    for (const part of ["outputs", "role"]) desk.store.addEventListener(part, () => this.draw());
    setInterval(() => this.isOn && this.draw(), CLOCK_MS);
    desk.blank = this;
  }

  get isOn() { return Boolean(this.desk.store.video?.is_blank); }
  get isThere() { return this.desk.store.outputs.size > 0; }

  // At once, without a question: what was wrong is undone as quickly.
  press(on) {
    return this.desk.act("blank", { on }).catch(() => {});
  }

  draw() {
    const { isOn } = this, isViewer = this.desk.store.role === "viewer";
    if (this.#isOn !== null && isOn !== this.#isOn) announce(t(isOn ? "blank.said" : "blank.over"), "assertive");
    if (isOn !== this.#isOn) this.#by = null;
    if (isOn && !this.#isOn) this.#ask();
    this.#isOn = isOn;
    this.node.hidden = this.help.hidden = !this.isThere;
    this.key.disabled = isViewer;
    this.key.setAttribute("aria-pressed", String(isOn));
    refill(this.key, icon(isOn ? "eye" : "screen_off"), element("span", {}, isOn ? t("blank.back") : t("blank.press")), element("span", { class: "key-caps", "aria-hidden": "true" }, ...caps(KEY)));
    this.banner.hidden = !isOn;
    this.back.hidden = isViewer;
    refill(this.#words, element("strong", {}, t("blank.title")), " ", t("blank.said"), " ", this.#by && element("span", { class: "soft" }, t("panic.by", { name: this.#by.actor, time: ago(this.#by.time_ms) })));
  }

  async #ask() {
    const by = await whoPressed(this.desk, "blank");
    if (!this.#isOn || !by) return;
    this.#by = by;
    this.draw();
  }
}
