// chat.js - the merged chat. Rows are added and removed, never redrawn.
import { button, byId, element, iconButton, platformMark, refill, roleMark, toggle } from "./dom.js";
import { clockTime, money, number, t } from "./i18n.js";
import { rove } from "./keys.js";
import { notify } from "./notices.js";

const ROWS_MAX = 400, NEAR_END_PX = 60, TIMEOUT_S = 600;
const controls = new Set(["edit", "delete", "ban", "unban", "clear", "room", "end"]);

export class Chat {
  #list = element("ol", { class: "messages", id: "messages", tabindex: "0", "aria-label": t("chat.list"), "data-keep": "chat" });
  #newer = element("button", { type: "button", class: "newer", id: "newer", hidden: true, "data-local": true });
  #rateLine = element("p", { class: "hint", id: "chat-rate" });
  #rows = new Map(); #lastId = 0; #held = 0; #rate = []; #isFollowing = true; #place = null;

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.act = desk.act;
    const onPlatform = toggle("on-platform", t("chat.on_platform"), false);
    onPlatform.id = "on-platform-row";
    desk.shell.tools("chat").append(this.#rateLine);
    desk.shell.place("chat").append(element("div", { class: "messages-frame" }, this.#list, this.#newer), onPlatform);
    const { store } = desk;
    store.addEventListener("role", () => { onPlatform.hidden = store.role === "viewer"; });
    store.addEventListener("reset", () => this.#reset());
    store.addEventListener("feed", () => this.#draw());
    store.addEventListener("edited", ({ detail }) => this.#replace(detail));
    store.addEventListener("removed", ({ detail: isGone }) => this.#removeAll(isGone));
    this.#list.addEventListener("scroll", () => {
      this.#isFollowing = this.#isAtEnd();
      if (this.#isFollowing) this.#follow();
    });
    // What stands below takes room (replies and their results): who read the newest goes on reading it.
    new ResizeObserver(() => this.#isFollowing && this.#follow()).observe(this.#list);
    this.#newer.addEventListener("click", () => this.#follow());
    rove(this.#list, ".message");
  }

  // After a lost connection everything comes anew: who read further up goes on at the same line.
  #reset() {
    this.#place = this.#isFollowing ? null : this.#topRow();
    this.#list.replaceChildren();
    this.#rows.clear();
    this.#lastId = 0;
    this.#held = 0;
  }

  #topRow() {
    for (const [id, { row }] of this.#rows) {
      const offset = row.offsetTop - this.#list.scrollTop;
      if (offset + row.offsetHeight > 0) return { id, offset };
    }
    return null;
  }

  #isAtEnd() {
    return this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < NEAR_END_PX;
  }

  #follow() {
    this.#held = 0;
    this.#newer.hidden = true;
    if (!this.#isAtEnd()) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #draw() {
    const wasAtEnd = this.#isAtEnd() && !this.#place;
    const fresh = this.store.feed.filter((message) => message.id > this.#lastId && !controls.has(message.kind));
    this.#lastId = this.store.feed.at(-1)?.id ?? this.#lastId;
    for (const message of fresh) {
      const row = this.#row(message);
      this.#rows.set(message.id, { row, message });
      this.#list.append(row);
    }
    this.#trim(wasAtEnd);
    if (wasAtEnd) {
      this.#list.scrollTop = this.#list.scrollHeight;
    } else if (this.#place) {
      this.#return();
    } else if (fresh.length) {
      this.#held += fresh.length;
      refill(this.#newer, t("chat.newer", { n: this.#held }));
      this.#newer.hidden = false;
    }
    this.#showRate(fresh.length);
  }

  #return() {
    const { id, offset } = this.#place, row = this.#rows.get(id)?.row ?? this.#list.firstElementChild;
    this.#place = null;
    if (row) this.#list.scrollTop = row.offsetTop - offset;
  }

  // While somebody reads further up, old rows stay: else the text would move under their eyes.
  #trim(wasAtEnd) {
    const max = wasAtEnd ? ROWS_MAX : 2 * ROWS_MAX;
    for (const id of this.#rows.keys()) {
      if (this.#rows.size <= max) break;
      this.#remove(id);
    }
  }

  #replace(message) {
    const old = this.#rows.get(message.id);
    if (!old) return;
    const row = this.#row(message);
    old.row.replaceWith(row);
    this.#rows.set(message.id, { row, message });
  }

  #removeAll(isGone) {
    for (const [id, { message }] of this.#rows) if (isGone(message)) this.#remove(id);
  }

  #remove(id) {
    this.#rows.get(id)?.row.remove();
    this.#rows.delete(id);
  }

  #showRate(count) {
    const now = Date.now();
    this.#rate.push([now, count]);
    this.#rate = this.#rate.filter(([at]) => now - at < 10000);
    const total = this.#rate.reduce((sum, [, n]) => sum + n, 0);
    const rate = number(total / 10, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    refill(this.#rateLine, t("chat.rate", { rate }), this.store.skipped ? [" · ", t("chat.skipped", { n: this.store.skipped })] : null);
  }

  #row(message) {
    const author = message.author ?? {};
    const name = author.name || author.login || "";
    const mayModerate = this.store.role !== "viewer";
    return element("li", { class: `message ${message.platform} is-${message.kind} ${message.history ? "is-history" : ""} ${message.own ? "is-own" : ""}`, "data-id": message.id, tabindex: "-1" },
      element("p", { class: "byline" }, platformMark(message.platform),
        element("bdi", { class: "who" }, name), message.own ? element("span", { class: "role own" }, t("chat.own")) : roleMark(author), amount(message.money),
        element("time", { class: "when" }, clockTime(message.time_ms ?? message.received_ms))),
      element("p", { class: "text", dir: "auto" }, message.text || words(message)),
      mayModerate && this.#tools(message, name));
  }

  #tools(message, name) {
    const author = message.author ?? {}, can = this.store.sources.get(message.source)?.can ?? [];
    const tool = (sign, key, run, kind = "quiet") => iconButton(sign, t(key, { name }), run, { class: kind, tabindex: "-1" });
    return element("div", { class: "tools" },
      message.text && !message.own ? button(t("chat.pick"), () => this.act("question.pick", { message: message.id }), { class: "tonal", "aria-label": t("chat.pick_of", { name }) }) : null,
      can.includes("say") && message.native_id && !message.own ? tool("reply", "chat.reply_to", () => this.desk.replies.answer(message)) : null,
      tool("trash", "chat.remove_of", () => this.#take("message.remove", { message: message.id })),
      can.includes("timeout") && author.id && !message.own ? tool("clock", "chat.time_out", () => this.act("source.moderate", { action: "timeout", message: message.id, seconds: TIMEOUT_S })) : null,
      author.id && !message.own ? tool("ban", "chat.ban", () => this.#take("author.remove", { platform: message.platform, author: author.id })) : null);
  }

  // Here at once; on the platform too if that is wished, and what comes of it is told with the replies.
  #take(command, fields) {
    const onPlatform = byId("on-platform").checked;
    this.act(command, onPlatform ? { ...fields, on_platform: true } : fields)
      .then((result) => result.not_on_platform && notify("warn", t("chat.not_on_platform", { why: result.not_on_platform })), () => {});
  }
}

function amount(value) {
  if (!value) return null;
  const text = value.micros ? money(value.micros / 1e6, value.currency) : `${number(value.units ?? value.count ?? 0)} ${value.unit ?? value.item ?? ""}`;
  return element("span", { class: "money" }, text.trim());
}

const kinds = new Set(["gift", "membership", "raid", "follow", "like", "join"]);

function words(message) {
  return kinds.has(message.kind) ? t(`chat.kind_${message.kind}`) : message.kind;
}
