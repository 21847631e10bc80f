// output_card.js - one output: what is sent there, how it goes in words and figures, and what can be done. Its nodes stay, so that
// a figure that changes takes nothing from under the finger.
import { announce } from "./announce.js";
import { confirmDialog } from "./dialog.js";
import { button, element, refill } from "./dom.js";
import { number, t } from "./i18n.js";
import { health, milliseconds, rate, tones } from "./output_words.js";
import { decode, show, wipe } from "./picture.js";
import { sparkline } from "./plot.js";

const LATELY_MS = 30000, PAST = 60, OLD_MS = 10000;

export class OutputCard {
  #past = []; #shown = ""; #pictured = 0;

  constructor(desk, name) {
    this.desk = desk;
    this.name = name;
    this.canvas = element("canvas", { class: "output-picture", role: "img", width: 16, height: 9, "data-output": name });
    this.veil = element("p", { class: "veil" });
    this.state = element("span", { class: "state chip" });
    this.place = element("p", { class: "hint place-line" });
    this.words = element("p", { class: "output-words" });
    this.figures = element("dl", { class: "output-figures" });
    this.delay = element("input", { type: "number", class: "short", min: 0, step: 0.5, inputmode: "decimal", id: `delay-${name}`, "data-key": `delay:${name}`, onchange: () => this.#setDelay() });
    this.delayText = element("span", { class: "soft" });
    this.blank = button("", () => this.#act("output.blank", { on: !this.output.is_blank }), { "data-key": `blank:${name}` });
    this.run = button("", () => this.#run(), { "data-key": `run:${name}` });
    this.delayRow = element("div", { class: "row output-delay" }, element("label", { for: `delay-${name}` }, t("outputs.delay")), this.delay, this.delayText);
    this.tools = element("div", { class: "tools" }, this.blank, this.run);
    this.node = element("li", { class: "output", "data-output": name },
      element("div", { class: "picture output-frame" }, this.canvas, this.veil),
      element("div", { class: "output-head" }, element("div", { class: "row" }, element("h3", { class: "name" }, element("bdi", {}, name)), this.state), this.words),
      this.place, this.figures, element("div", { class: "output-foot" }, this.tools, this.delayRow));
  }

  // A new report.
  take(output, video) {
    const now = Date.now();
    if (output !== this.output) {
      this.#past.push({ at: now, rate: output.bitrate_kbps ?? 0, dropped: output.dropped ?? 0 });
      this.#past.splice(0, this.#past.length - PAST);
    }
    this.output = output;
    this.video = video;
    this.draw();
  }

  // Since the counter may begin anew, only what grew.
  #lately(now) {
    const near = this.#past.filter(({ at }) => now - at < LATELY_MS);
    return near.slice(1).reduce((sum, { dropped }, index) => sum + Math.max(0, dropped - near[index].dropped), 0);
  }

  draw() {
    const { output, video } = this, now = Date.now(), isOld = video?.state !== "there";
    const { tone, words } = health(output, { video, at_ms: this.#past.at(-1)?.at, lately: this.#lately(now), now });
    this.node.className = `output is-${isOld ? "old" : output.state} ${output.is_blank ? "is-blank" : ""} ${tone}`;
    this.#drawState(isOld);
    put(this.words, words);
    put(this.place, this.#placeWords());
    this.#drawVeil(now);
    this.#drawFigures(isOld);
    this.#drawTools();
    this.#say(words);
  }

  #drawState(isOld) {
    const { state, is_blank: isBlank } = this.output, isDark = isBlank && state === "live";
    this.state.className = `state chip ${isOld ? "warn" : isDark ? "bad" : tones[state] ?? ""}`;
    put(this.state, isOld && state !== "lost" ? t("outputs.state_old") : isDark ? t("outputs.veil_blank") : t(`outputs.state_${state}`));
  }

  #placeWords() {
    const { view, to, width_px: width, height_px: height, is_shared: isShared, captions } = this.output;
    const parts = [view && t("outputs.view", { view }), to && element("bdi", { dir: "ltr" }, to),
      width && element("bdi", { dir: "ltr" }, `${number(width, { useGrouping: false })}\u00a0×\u00a0${number(height, { useGrouping: false })}`), isShared && t("outputs.shared"), captions && element("bdi", { class: "captions-data" }, `CC ${captions}`)].filter(Boolean);
    return parts.flatMap((part, index) => (index ? [" · ", part] : [part]));
  }

  #drawFigures(isOld) {
    const { state, bitrate_kbps: kbps = 0, dropped = 0, encode_ms: encode, encode_worst_ms: worst, budget_ms: budget, encoder } = this.output;
    const isLive = state === "live" && !isOld;
    this.figures.hidden = !isLive;
    if (!isLive) return;
    const rates = this.#past.map((one) => one.rate);
    refill(this.figures,
      figure(t("outputs.bitrate"), rate(kbps), sparkline(rates, { length: PAST, words: t("outputs.rate_words", { now: rate(kbps), most: rate(Math.max(...rates)) }) })),
      figure(t("outputs.left_out"), number(dropped)),
      encode > 0 && figure(t("outputs.encoding"), budget ? t("outputs.of_budget", { time: milliseconds(encode), budget: milliseconds(budget) }) : milliseconds(encode),
        element("span", { class: "hint" }, t("outputs.worst", { time: milliseconds(worst ?? encode) }), encoder && [" · ", element("bdi", {}, encoder)])));
  }

  #drawTools() {
    const { name, output, desk } = this, isViewer = desk.store.role === "viewer", isOff = output.state === "off", seconds = (output.delay_ms ?? 0) / 1000;
    this.tools.hidden = isViewer;
    this.delayRow.hidden = output.delay_ms === undefined || (isViewer && seconds === 0);
    this.delay.disabled = isViewer;
    if (document.activeElement !== this.delay) this.delay.value = String(seconds);
    put(this.delayText, t("outputs.seconds"));
    put(this.blank, output.is_blank ? t("outputs.show") : t("outputs.blank"));
    this.blank.setAttribute("aria-label", String(t(output.is_blank ? "outputs.show_one" : "outputs.blank_one", { name })));
    this.blank.hidden = isOff;
    this.blank.classList.toggle("tonal", Boolean(output.is_blank));
    this.blank.disabled = Boolean(output.is_blank && this.video?.is_blank && !output.is_recording);  // the key above shows it again
    put(this.run, isOff ? t("common.start") : t("common.stop"));
    this.run.setAttribute("aria-label", String(t(isOff ? "outputs.start" : "outputs.stop", { name })));
    this.run.classList.toggle("tonal", isOff);
  }

  // What changed in kind, not in figures, is said.
  #say(words) {
    const kind = `${this.output.state} ${this.output.why ?? ""} ${this.output.is_blank}`;
    if (this.#shown && this.#shown !== kind) announce(`${this.name}: ${words}`);
    this.#shown = kind;
  }

  /* --- The picture --- */

  async picture(jpeg) {
    const bitmap = await decode(jpeg, "image/jpeg");
    if (!bitmap) return;
    show(this.canvas, bitmap);
    this.#pictured = Date.now();
    this.#drawVeil(this.#pictured);
  }

  // One that nobody renews is no live picture.
  #drawVeil(now) {
    const { state, is_blank: isBlank } = this.output, isRunning = ["live", "connecting", "failed"].includes(state) && this.video?.state !== "lost";
    const isOld = now - this.#pictured > OLD_MS;
    if (!isRunning && this.#pictured) { wipe(this.canvas); this.#pictured = 0; }
    this.node.classList.toggle("is-picture-old", isOld);
    put(this.veil, !isRunning ? (state === "off" ? t("outputs.state_off") : t("outputs.no_picture")) : !this.#pictured ? t(state === "failed" ? "outputs.no_picture" : "outputs.picture_comes") : isOld ? t("outputs.picture_old") : isBlank ? t("outputs.veil_blank") : null);
    this.veil.classList.toggle("is-slight", Boolean(isRunning && this.#pictured && !isOld && isBlank));
    this.canvas.setAttribute("aria-label", String(t("outputs.picture", { name: this.name })));
  }

  /* --- What can be done --- */

  #act(command, fields = {}) {
    return this.desk.act(command, { name: this.name, ...fields }).catch(() => {});
  }

  async #run() {
    if (this.output.state === "off") return this.#act("output.start");
    const isSure = await confirmDialog({ title: t("outputs.stop", { name: this.name }), text: t(this.output.is_recording ? "outputs.stop_recording_help" : "outputs.stop_help"), confirm: t("common.stop"), isDangerous: true });
    return isSure && this.#act("output.stop");
  }

  #setDelay() {
    const value = Number(this.delay.value);
    if (!this.delay.value || !(value >= 0)) return void (this.delay.value = String((this.output.delay_ms ?? 0) / 1000));
    this.#act("output.delay", { ms: Math.round(value * 1000) });
  }
}

const figure = (name, value, ...more) => element("div", { class: "figure" }, element("dt", {}, name), element("dd", {}, element("span", { class: "figure-value" }, value), ...more));

// Only what changed: text that is drawn anew every 2 s cannot be selected.
function put(node, words) {
  const text = [words].flat().map((word) => (word instanceof Node ? word.textContent : String(word ?? ""))).join("");
  if (node.dataset.words === text) return;
  node.dataset.words = text;
  refill(node, words);
}
