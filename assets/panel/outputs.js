// outputs.js - where the video goes, and whether it gets there.
import { button, card, element, refill } from "./dom.js";
import { confirmDialog } from "./dialog.js";
import { t } from "./i18n.js";

const tones = { live: "good", failed: "bad", lost: "bad", connecting: "warn" };

export class Outputs {
  #list = element("ul", { id: "outputs", class: "plain" });

  constructor(desk) {
    this.store = desk.store;
    this.act = desk.act;
    this.node = card("outputs", t("outputs.title"), { hidden: true }, this.#list);
    desk.shell.place("sources").append(this.node);
    for (const part of ["outputs", "role"]) this.store.addEventListener(part, () => this.#draw());
  }

  #draw() {
    const focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const outputs = [...this.store.outputs.values()];
    this.node.hidden = outputs.length === 0;
    refill(this.#list, outputs.map((output) => this.#one(output)));
    if (focused) this.#list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #one(output) {
    const facts = [output.text, output.bitrate_kbps ? t("outputs.rate", { rate: output.bitrate_kbps }) : "", output.dropped ? t("outputs.dropped", { n: output.dropped }) : ""].filter(Boolean);
    return element("li", { class: "source" },
      element("div", { class: "row" }, element("bdi", { class: "name" }, output.name), element("span", { class: `state chip ${tones[output.state] ?? ""}` }, t(`outputs.state_${output.state}`))),
      element("p", { class: "hint" }, ...facts.flatMap((fact, index) => (index ? [" · ", fact] : [fact]))),
      this.store.role !== "viewer" && element("div", { class: "row" },
        output.state === "off" ? button(t("common.start"), () => this.act("output.start", { name: output.name }).catch(() => {}), { class: "tonal", "data-key": `start:${output.name}`, "aria-label": t("outputs.start", { name: output.name }) })
          : button(t("common.stop"), () => this.#stop(output.name), { "data-key": `stop:${output.name}`, "aria-label": t("outputs.stop", { name: output.name }) })));
  }

  async #stop(name) {
    if (await confirmDialog({ title: t("outputs.stop", { name }), text: t("outputs.stop_help"), confirm: t("common.stop"), isDangerous: true }))
      this.act("output.stop", { name }).catch(() => {});
  }
}
