// prefs.js - what this reader chose on this device: language, light, calendar, widths. Kept by the browser; works without.

const PREFIX = "antiphon.";

class Prefs extends EventTarget {
  #values = new Map();

  get(name) {
    if (!this.#values.has(name)) this.#values.set(name, read(PREFIX + name));
    return this.#values.get(name);
  }

  // undefined or null: the usual again.
  set(name, value) {
    this.#values.set(name, value ?? undefined);
    try {
      if (value === undefined || value === null) localStorage.removeItem(PREFIX + name);
      else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {
      // private windows: it holds until the page is closed
    }
    this.dispatchEvent(new Event(name));
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? undefined;
  } catch {
    return undefined;
  }
}

export const prefs = new Prefs();
