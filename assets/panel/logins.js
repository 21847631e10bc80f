// logins.js - accounts at the platforms: who is logged in, and logging in with a code, a phone's camera or this browser.
import { button, byId, element, platformMark } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg", QUIET = 4;

const words = { none: "logged out", asking: "waiting", ready: "logged in", waiting: "no token", revoked: "log in again" };
const states = { none: "off", asking: "connecting", ready: "live", waiting: "connecting", revoked: "failed" };

export class Logins {
  constructor(store, act) {
    this.store = store;
    this.act = act;
    for (const part of ["logins", "role"]) store.addEventListener(part, () => this.#draw());
  }

  #draw() {
    const logins = [...this.store.logins.values()].filter((login) => login.is_configured || login.state !== "none");
    byId("logins-title").hidden = logins.length === 0;
    // A pasted address is not lost to a redraw.
    const typed = byId("login-address")?.value;
    byId("logins").replaceChildren(...logins.map((login) => this.#one(login)));
    if (typed && byId("login-address")) byId("login-address").value = typed;
  }

  #one(login) {
    const isOwner = this.store.role === "owner";
    return element("li", { class: `source ${login.state === "revoked" ? "is-failed" : ""}` },
      element("div", { class: "row" }, platformMark(login.platform), element("span", { class: "name", dir: "auto" }, login.account ?? login.platform),
        element("span", { class: `state ${states[login.state] ?? "off"}` }, words[login.state] ?? login.state)),
      login.text && !login.prompt && element("p", { class: "hint" }, login.text),
      login.remedy && element("p", { class: "remedy" }, login.remedy),
      login.prompt && this.#prompt(login),
      isOwner && this.#tools(login));
  }

  #tools(login) {
    const platform = login.platform, isIn = login.state === "ready" || login.state === "waiting";
    if (login.state === "asking") return button("Cancel", () => this.act("login.cancel", { platform }), { class: "quiet" });
    return element("div", { class: "row" },
      login.is_configured && button(isIn ? "Another account" : "Log in", () => this.act("login.start", { platform }), { class: isIn ? "quiet" : "primary", "aria-label": `Log in at ${platform}` }),
      (isIn || login.state === "revoked") && button("Log out", () => confirm(`Log out of ${platform}?`) && this.act("login.forget", { platform }),
        { class: "quiet", "aria-label": `Log out of ${platform}` }));
  }

  #prompt(login) {
    const { url, user_code: code, qr } = login.prompt;
    return element("div", { class: "login-prompt", role: "status" },
      element("p", {}, code ? "Open this address on any device, and enter the code:" : "Open this address in the browser of the machine on which antiphon runs:"),
      element("a", { href: url, target: "_blank", rel: "noreferrer noopener", dir: "ltr" }, code ? url : new URL(url).origin),
      code && element("p", { class: "login-code", dir: "ltr" }, code),
      qr && code && drawCode(qr),
      !code && this.#pasteForm(login));
  }

  // The browser may be on another machine: it ends at an address of localhost that shows nothing here.
  #pasteForm(login) {
    const submit = (event) => {
      event.preventDefault();
      this.act("login.answer", { platform: login.platform, address: byId("login-address").value.trim() });
    };
    return element("form", { onsubmit: submit },
      element("label", { for: "login-address" }, "If it ends at a page that cannot be shown: the address of that page"),
      element("div", { class: "row" }, element("input", { id: "login-address", dir: "ltr", autocomplete: "off", spellcheck: "false", required: true }),
        element("button", { type: "submit" }, "Use")));
  }
}

// Rows of "0" and "1" as one path on white, with the quiet zone that cameras want.
function drawCode(rows) {
  const size = rows.length + 2 * QUIET, make = (name, attributes) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const dark = [];
  rows.forEach((row, y) => [...row].forEach((cell, x) => cell === "1" && dark.push(`M${x + QUIET} ${y + QUIET}h1v1h-1z`)));
  const picture = make("svg", { viewBox: `0 0 ${size} ${size}`, class: "login-qr", role: "img", "aria-label": "The address as a QR code", "shape-rendering": "crispEdges" });
  picture.append(make("rect", { width: size, height: size, fill: "#fff" }), make("path", { d: dark.join(""), fill: "#000" }));
  return picture;
}
