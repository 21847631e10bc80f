// sources.js - is each chat alive, what was lost, and what a person must do.
import { ago, button, byId, clockTime, duration, element, number, platformMark } from "./dom.js";

const GAPS_SHOWN = 20, REDRAW_MS = 5000, PRESSED_MS = 250, SKEW_SAID_MS = 5000;

export class Sources {
  #list = byId("sources"); #open = new Set(); #later = 0;

  // form: a SourceForm.
  constructor(store, act, form) {
    this.store = store;
    this.act = act;
    this.form = form;
    for (const part of ["sources", "gaps", "role"]) store.addEventListener(part, () => this.#draw());
    setInterval(() => this.#draw(), REDRAW_MS);  // "41 s ago" ages
  }

  // Every second or so: what is open stays open, and who stands on a button stays there.
  #draw() {
    if (this.#list.querySelector(":active")) {  // a button that is gone before it is let go was never pressed
      clearTimeout(this.#later);
      this.#later = setTimeout(() => this.#draw(), PRESSED_MS);
      return;
    }
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const sources = [...this.store.sources.values()];
    this.#list.replaceChildren(...sources.map((source) => this.#card(source)));
    if (focused) this.#list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    this.#drawOtherGaps(new Set(sources.map(({ id }) => id)));
  }

  #card(source) {
    const trouble = source.silent_since_ms ? "silent" : source.state;
    return element("li", { class: `source is-${trouble}` },
      element("div", { class: "row" }, platformMark(source.platform), element("bdi", { class: "name" }, source.id),
        element("span", { class: `state ${trouble}` }, trouble)),
      element("p", { class: "hint", dir: "auto" }, source.silent_since_ms ? `Nothing since ${clockTime(source.silent_since_ms)}, though the connection seems alive: look at the chat itself.` : source.text),
      source.remedy ? element("p", { class: "remedy", dir: "auto" }, element("strong", {}, "To do: "), source.remedy) : null,
      element("p", { class: "hint" }, facts(source).join(" · ")),
      budget(source.budget),
      this.#gaps(source),
      this.store.role === "owner" && element("div", { class: "row tools" },
        button("Change", () => this.form.change(source), { class: "quiet", "data-key": `change:${source.id}`, "aria-label": `Change ${source.id}` }),
        button("Remove", () => confirm(`Remove ${source.id}?`) && this.act("source.remove", { source: source.id }), { class: "quiet", "data-key": `remove:${source.id}`, "aria-label": `Remove ${source.id}` })));
  }

  #gaps(source) {
    const gaps = this.store.gaps.filter((gap) => gap.source === source.id).slice(-GAPS_SHOWN).reverse();
    if (gaps.length === 0) return null;
    const lost = gaps.reduce((sum, gap) => sum + gap.to_ms - gap.from_ms, 0);
    const details = element("details", { class: "gaps", open: this.#open.has(source.id) },
      element("summary", { "data-key": `gaps:${source.id}` }, `${gaps.length} ${gaps.length === 1 ? "gap" : "gaps"}, ${duration(lost)} in all`),
      element("ul", { class: "plain" }, ...gaps.map((gap) => element("li", { class: "gap" }, words(gap)))));
    details.addEventListener("toggle", () => (details.open ? this.#open.add(source.id) : this.#open.delete(source.id)));
    return details;
  }

  // Of sources that are gone by now.
  #drawOtherGaps(known) {
    const gaps = this.store.gaps.filter(({ source }) => !known.has(source)).slice(-GAPS_SHOWN).reverse();
    byId("gaps-title").hidden = gaps.length === 0;
    byId("gaps").replaceChildren(...gaps.map((gap) => element("li", { class: "gap" }, element("bdi", {}, gap.source), `: ${words(gap)}`)));
  }
}

function words(gap) {
  return `${clockTime(gap.from_ms)} to ${clockTime(gap.to_ms)} (${duration(gap.to_ms - gap.from_ms)}), ${gap.reason}`;
}

function facts(source) {
  const usual = source.interval_ms ? `, usually every ${duration(source.interval_ms)}` : "";
  const isSkewed = Math.abs(source.skew_ms ?? 0) > SKEW_SAID_MS;
  return [
    source.last_message_ms ? `last ${ago(source.last_message_ms)}${usual}` : "no message yet",
    source.messages ? `${number(source.messages)} messages` : "",
    source.reconnects ? `${source.reconnects} ${source.reconnects === 1 ? "reconnect" : "reconnects"}` : "",
    source.duplicates ? `${number(source.duplicates)} came twice` : "",
    source.dropped ? `${number(source.dropped)} unreadable` : "",
    isSkewed ? `clocks differ by ${duration(Math.abs(source.skew_ms))}` : "",
    source.can?.includes("say") ? "can reply" : "",
  ].filter(Boolean);
}

function budget(value) {
  if (!value) return null;
  const ends = value.empty_in_ms !== undefined ? `, empty in ${duration(value.empty_in_ms)} at this pace` : "";
  const resets = value.resets_ms ? `, full again at ${clockTime(value.resets_ms)}` : "";
  const text = `${number(value.left)} of ${number(value.limit)} ${value.name} left${ends}${resets}`;
  return element("div", { class: "budget" },
    element("progress", { max: value.limit, value: Math.max(0, value.left), "aria-label": text }), element("p", { class: "hint" }, text));
}
