// feed.js - the messages that this page has, in the order of their ids: the newest part of the chat, or a page of the past.

const MOST = 6000, TAIL_MOST = 400;
const controls = new Set(["edit", "delete", "ban", "unban", "clear", "room", "end"]);

export const isShown = (message) => !controls.has(message.kind);

export class Feed {
  items = [];      // {id, message, height, isGone}: height in px once it was measured, 0 before
  isLive = true;   // false: a page of the past; what comes now waits in the tail
  newer = 0;       // came since mark()
  #byId = new Map(); #tail = [];

  get first() { return this.items[0]?.id ?? 0; }
  get last() { return this.items.at(-1)?.id ?? 0; }

  find(id) { return this.#byId.get(id); }

  // From now on newer counts.
  mark() { this.newer = 0; }

  // What the relay sends. Answers the items whose messages are others now: edited in place.
  add(messages) {
    const edited = [];
    for (const message of messages) {
      const known = this.#byId.get(message.id);
      if (known) edited.push(this.#edit(known, message));
      else if (isShown(message)) this.#append(message);
    }
    this.#bound();
    return edited;
  }

  // While somebody reads, nothing above may leave: then the page becomes one of the past.
  hold(isHeld) { this.isHeld = isHeld; }
  isHeld = false;

  #append(message) {
    const last = this.isLive ? this.last : this.#tail.at(-1)?.id ?? 0;
    if (message.id <= last) return;
    this.newer++;
    if (this.isLive) return this.#push(message);
    this.#tail.push(message);
    if (this.#tail.length > TAIL_MOST) this.#tail.splice(0, this.#tail.length - TAIL_MOST);
  }

  #push(message) {
    const item = { id: message.id, message, height: 0, isGone: false };
    this.items.push(item);
    this.#byId.set(message.id, item);
  }

  #edit(item, message) {
    item.message = message;
    item.height = 0;
    return item;
  }

  #bound() {
    if (this.items.length <= MOST) return;
    if (this.isHeld && this.isLive) {
      this.#tail = this.items.slice(-TAIL_MOST).map(({ message }) => message);
      this.#forget(this.items.splice(MOST));
      this.isLive = false;
    } else if (this.isLive) {
      this.#forget(this.items.splice(0, this.items.length - MOST));
    }
  }

  #forget(items) {
    for (const item of items) {
      item.isGone = true;
      this.#byId.delete(item.id);
    }
  }

  // Others in place of all; the measured heights of those that stay are kept.
  replace(messages, { isLive }) {
    const before = this.#byId;
    if (!isLive && this.isLive) this.#tail = this.items.slice(-TAIL_MOST).map(({ message }) => message);
    this.items = [];
    this.#byId = new Map();
    for (const message of messages.filter(isShown)) {
      this.#push(message);
      const old = before.get(message.id);
      if (old && old.message.text === message.text) this.items.at(-1).height = old.height;
    }
    for (const [id, item] of before) if (this.#byId.get(id)?.message.text !== item.message.text) item.isGone = true;
    this.isLive = isLive;
    if (isLive) this.#tail = [];
  }

  // An older page above; beyond the bound the newest leave, and the page is one of the past.
  prepend(messages) {
    const older = messages.filter((message) => isShown(message) && message.id < (this.first || Infinity));
    const items = older.map((message) => ({ id: message.id, message, height: 0, isGone: false }));
    for (const item of items) this.#byId.set(item.id, item);
    this.items = [...items, ...this.items];
    if (this.items.length <= MOST) return;
    if (this.isLive) this.#tail = this.items.slice(-TAIL_MOST).map(({ message }) => message);
    this.#forget(this.items.splice(MOST));
    this.isLive = false;
  }

  // A newer page below. isAll: behind it there is only what came since, and the page is live again.
  extend(messages, isAll) {
    for (const message of messages) if (isShown(message) && message.id > this.last) this.#push(message);
    if (isAll) this.#join();
    if (this.items.length > MOST) this.#forget(this.items.splice(0, this.items.length - MOST));
  }

  #join() {
    for (const message of this.#tail) if (message.id > this.last) this.#push(message);
    this.#tail = [];
    this.isLive = true;
  }

  // Back to the newest at once; what lies between is read from the journal when somebody goes up.
  goLive() {
    if (!this.isLive) this.replace([...this.#tail], { isLive: true });
    this.mark();
  }

  // Deleted means gone, from wherever it waits.
  drop(isGone) {
    const kept = this.items.filter(({ message }) => !isGone(message));
    this.#tail = this.#tail.filter((message) => !isGone(message));
    if (kept.length === this.items.length) return;
    const left = new Set(kept);
    this.#forget(this.items.filter((item) => !left.has(item)));
    this.items = kept;
  }
}
