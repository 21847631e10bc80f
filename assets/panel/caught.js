// caught.js - before air: what the word lists and the look for addresses have stopped, with the reason; allowed, dropped, deleted or muted.
import { announce } from "./announce.js";
import { marked, nameOf } from "./chat_row.js";
import { button, element, empty, field, iconButton, platformMark, refill } from "./dom.js";
import { dialogButtons, openDialog } from "./dialog.js";
import { clockTime, languageName, number, t } from "./i18n.js";
import { register } from "./keys.js";
import { notify } from "./notices.js";

const MUTE_S = 600, HOLD_S_MAX = 600;
const kinds = new Set(["obscene", "slur", "threat"]);

export class Caught {
  #list = element("ol", { id: "caught", class: "caught-list" });
  #nothing = element("div", {});
  #shown = element("section", { class: "caught-shown", hidden: true });
  #acts = new Map();  // message id → [{words, sent}] of what was done on its platform
  #waiting = new Map();  // number of what was sent → words for its result

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.rules = iconButton("settings", t("caught.rules"), () => this.#openRules(), { id: "caught-rules" });
    desk.shell.tools("caught").append(this.rules);
    desk.shell.place("caught").append(this.#list, this.#nothing, this.#shown);
    for (const part of ["caught", "role", "sent", "sources"]) this.store.addEventListener(part, () => this.#draw());
    this.store.addEventListener("sent", () => this.#tellResults());
    for (const part of ["on_air", "reset"]) this.store.addEventListener(part, () => this.#drawShown());
    register("Shift+A", "place.caught", "caught.key_allow", () => this.#allow(this.#first()), { when: () => this.isModerator && this.#first() });
    register("Shift+X", "place.caught", "caught.key_drop", () => this.#drop(this.#first()), { when: () => this.isModerator && this.#first() });
  }

  get isModerator() { return this.store.role !== "viewer"; }

  // The one with the focus, else the oldest.
  #first() {
    const focused = document.activeElement?.closest?.("#caught .caught-item");
    return this.store.caught.get(Number(focused?.dataset.id)) ?? this.store.caught.values().next().value;
  }

  #draw() {
    const { caught, gate, role } = this.store, focus = document.activeElement?.dataset?.key;
    this.rules.hidden = role !== "owner";
    this.desk.shell.badge("caught", caught.size, { words: t("caught.waiting", { n: caught.size }) });
    this.#list.replaceChildren(...[...caught.values()].map((item) => this.#item(item)));
    this.#list.hidden = caught.size === 0;
    refill(this.#nothing, caught.size > 0 ? null
      : gate?.is_wanted === false ? empty("shield", t("caught.off"), t("caught.off_help")) : empty("shield", t("caught.none"), t("caught.none_help")));
    if (focus?.startsWith("caught-")) (this.#list.querySelector(`[data-key="${focus}"]`) ?? this.#list.querySelector("button"))?.focus({ preventScroll: true });
  }

  // What the audience reads now: the lines of each view with a chat box.
  #drawShown() {
    const views = Object.entries(this.store.onAir.views ?? {}).filter(([, view]) => view.chat);
    this.#shown.hidden = views.length === 0 || this.store.onAir.is_blank;
    refill(this.#shown, ...views.flatMap(([name, { chat }]) => [
      element("h3", {}, views.length > 1 ? t("caught.shown_in", { view: name }) : t("caught.shown")),
      chat.length === 0 ? element("p", { class: "hint" }, t("caught.shown_none"))
        : element("ol", { class: "shown-lines", "data-view": name }, ...chat.map((line) => element("li", {}, line.author && [element("bdi", { class: "who" }, line.author.name), " "], element("bdi", {}, line.text ?? ""))))]));
  }

  #item(item) {
    const { message } = item, name = nameOf(message);
    return element("li", { class: "caught-item", "data-id": item.id },
      element("p", { class: "byline" }, platformMark(message.platform), element("bdi", { class: "who" }, name),
        element("time", { class: "when" }, clockTime(message.time_ms ?? message.received_ms))),
      element("p", { class: "text", dir: "auto" }, ...marked(message.text ?? "", item.reasons.map(({ from, to }) => [from, to]))),
      element("ul", { class: "reasons", "aria-label": t("caught.reasons") }, ...item.reasons.map((reason) => element("li", { class: "chip" }, this.#reason(reason).flat()))),
      this.#results(item.id),
      this.isModerator && element("div", { class: "caught-actions" }, ...this.#actions(item, name)));
  }

  #reason({ list, category, word }) {
    const source = list === "links" ? t("caught.link") : list === "own" ? t("caught.own_list") : languageName(list);
    const kind = kinds.has(category) ? t(`caught.kind_${category}`) : category;  // of the shipped lists, or somebody's own
    return [source, kind ? [" · ", element("bdi", {}, kind)] : null, " · ", element("bdi", {}, word)];
  }

  #actions(item, name) {
    const { message } = item, can = this.store.sources.get(message.source)?.can ?? [], key = (what) => `caught-${what}-${item.id}`;
    return [
      button(t("caught.allow"), () => this.#allow(item), { class: "primary", "data-key": key("allow"), "aria-label": t("caught.allow_of", { name }) }),
      button(t("caught.drop"), () => this.#drop(item), { class: "tonal", "data-key": key("drop"), "aria-label": t("caught.drop_of", { name }) }),
      can.includes("delete") && message.native_id && iconButton("trash", t("caught.delete_of", { name }), () => this.#deleteThere(item, name), { "data-key": key("delete") }),
      can.includes("timeout") && message.author?.id && iconButton("clock", t("caught.mute_of", { name }), () => this.#mute(item, name), { "data-key": key("mute") }),
    ].filter(Boolean);
  }

  // What came of a mute, while its message still waits here.
  #results(id) {
    const acts = this.#acts.get(id) ?? [];
    if (acts.length === 0) return null;
    return element("ul", { class: "results" }, ...acts.map(({ words, sent }) => {
      const results = this.store.sent.get(sent)?.results ?? [];
      return element("li", {}, words, ": ", ...results.map((result) => element("span", { class: `result ${result.outcome}` },
        t(`replies.outcome_${result.outcome}`), result.text ? [", ", element("bdi", {}, result.text)] : null)));
    }));
  }

  #allow(item) { this.desk.act("caught.allow", { id: item.id }).then(() => announce(t("caught.allowed")), () => {}); }
  #drop(item) { this.desk.act("caught.drop", { id: item.id }).then(() => announce(t("caught.dropped")), () => {}); }

  #deleteThere(item, name) {
    const words = t("caught.delete_of", { name });
    this.desk.act("message.remove", { message: item.id, on_platform: true }).then((result) => {
      if (result.not_on_platform) notify("warn", t("chat.not_on_platform", { why: result.not_on_platform }));
      else if (result.sent) this.#follow(result.sent, words);
    }, () => {});
  }

  #mute(item, name) {
    const words = t("caught.mute_of", { name });
    this.desk.act("source.moderate", { action: "timeout", message: item.id, seconds: MUTE_S }).then(({ sent }) => {
      this.#acts.set(item.id, [...(this.#acts.get(item.id) ?? []), { words: t("caught.mute"), sent: sent.id }]);
      this.#follow(sent, words);
      this.#draw();
    }, () => {});
  }

  #follow(sent, words) {
    this.#waiting.set(sent.id, words);
    this.#tellResults();
  }

  #tellResults() {
    for (const [id, words] of this.#waiting) {
      const sent = this.store.sent.get(id);
      if (!sent?.results.length || sent.results.some(({ outcome }) => outcome === "waiting")) continue;
      this.#waiting.delete(id);
      const isGood = sent.results.every(({ outcome }) => outcome === "accepted");
      const results = sent.results.map(({ outcome, text }) => [t(`replies.outcome_${outcome}`), text].filter(Boolean).join(", "));
      notify(isGood ? "good" : "warn", `${words}: ${results.join("; ")}`);
    }
    for (const id of this.#acts.keys()) if (!this.store.caught.has(id)) this.#acts.delete(id);
  }

  /* --- The rules, for owners --- */

  #openRules() {
    const { settings = {}, hold_ms: held = 4000 } = this.store.gate ?? {};
    const hold = element("input", { type: "number", min: 0, max: HOLD_S_MAX, step: "0.5", value: held / 1000, required: true, dir: "ltr" });
    const links = element("select", {}, ...["catch", "allow"].map((value) => element("option", { value, selected: (settings.links ?? "catch") === value }, t(`caught.links_${value}`))));
    const area = (values) => { const input = element("textarea", { rows: "3", dir: "ltr", autocomplete: "off", spellcheck: "false" }); input.value = (values ?? []).join("\n"); return input; };
    const domains = area(settings.domains), ignore = area(settings.ignore), prefixes = area(settings.prefixes ?? ["!"]);
    const error = element("p", { class: "error-text", role: "alert" });
    const lines = (input) => input.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const save = (event) => {
      event.preventDefault();
      const kept = settings.words ? { words: settings.words } : {};
      this.desk.ask("gate.set", { settings: { ...kept, hold_ms: Math.round(hold.valueAsNumber * 1000), links: links.value, domains: lines(domains), ignore: lines(ignore), prefixes: lines(prefixes) } })
        .then(() => { dialog.close(); notify("good", t("caught.saved")); }, (problem) => { error.textContent = problem.message; });
    };
    const dialog = openDialog({ title: t("caught.rules") }, element("form", { id: "caught-form", onsubmit: save },
      field({ id: "caught-hold", label: t("caught.hold"), help: t("caught.hold_help") }, hold),
      field({ id: "caught-links", label: t("caught.links") }, links),
      field({ id: "caught-domains", label: t("caught.domains"), help: t("caught.domains_help") }, domains),
      field({ id: "caught-ignore", label: t("caught.ignore"), help: t("caught.ignore_help") }, ignore),
      field({ id: "caught-prefixes", label: t("caught.prefixes"), help: t("caught.prefixes_help") }, prefixes),
      error, dialogButtons(button(t("common.cancel"), () => dialog.close(), { "data-local": true }), element("button", { type: "submit", class: "primary" }, t("common.save")))),
    this.#wordTools());
  }

  // The lists: read again, and tried.
  #wordTools() {
    const said = element("div", { class: "word-said", role: "status" });
    const text = element("input", { dir: "auto", autocomplete: "off", oninput: () => this.#tryText(text.value, said) });
    const read = button(t("caught.read"), () => this.desk.ask("gate.read_words").then(({ words, bad_lines: bad }) =>
      refill(said, element("p", {}, t("caught.read_done", { n: words })), bad.length > 0 && element("ul", { class: "bad-lines" }, ...bad.map((line) => element("li", { dir: "auto" }, line)))),
    (problem) => { said.textContent = problem.message; }), { id: "caught-read" });
    return element("section", { class: "word-tools", "aria-label": t("caught.words") },
      element("h3", {}, t("caught.words")), element("p", { class: "hint" }, t("caught.words_help", { n: number(this.store.gate?.words ?? 0) })),
      field({ id: "caught-try", label: t("caught.try") }, text, read), said);
  }

  #tryText(text, said) {
    if (!text) return said.replaceChildren();
    this.desk.ask("gate.try", { text }).then((found) => refill(said, element("p", { dir: "auto" },
      ...(found.is_caught ? [...marked(text, [[found.from, found.to]]), " · ", ...this.#reason(found).flat()] : [t("caught.passes")]))), () => {});
  }
}
