// chat.js - the merged chat. Rows are added and removed, never redrawn.
import { button, byId, clockTime, element, platformMark, roleMark } from "./dom.js";
import { notify } from "./notices.js";

const ROWS_MAX = 400, NEAR_END_PX = 60, TIMEOUT_S = 600;
const controls = new Set(["edit", "delete", "ban", "unban", "clear", "room", "end"]);

export class Chat {
  #list = byId("messages"); #newer = byId("newer"); #rows = new Map(); #lastId = 0; #held = 0; #rate = []; #isFollowing = true;

  // replies: answers are written there.
  constructor(store, act, replies) {
    this.store = store;
    this.act = act;
    this.replies = replies;
    store.addEventListener("role", () => { byId("on-platform-row").hidden = store.role === "viewer"; });
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
  }

  #reset() {
    this.#list.replaceChildren();
    this.#rows.clear();
    this.#lastId = 0;
    this.#held = 0;
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
    const wasAtEnd = this.#isAtEnd();
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
    } else if (fresh.length) {
      this.#held += fresh.length;
      this.#newer.textContent = `${this.#held} newer ↓`;
      this.#newer.hidden = false;
    }
    this.#showRate(fresh.length);
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
    const skipped = this.store.skipped ? `, ${this.store.skipped} more not shown` : "";
    byId("chat-rate").textContent = `${(total / 10).toFixed(1)} a second${skipped}`;
  }

  #row(message) {
    const author = message.author ?? {};
    const name = author.name || author.login || "";
    const mayModerate = this.store.role !== "viewer";
    return element("li", { class: `message ${message.platform} is-${message.kind} ${message.history ? "is-history" : ""} ${message.own ? "is-own" : ""}`, "data-id": message.id },
      platformMark(message.platform),
      element("time", { class: "when" }, clockTime(message.time_ms ?? message.received_ms)),
      element("bdi", { class: "who" }, name), message.own ? element("span", { class: "role own" }, "from here") : roleMark(author), money(message.money),
      element("span", { class: "text", dir: "auto" }, message.text || words(message)),
      mayModerate && this.#tools(message, name));
  }

  #tools(message, name) {
    const author = message.author ?? {}, can = this.store.sources.get(message.source)?.can ?? [];
    return element("span", { class: "tools" },
      message.text && !message.own ? button("Pick", () => this.act("question.pick", { message: message.id }), { "aria-label": `Pick as a question: ${name}` }) : null,
      can.includes("say") && message.native_id && !message.own ? button("Reply", () => this.replies.answer(message), { "aria-label": `Reply to ${name}` }) : null,
      button("Remove", () => this.#take("message.remove", { message: message.id }), { "aria-label": `Remove the message of ${name}` }),
      can.includes("timeout") && author.id && !message.own ? button("Time out", () => this.act("source.moderate", { action: "timeout", message: message.id, seconds: TIMEOUT_S }), { "aria-label": `Time out ${name} for ten minutes, on the platform` }) : null,
      author.id && !message.own ? button("Ban here", () => this.#take("author.remove", { platform: message.platform, author: author.id }), { "aria-label": `Remove all messages of ${name}` }) : null);
  }

  // Here at once; on the platform too if that is wished, and what comes of it is told with the replies.
  #take(command, fields) {
    const onPlatform = byId("on-platform").checked;
    this.act(command, onPlatform ? { ...fields, on_platform: true } : fields)
      .then((result) => result.not_on_platform && notify("warn", `Removed here, but not on the platform: ${result.not_on_platform}`), () => {});
  }
}

function money(value) {
  if (!value) return null;
  const amount = value.micros
    ? new Intl.NumberFormat([], { style: "currency", currency: value.currency || "USD" }).format(value.micros / 1e6)
    : `${value.units ?? value.count ?? ""} ${value.unit ?? value.item ?? ""}`;
  return element("span", { class: "money" }, ` ${amount.trim()}`);
}

function words(message) {
  const kinds = { gift: "sent a gift", membership: "became a member", raid: "came with a raid", follow: "follows", like: "likes this", join: "joined" };
  return kinds[message.kind] ?? message.kind;
}
