// replies.js - saying something in the chats, and what became of it in each.
import { button, element, field, iconButton, platformMark, refill } from "./dom.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { notify } from "./notices.js";

const SHOWN = 4;

export class Replies {
  #text = element("input", { dir: "auto", maxlength: "1500", placeholder: t("replies.hint"), autocomplete: "off" });
  #submit = element("button", { type: "submit", id: "say-button", class: "primary" }, t("replies.say"));
  #targets = element("fieldset", { id: "say-targets", class: "targets" });
  #announce = element("input", { type: "checkbox", id: "say-announce" });
  #to = element("p", { class: "row say-reply", id: "say-reply", hidden: true });
  #why = element("p", { class: "hint", id: "say-why" });
  #sent = element("ul", { id: "sent", class: "plain", "aria-live": "polite", "aria-label": t("replies.sent") });
  #unwanted = new Set(); #replyTo = null; #drawn = null;

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.act = desk.act;
    this.form = element("form", { id: "say-form", class: "say", hidden: true, onsubmit: (event) => this.#say(event) }, this.#to,
      field({ id: "say-text", label: t("replies.say_label"), isHidden: true }, this.#text, this.#submit),
      element("div", { class: "say-options" }, this.#targets,
        element("div", { class: "row check" }, this.#announce, element("label", { for: "say-announce" }, t("replies.announce")))), this.#why);
    desk.shell.place("chat").append(this.form, this.#sent);
    for (const part of ["sources", "role"]) this.store.addEventListener(part, () => this.#drawTargets());
    for (const part of ["sent", "role"]) this.store.addEventListener(part, () => this.#drawSent());
    // On a phone the choices take the chat's room: only while somebody writes.
    this.form.addEventListener("focusin", () => this.form.classList.add("is-used"));
    document.addEventListener("pointerdown", ({ target }) => !this.form.contains(target) && this.form.classList.remove("is-used"));
    this.#text.addEventListener("keydown", (event) => event.key === "Escape" && this.#answer(null));
    register("r", "place.chat", "replies.say_label", () => { desk.shell.open("chat"); this.#text.focus(); }, { when: () => !this.form.hidden && !this.#text.disabled });
  }

  // From the chat: the next words answer this message.
  answer(message) {
    this.#answer(message);
    this.#text.focus();
  }

  #answer(message) {
    this.#replyTo = message;
    this.#to.hidden = !message;
    this.#targets.hidden = Boolean(message);
    if (!message) return;
    const name = message.author?.name || message.author?.login || "?";
    refill(this.#to, element("span", {}, t("replies.to", { name, platform: message.platform })),
      iconButton("close", t("replies.no_answer"), () => this.#answer(null), { "data-local": true }));
  }

  #able() {
    return [...this.store.sources.values()].filter(({ can }) => can?.includes("say"));
  }

  // Sources tell of themselves every second: the boxes are drawn anew only when they are others.
  #drawTargets() {
    const able = this.#able();
    this.form.hidden = this.store.role === "viewer" || this.store.sources.size === 0;
    this.#submit.disabled = this.#text.disabled = able.length === 0;
    this.form.classList.toggle("is-mute", able.length === 0);
    const mute = [...this.store.sources.values()].find(({ cannot_say: text }) => text);
    refill(this.#why, able.length || !mute ? null : t("replies.cannot", { source: mute.id, why: mute.cannot_say }));
    const drawn = able.map(({ id }) => id).join("\n");
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    refill(this.#targets, element("legend", { class: "visually-hidden" }, t("replies.targets")), able.map((source) => this.#target(source)));
  }

  #target(source) {
    const box = element("input", { type: "checkbox", checked: !this.#unwanted.has(source.id), onchange: () => (box.checked ? this.#unwanted.delete(source.id) : this.#unwanted.add(source.id)) });
    return element("label", { class: "target" }, box, platformMark(source.platform), element("bdi", {}, source.id.replace(/^[^:]*:/, "")));
  }

  #say(event) {
    event.preventDefault();
    const text = this.#text.value.trim(), to = this.#able().map(({ id }) => id).filter((id) => !this.#unwanted.has(id));
    if (!text) return;
    if (!this.#replyTo && to.length === 0) return notify("warn", t("replies.choose"));
    this.act("say", { text, ...(this.#replyTo ? { reply_to: this.#replyTo.id } : { to }), announce: this.#announce.checked })
      .then(() => { this.#text.value = ""; this.#announce.checked = false; this.#answer(null); }, () => {});
  }

  #drawSent() {
    const sent = [...this.store.sent.values()].sort((a, b) => b.id - a.id).slice(0, SHOWN);
    refill(this.#sent, this.store.role !== "viewer" && sent.map((one) => element("li", { class: "sent" },
      element("p", {}, element("span", { class: "soft" }, t(`replies.action_${one.action}`), one.text ? ": " : ""), one.text ? element("bdi", {}, one.text) : null),
      element("ul", { class: "plain results" }, ...one.results.map((result) => element("li", { class: `result ${result.outcome}` },
        element("bdi", {}, result.source), ": ", t(`replies.outcome_${result.outcome}`), result.text ? [", ", element("bdi", {}, result.text)] : null, this.#endPoll(one, result)))))));
  }

  // A poll of the platform's own runs until it ends there, or is ended from here.
  #endPoll(sent, result) {
    const can = this.store.sources.get(result.source)?.can ?? [];
    if (sent.action !== "poll_start" || !result.native_id || !can.includes("poll_end")) return null;
    return button(t("replies.end_poll"), () => this.act("source.poll_end", { source: result.source, native_id: result.native_id }).catch(() => {}), { class: "quiet", "aria-label": t("replies.end_poll_at", { source: result.source }) });
  }
}
