// outputs.js - where the video goes, and whether it gets there.
import { button, byId, element } from "./dom.js";

export class Outputs {
  constructor(store, act) {
    this.store = store;
    this.act = act;
    for (const part of ["outputs", "role"]) store.addEventListener(part, () => this.#draw());
  }

  #draw() {
    const outputs = [...this.store.outputs.values()];
    byId("outputs-title").hidden = outputs.length === 0;
    byId("outputs").replaceChildren(...outputs.map((output) => element("li", { class: "source" },
      element("div", { class: "row" }, element("span", { class: "name" }, output.name), element("span", { class: `state ${output.state}` }, output.state)),
      element("p", { class: "hint" }, [output.text, output.bitrate_kbps ? `${output.bitrate_kbps} kb/s` : "", output.dropped ? `${output.dropped} frames dropped` : ""].filter(Boolean).join(" · ")),
      this.store.role !== "viewer" && element("div", { class: "row" },
        output.state === "off" ? button("Start", () => this.act("output.start", { name: output.name }), { class: "primary" })
          : button("Stop", () => confirm(`Stop ${output.name}?`) && this.act("output.stop", { name: output.name }))))));
  }
}
