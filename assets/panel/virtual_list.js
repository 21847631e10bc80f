/*
 * virtual_list.js - a list of thousands of which only what is near the screen exists. Rows have the height of their text: they
 * are measured when they are first seen, and until then taken for usual ones. What is read stays where it is, whatever comes,
 * goes or grows above it: an anchor, the first row seen, is put back to its place at each drawing. The space of rows that do not
 * exist is held by ::before and ::after of the list (--above, --below), which are nothing to the ear.
 */

const OVERSCAN_PX = 240, NEAR_END_PX = 48, USUAL_PX = 54, ROUNDS_MAX = 4;

export class VirtualList {
  #node; #make; #items = []; #rows = new Map(); #tops = new Float64Array(1024); #usual = USUAL_PX; #anchor = null; #width = 0;
  isFollowing = true;

  // node scrolls; make(item) gives its row; onScroll: somebody moved it.
  constructor(node, make, { onScroll = () => {} } = {}) {
    this.#node = node;
    this.#make = make;
    this.onScroll = onScroll;
    node.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(node);
  }

  get rowCount() { return this.#rows.size; }
  get isAtEnd() { return this.#node.scrollHeight - this.#node.scrollTop - this.#node.clientHeight < NEAR_END_PX; }
  row(id) { return this.#rows.get(id)?.row ?? null; }

  // Where the reader is: the first row seen and how far it stands below the edge.
  get place() { return this.#anchor && { ...this.#anchor }; }

  // items: {id, height, isGone}, ids growing; borrowed until the next call.
  set(items) {
    this.#items = items;
    this.draw();
  }

  follow(isFollowing) {
    this.isFollowing = isFollowing;
    if (isFollowing) this.#anchor = null;
    else this.#anchor ??= this.#findAnchor();
  }

  // The row of this id stands so far below the upper edge; undefined: in the middle.
  show(id, offset) {
    this.isFollowing = false;
    this.#anchor = { id, offset: offset ?? this.#node.clientHeight / 3 };
    this.draw();
  }

  // Brings an item to view with the least movement, and answers its row.
  reveal(id) {
    const index = this.#indexOf(id);
    if (this.#items[index]?.id !== id) return null;
    this.#layOut();
    const top = this.#tops[index] - this.#node.scrollTop, height = this.#items[index].height || this.#usual;
    if (!this.#rows.has(id) || top < 0) this.show(id, 0);
    else if (top + height > this.#node.clientHeight) this.show(id, this.#node.clientHeight - height - 1);
    return this.row(id);
  }

  // Its row is another now.
  refresh(item) {
    const known = this.#rows.get(item.id);
    item.height = 0;
    if (!known) return;
    const row = this.#make(item);
    known.row.replaceWith(row);
    this.#rows.set(item.id, { item, row });
  }

  refreshAll() {
    for (const { row } of this.#rows.values()) row.remove();
    this.#rows.clear();
    this.draw();
  }

  /* --- Drawing --- */

  draw() {
    if (!this.#node.clientHeight) return;  // it is not to be seen
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const target = this.#target();
      const [start, end] = this.#range(target);
      this.#place(start, end);
      if (!this.#measure()) break;
    }
    this.#settle();
  }

  #target() {
    const total = this.#layOut();
    if (this.isFollowing) return Math.max(0, total - this.#node.clientHeight);
    this.#anchor ??= this.#findAnchor();
    return this.#anchor ? Math.max(0, this.#tops[this.#indexOf(this.#anchor.id)] - this.#anchor.offset) : 0;
  }

  // The tops of all rows, one sum; 6,000 additions are some 15 µs.
  #layOut() {
    const count = this.#items.length;
    if (this.#tops.length <= count) this.#tops = new Float64Array(2 * count + 1);
    let top = 0;
    for (let i = 0; i < count; i++) {
      this.#tops[i] = top;
      top += this.#items[i].height || this.#usual;
    }
    this.#tops[count] = top;
    return top;
  }

  #range(target) {
    const count = this.#items.length;
    const start = Math.max(0, this.#indexAt(target - OVERSCAN_PX));
    const end = Math.min(count, this.#indexAt(target + this.#node.clientHeight + OVERSCAN_PX) + 1);
    return [start, end];
  }

  // The last row that begins at or above a height.
  #indexAt(top) {
    let low = 0, high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tops[middle] <= top) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  // The first item whose id is not below: where it is, or where it would be.
  #indexOf(id) {
    let low = 0, high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#items[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return Math.min(low, Math.max(0, this.#items.length - 1));
  }

  #place(start, end) {
    const first = this.#items[start]?.id ?? Infinity, last = this.#items[end - 1]?.id ?? -1;
    for (const [id, { item, row }] of this.#rows) {
      if (id >= first && id <= last && !item.isGone) continue;
      if (row.contains(document.activeElement)) this.#node.focus({ preventScroll: true });
      row.remove();
      this.#rows.delete(id);
    }
    let next = this.#node.firstElementChild;
    for (let i = start; i < end; i++) {
      const item = this.#items[i];
      let known = this.#rows.get(item.id);
      if (known) known.item = item;  // the same message, read anew
      if (!known) {
        known = { item, row: this.#make(item) };
        this.#rows.set(item.id, known);
      }
      if (known.row === next) next = next.nextElementSibling;
      else this.#node.insertBefore(known.row, next);
    }
    this.#start = start;
    this.#end = end;
  }
  #start = 0; #end = 0;

  // New rows and those that changed; all are written before the first is read, so the browser lays out once. True: any was new.
  #measure() {
    let isNew = false, sum = 0, count = 0;
    for (const { item, row } of this.#rows.values()) {
      if (!item.height) {
        item.height = row.getBoundingClientRect().height;
        isNew = true;
      }
      sum += item.height;
      count++;
    }
    if (count > 8) this.#usual = Math.round(0.9 * this.#usual + 0.1 * sum / count);
    return isNew;
  }

  // Empty space for the rows that do not exist; then the anchor back to its place.
  #settle() {
    const total = this.#layOut(), target = this.#target();
    this.#node.style.setProperty("--above", `${this.#tops[this.#start] ?? 0}px`);
    this.#node.style.setProperty("--below", `${total - (this.#tops[this.#end] ?? total)}px`);
    this.#expected = target;
    if (Math.abs(this.#node.scrollTop - target) > 0.5) this.#node.scrollTop = target;
    this.#expected = this.#node.scrollTop;
  }
  #expected = 0;

  /* --- Moving --- */

  #findAnchor() {
    const top = this.#node.scrollTop, index = Math.max(0, this.#indexAt(top)), item = this.#items[index];
    return item ? { id: item.id, offset: this.#tops[index] - top } : null;
  }

  // Our own setting of the place is no movement.
  #scrolled() {
    if (Math.abs(this.#node.scrollTop - this.#expected) < 1) return;
    this.#expected = this.#node.scrollTop;
    this.#layOut();
    this.#anchor = this.#findAnchor();
    this.isFollowing = false;
    this.onScroll();
    this.draw();
  }

  // Another width is another height of every row; what was read stays.
  #resized() {
    const width = this.#node.clientWidth;
    if (width && width !== this.#width) {
      this.#width = width;
      for (const item of this.#items) item.height = 0;
    }
    this.draw();
  }
}
