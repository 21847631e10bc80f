// replies.js - saying something in the chats, and what became of it in each.
import { button, byId, element, platformMark } from "./dom.js";
import { notify } from "./notices.js";

const SHOWN = 4;
const actions = { say: "said", announce: "announced", delete: "delete", timeout: "time out", ban: "ban", unban: "unban", clear: "clear", poll_start: "poll", poll_end: "end of poll" };
const outcomes = { waiting: "on its way", accepted: "accepted", dropped: "not taken", unable: "not sent", unsure: "no answer" };

export class Replies {
  #form = byId("say-form"); #text = byId("say-text"); #targets = byId("say-targets"); #unwanted = new Set(); #replyTo = null; #drawn = "";

  constructor(store, act) {
    this.store = store;
    this.act = act;
    for (const part of ["sources", "role"]) store.addEventListener(part, () => this.#drawTargets());
    for (const part of ["sent", "role"]) store.addEventListener(part, () => this.#drawSent());
    this.#form.addEventListener("submit", (event) => this.#say(event));
    byId("say-reply-cancel").addEventListener("click", () => this.#answer(null));
  }

  // From the chat: the next words answer this message.
  answer(message) {
    this.#answer(message);
    this.#text.focus();
  }

  #answer(message) {
    this.#replyTo = message;
    byId("say-reply").hidden = !message;
    byId("say-reply-name").textContent = message ? `To ${message.author?.name || message.author?.login || "?"} (${message.platform})` : "";
    this.#targets.hidden = Boolean(message);
  }

  #able() {
    return [...this.store.sources.values()].filter(({ can }) => can?.includes("say"));
  }

  // Sources tell of themselves every second: the boxes are drawn anew only when they are others.
  #drawTargets() {
    const able = this.#able();
    this.#form.hidden = this.store.role === "viewer" || this.store.sources.size === 0;
    byId("say-button").disabled = this.#text.disabled = able.length === 0;
    const why = [...this.store.sources.values()].find(({ cannot_say: text }) => text);
    byId("say-why").textContent = able.length || !why ? "" : `No chat can be written to. ${why.id}: ${why.cannot_say}`;
    const drawn = able.map(({ id }) => id).join("\n");
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#targets.replaceChildren(element("legend", { class: "visually-hidden" }, "Chats to say it in"), ...able.map((source) => this.#target(source)));
  }

  #target(source) {
    const box = element("input", { type: "checkbox", checked: !this.#unwanted.has(source.id), onchange: () => (box.checked ? this.#unwanted.delete(source.id) : this.#unwanted.add(source.id)) });
    return element("label", { class: "target" }, box, platformMark(source.platform), element("bdi", {}, source.id.replace(/^[^:]*:/, "")));
  }

  #say(event) {
    event.preventDefault();
    const text = this.#text.value.trim(), to = this.#able().map(({ id }) => id).filter((id) => !this.#unwanted.has(id));
    if (!text) return;
    if (!this.#replyTo && to.length === 0) return notify("warn", "Choose a chat to say it in.");
    this.act("say", { text, ...(this.#replyTo ? { reply_to: this.#replyTo.id } : { to }), announce: byId("say-announce").checked })
      .then(() => { this.#text.value = ""; byId("say-announce").checked = false; this.#answer(null); }, () => {});
  }

  #drawSent() {
    const sent = [...this.store.sent.values()].sort((a, b) => b.id - a.id).slice(0, SHOWN);
    byId("sent").replaceChildren(...(this.store.role === "viewer" ? [] : sent.map((one) => element("li", { class: "sent" },
      element("span", { class: "hint" }, actions[one.action] ?? one.action, one.text ? ": " : ""), one.text ? element("bdi", {}, one.text) : null,
      element("ul", { class: "plain results" }, ...one.results.map((result) => element("li", { class: `result ${result.outcome}` },
        element("bdi", {}, result.source), `: ${outcomes[result.outcome] ?? result.outcome}`, result.text ? `, ${result.text}` : "", this.#endPoll(one, result))))))));
  }

  // A poll of the platform's own runs until it ends there, or is ended from here.
  #endPoll(sent, result) {
    const can = this.store.sources.get(result.source)?.can ?? [];
    if (sent.action !== "poll_start" || !result.native_id || !can.includes("poll_end")) return null;
    return button("End poll", () => this.act("source.poll_end", { source: result.source, native_id: result.native_id }), { class: "quiet", "aria-label": `End the poll at ${result.source}` });
  }
}
