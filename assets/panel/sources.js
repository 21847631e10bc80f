// sources.js - is each chat alive, what was lost, and what a person must do.
import { button, card, element, empty, meter, platformMark, refill } from "./dom.js";
import { confirmDialog } from "./dialog.js";
import { ago, clockTime, duration, number, percent, t } from "./i18n.js";
import { sparkline, strip } from "./plot.js";

const GAPS_SHOWN = 20, REDRAW_MS = 5000, PRESSED_MS = 250, SKEW_SAID_MS = 5000;

const tones = { live: "good", failed: "bad", silent: "bad", connecting: "warn", waiting: "warn" };

export class Sources {
  #list = element("ul", { id: "sources", class: "plain" }); #others = element("ul", { id: "gaps", class: "plain" }); #open = new Set(); #later = 0;

  // form: a SourceForm.
  constructor(desk, form) {
    this.desk = desk;
    this.store = desk.store;
    this.act = desk.act;
    this.form = form;
    this.otherGaps = card("gaps", t("sources.other_gaps"), { hidden: true }, this.#others);
    desk.shell.place("sources").append(card("sources", t("sources.title"), {}, this.#list), this.otherGaps);
    this.store.addEventListener("rates", () => this.#drawPlots());
    for (const part of ["sources", "gaps", "role"]) this.store.addEventListener(part, () => this.#draw());
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
    refill(this.#list, sources.length ? sources.map((source) => this.#card(source)) : element("li", {}, empty("sources", t("sources.none"), t("sources.none_help"))));
    const troubled = sources.filter((source) => source.state === "failed" || source.silent_since_ms).length;
    this.desk.shell.badge("sources", troubled, { isUrgent: true, words: t("sources.troubled") });
    if (focused) this.#list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    this.#drawOtherGaps(new Set(sources.map(({ id }) => id)));
  }

  #card(source) {
    const trouble = source.silent_since_ms ? "silent" : source.state;
    return element("li", { class: `source is-${trouble}` },
      element("div", { class: "row" }, platformMark(source.platform), element("bdi", { class: "name" }, source.id),
        element("span", { class: `state chip ${tones[trouble] ?? ""} ${trouble}` }, t(`sources.state_${trouble}`))),
      element("div", { class: "plots", "data-plots": source.id }, ...plots(this.store.rates.of(source.id))),
      element("p", { class: "hint", dir: "auto" }, source.silent_since_ms ? t("sources.silent", { time: clockTime(source.silent_since_ms) }) : source.text),
      source.remedy ? element("p", { class: "remedy" }, element("strong", {}, t("sources.to_do")), " ", element("bdi", {}, source.remedy)) : null,
      element("p", { class: "hint facts" }, ...facts(source).flatMap((fact, index) => (index ? [" · ", fact] : [fact]))),
      budget(source.budget),
      this.#gaps(source),
      this.store.role === "owner" && element("div", { class: "row tools" },
        button(t("common.change"), () => this.form.change(source), { class: "quiet", "data-key": `change:${source.id}`, "data-local": true, "aria-label": t("sources.change", { name: source.id }) }),
        button(t("common.remove"), () => this.#remove(source.id), { class: "quiet", "data-key": `remove:${source.id}`, "aria-label": t("sources.remove", { name: source.id }) })));
  }

  // Once a second, and nothing but the plots: what is open or pressed stays.
  #drawPlots() {
    for (const box of this.#list.querySelectorAll("[data-plots]")) {
      if (box.getClientRects().length) refill(box, plots(this.store.rates.of(box.dataset.plots)));
    }
  }

  async #remove(source) {
    if (await confirmDialog({ title: t("sources.remove", { name: source }), text: t("sources.remove_help"), confirm: t("common.remove"), isDangerous: true }))
      this.act("source.remove", { source }).catch(() => {});
  }

  #gaps(source) {
    const gaps = this.store.gaps.filter((gap) => gap.source === source.id).slice(-GAPS_SHOWN).reverse();
    if (gaps.length === 0) return null;
    const lost = gaps.reduce((sum, gap) => sum + gap.to_ms - gap.from_ms, 0);
    const details = element("details", { class: "gaps", open: this.#open.has(source.id) },
      element("summary", { "data-key": `gaps:${source.id}` }, t("sources.gaps", { n: gaps.length, time: duration(lost) })),
      element("ul", { class: "plain" }, ...gaps.map((gap) => element("li", { class: "gap" }, words(gap)))));
    details.addEventListener("toggle", () => (details.open ? this.#open.add(source.id) : this.#open.delete(source.id)));
    return details;
  }

  // Of sources that are gone by now.
  #drawOtherGaps(known) {
    const gaps = this.store.gaps.filter(({ source }) => !known.has(source)).slice(-GAPS_SHOWN).reverse();
    this.otherGaps.hidden = gaps.length === 0;
    refill(this.#others, gaps.map((gap) => element("li", { class: "gap" }, element("bdi", {}, gap.source), ": ", words(gap))));
  }
}

// How many a second now and over ten minutes, and of these how much it was live.
function plots({ perSecond, states, second }) {
  const rate = (value) => number(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
  const most = Math.max(second, ...perSecond), live = states.filter((letter) => letter === "l").length;
  const share = states.length ? live / states.length : 0;
  return [
    element("div", { class: "plot-row" }, sparkline([...perSecond, second], { words: t("sources.plot", { now: rate(second), most: rate(most) }) }),
      element("span", { class: "plot-number" }, t("sources.per_second", { rate: rate(second) }))),
    states.length ? strip(states, { words: t("sources.strip", { share: percent(share) }) }) : null,
  ];
}

function words(gap) {
  return t("sources.gap", { from: clockTime(gap.from_ms), to: clockTime(gap.to_ms), time: duration(gap.to_ms - gap.from_ms), why: gap.reason });
}

function facts(source) {
  const isSkewed = Math.abs(source.skew_ms ?? 0) > SKEW_SAID_MS;
  return [
    source.last_message_ms ? t("sources.last", { ago: ago(source.last_message_ms) }) : t("sources.no_message"),
    source.last_message_ms && source.interval_ms && t("sources.usual", { time: duration(source.interval_ms) }),
    source.messages && t("sources.messages", { n: source.messages }),
    source.reconnects && t("sources.reconnects", { n: source.reconnects }),
    source.duplicates && t("sources.duplicates", { n: source.duplicates }),
    source.dropped && t("sources.unreadable", { n: source.dropped }),
    isSkewed && t("sources.skew", { time: duration(Math.abs(source.skew_ms)) }),
    removal(source.removal),
    source.can?.includes("say") && t("sources.can_say"),
  ].filter(Boolean);
}

// From reading the platform's delete to the last place where it was seen; off the air, if it was on it.
function removal(value) {
  const delays = value?.off_air ?? value?.lists;
  return delays && t(value.off_air ? "sources.removal_air" : "sources.removal_lists", { time: duration(delays.median_ms), worst: duration(delays.worst_ms) });
}

function budget(value) {
  if (!value) return null;
  const parts = [t("sources.budget", { left: number(value.left), limit: number(value.limit), name: value.name })];
  if (value.empty_in_ms !== undefined) parts.push(t("sources.budget_ends", { time: duration(value.empty_in_ms) }));
  if (value.resets_ms) parts.push(t("sources.budget_resets", { time: clockTime(value.resets_ms) }));
  return element("div", { class: "budget" },
    meter(value.left / value.limit, parts.join(", ")), element("p", { class: "hint" }, ...parts.flatMap((part, index) => (index ? [" · ", part] : [part]))));
}
