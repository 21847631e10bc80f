// outputs.js - where the picture goes: the key that takes it away, what is shown, and a card for each output.
import { card, element, empty, refill } from "./dom.js";
import { Blank } from "./blank.js";
import { icon } from "./icons.js";
import { InputCard } from "./input_card.js";
import { seconds, t } from "./i18n.js";
import { OutputCard } from "./output_card.js";

const CLOCK_MS = 1000;

export class Outputs {
  #list = element("ul", { id: "outputs", class: "plain output-list" });
  #state = element("p", { class: "live-state bad", id: "video-state", role: "status", hidden: true });
  #clock = element("span", {});
  #none = empty("output", t("outputs.none"), t("outputs.none_help"));
  #cards = new Map(); #isWatching = false; #said = "";

  constructor(desk) {
    this.desk = desk;
    this.store = desk.store;
    this.blank = new Blank(desk);
    this.input = new InputCard(desk);
    this.list = card("outputs", t("outputs.title"), {}, this.#list);
    desk.shell.place("outputs").append(this.#none, this.blank.node, this.blank.help, this.#state, this.input.node, this.list);
    for (const part of ["outputs", "role"]) this.store.addEventListener(part, () => this.#draw());
    this.store.addEventListener("output_picture", ({ detail }) => this.#cards.get(detail.output)?.picture(detail.jpeg));
    for (const part of ["reset", "link"]) this.store.addEventListener(part, () => this.#watchAnew());
    desk.shell.desk.addEventListener("places", () => this.#watch());
    document.addEventListener("visibilitychange", () => this.#watch());
    setInterval(() => document.hidden || this.#tick(), CLOCK_MS);
  }

  #draw() {
    const { outputs, video } = this.store;
    for (const [name, one] of this.#cards) if (!outputs.has(name)) { one.node.remove(); this.#cards.delete(name); }
    for (const [name, output] of outputs) {
      if (!this.#cards.has(name)) this.#cards.set(name, new OutputCard(this.desk, name));
      this.#cards.get(name).take(output, video);
    }
    const nodes = [...outputs.keys()].map((name) => this.#cards.get(name).node);
    if (nodes.length !== this.#list.children.length || nodes.some((node, index) => this.#list.children[index] !== node)) this.#list.replaceChildren(...nodes);
    this.#none.hidden = outputs.size > 0;
    this.list.hidden = outputs.size === 0;
    this.input.draw();
    this.#drawState();
    const failed = [...outputs.values()].filter(({ state }) => state === "failed").length;
    this.desk.shell.badge("outputs", failed, { isUrgent: true, words: failed ? t("outputs.badge", { n: failed }) : "" });
    this.#watch();
  }

  // What is old is not shown as if it were live.
  #drawState() {
    const { video, outputs } = this.store, isOld = outputs.size > 0 && video && video.state !== "there";
    this.#state.hidden = !isOld;
    if (!isOld) return void (this.#said = "");
    this.#clock.textContent = seconds(Date.now() - video.heard_ms);
    if (this.#said === video.state) return;
    this.#said = video.state;
    refill(this.#state, icon("unlink"), element("span", {}, t(`outputs.video_${video.state}`, { time: this.#clock })));
  }

  #tick() {
    this.#drawState();
    this.input.tick();
    if (this.desk.shell.isShown("outputs")) for (const one of this.#cards.values()) one.draw();
  }

  /* --- Pictures: made only while somebody looks --- */

  #watch() {
    const isWanted = this.store.isConnected && !document.hidden && this.store.outputs.size > 0 && this.desk.shell.isShown("outputs");
    if (isWanted === this.#isWatching) return;
    this.#isWatching = isWanted;
    if (this.store.isConnected) this.desk.ask("output.watch", { on: isWanted }).catch(() => {});
  }

  // The relay forgets it with the connection.
  #watchAnew() {
    this.#isWatching = false;
    this.#watch();
  }
}
