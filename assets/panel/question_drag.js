// question_drag.js - dragging a card by its grip, with mouse, pen or finger: between two ready ones it is put in order, onto another
// it is merged. Escape or a second finger gives up. The page never scrolls under the finger: the list does, near its ends.

const START_PX = 5, EDGE_PX = 48, SPEED_PX = 12, MERGE_PART = 0.44;

/*
 * startDragging(list, {mayMove, onMove, onMerge}): cards are [data-id] in the list. mayMove(card): whether there is an order to be put
 * in beside it. onMove(id, {before} or {after}), onMerge(id, into).
 */
export function startDragging(list, options) {
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (grip && event.button === 0 && event.isPrimary) new Drag(list, grip, event, options);
  });
}

class Drag {
  #target = null; #isMoving = false; #frame = 0; #ending = new AbortController();

  constructor(list, grip, event, options) {
    Object.assign(this, { list, grip, options, pointer: event.pointerId, from: { x: event.clientX, y: event.clientY }, y: event.clientY, scrolled: list.scrollTop });
    this.card = grip.closest("[data-id]");
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    const listen = (node, name, run) => node.addEventListener(name, run, { signal: this.#ending.signal });
    listen(grip, "pointermove", (moved) => this.#move(moved));
    listen(grip, "pointerup", () => this.#drop());
    listen(grip, "pointercancel", () => this.#end());
    listen(grip, "lostpointercapture", () => this.#end());
    listen(document, "keydown", (key) => { if (key.key === "Escape") { key.preventDefault(); key.stopPropagation(); this.#end(); } });
  }

  #move(event) {
    this.y = event.clientY;
    if (!this.#isMoving && Math.hypot(event.clientX - this.from.x, event.clientY - this.from.y) < START_PX) return;
    if (!this.#isMoving) {
      this.#isMoving = true;
      this.list.classList.add("is-dragging");
      this.card.classList.add("is-dragged");
      this.#scroll();
    }
    this.#aim();
  }

  #aim() {
    this.card.style.setProperty("translate", `0 ${this.y - this.from.y + this.list.scrollTop - this.scrolled}px`);
    const cards = [...this.list.querySelectorAll("[data-id]")].filter((card) => card !== this.card && card.checkVisibility());
    const over = cards.find((card) => { const box = card.getBoundingClientRect(); return this.y >= box.top && this.y <= box.bottom; });
    this.#mark(over ? this.#place(over) : null);
  }

  // The upper part is before, the lower behind, the middle is the card itself.
  #place(card) {
    const box = card.getBoundingClientRect(), share = (this.y - box.top) / box.height, mayMove = this.options.mayMove(card);
    if (mayMove && share < (1 - MERGE_PART) / 2) return { card, kind: "before" };
    if (mayMove && share > (1 + MERGE_PART) / 2) return { card, kind: "after" };
    return { card, kind: "merge" };
  }

  #mark(target) {
    this.#target?.card.removeAttribute("data-drop");
    this.#target = target;
    target?.card.setAttribute("data-drop", target.kind);
  }

  #scroll() {
    const box = this.list.getBoundingClientRect();
    const speed = this.y < box.top + EDGE_PX ? -SPEED_PX : this.y > box.bottom - EDGE_PX ? SPEED_PX : 0;
    if (speed) {
      this.list.scrollTop += speed;
      this.#aim();
    }
    this.#frame = requestAnimationFrame(() => this.#scroll());
  }

  #drop() {
    const target = this.#isMoving && this.#target, id = Number(this.card.dataset.id);
    this.#end();
    if (!target) return;
    const other = Number(target.card.dataset.id);
    if (target.kind === "merge") this.options.onMerge(id, other);
    else this.options.onMove(id, { [target.kind]: other });
  }

  #end() {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    cancelAnimationFrame(this.#frame);
    this.#mark(null);
    this.list.classList.remove("is-dragging");
    this.card.classList.remove("is-dragged");
    this.card.style.removeProperty("translate");
    this.options.onEnd?.();
  }
}
