// announce.js - words for those who hear the page: said by the screen reader, seen by nobody.
import { element } from "./dom.js";

const CLEARED_MS = 4000;
const regions = {};

// Before the first word: a region that comes with its text already in it is not read.
export function startAnnouncing() {
  for (const level of ["polite", "assertive"]) {
    regions[level] = element("div", { class: "visually-hidden", "aria-live": level, "aria-atomic": "true", id: `announce-${level}` });
    document.body.append(regions[level]);
  }
}

// "assertive" interrupts: only for what cannot wait (the connection is gone, panic).
export function announce(text, level = "polite") {
  const region = regions[level];
  if (!region) return;
  const line = element("p", {}, String(text));
  region.replaceChildren(line);
  setTimeout(() => line.remove(), CLEARED_MS);
}
