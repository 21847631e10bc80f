// logins.js - accounts at the platforms: who is logged in, and logging in with a code, a phone's camera or this browser.
import { button, byId, card, element, field, platformMark, refill } from "./dom.js";
import { confirmDialog } from "./dialog.js";
import { t } from "./i18n.js";
import { qrPicture } from "./qr.js";

const tones = { asking: "warn", ready: "good live", waiting: "warn", revoked: "bad" };

export class Logins {
  #list = element("ul", { id: "logins", class: "plain" });

  constructor(desk) {
    this.store = desk.store;
    this.act = desk.act;
    this.node = card("logins", t("logins.title"), { hidden: true }, this.#list);
    desk.shell.place("sources").append(this.node);
    for (const part of ["logins", "role"]) this.store.addEventListener(part, () => this.#draw());
  }

  #draw() {
    const logins = [...this.store.logins.values()].filter((login) => login.is_configured || login.state !== "none");
    this.node.hidden = logins.length === 0;
    // A pasted address and the place of the focus are not lost to a redraw.
    const typed = byId("login-address")?.value, focused = this.#list.contains(document.activeElement) ? document.activeElement.dataset.key ?? document.activeElement.id : null;
    refill(this.#list, logins.map((login) => this.#one(login)));
    if (typed && byId("login-address")) byId("login-address").value = typed;
    if (focused) (this.#list.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? byId(focused))?.focus();
  }

  #one(login) {
    const isOwner = this.store.role === "owner";
    return element("li", { class: `source ${login.state === "revoked" ? "is-failed" : ""}` },
      element("div", { class: "row" }, platformMark(login.platform), element("bdi", { class: "name" }, login.account ?? login.platform),
        element("span", { class: `state chip ${tones[login.state] ?? ""}` }, t(`logins.state_${login.state}`))),
      login.text && !login.prompt && element("p", { class: "hint", dir: "auto" }, login.text),
      login.remedy && element("p", { class: "remedy", dir: "auto" }, login.remedy),
      login.prompt && this.#prompt(login),
      isOwner && this.#tools(login));
  }

  #tools(login) {
    const platform = login.platform, isIn = login.state === "ready" || login.state === "waiting";
    if (login.state === "asking") return button(t("common.cancel"), () => this.act("login.cancel", { platform }).catch(() => {}), { class: "quiet", "data-key": `cancel:${platform}` });
    return element("div", { class: "row" },
      login.is_configured && button(isIn ? t("logins.another") : t("logins.log_in"), () => this.act("login.start", { platform }).catch(() => {}), { class: isIn ? "quiet" : "tonal", "data-key": `start:${platform}`, "aria-label": t("logins.log_in_at", { platform }) }),
      (isIn || login.state === "revoked") && button(t("logins.log_out"), () => this.#forget(platform), { class: "quiet", "data-key": `forget:${platform}`, "aria-label": t("logins.log_out_of", { platform }) }));
  }

  async #forget(platform) {
    if (await confirmDialog({ title: t("logins.log_out_of", { platform }), text: t("logins.log_out_help"), confirm: t("logins.log_out"), isDangerous: true }))
      this.act("login.forget", { platform }).catch(() => {});
  }

  #prompt(login) {
    const { url, user_code: code, qr } = login.prompt;
    return element("div", { class: "login-prompt", role: "status" },
      element("p", {}, code ? t("logins.enter_code") : t("logins.open_here")),
      element("a", { href: url, target: "_blank", rel: "noreferrer noopener", dir: "ltr" }, code ? url : new URL(url).origin),
      code && element("p", { class: "login-code", dir: "ltr" }, code),
      qr && code && qrPicture(qr, t("logins.qr")),
      !code && this.#pasteForm(login));
  }

  // The browser may be on another machine: it ends at an address of localhost that shows nothing here.
  #pasteForm(login) {
    const input = element("input", { dir: "ltr", autocomplete: "off", spellcheck: "false", required: true });
    return element("form", { onsubmit: (event) => {
      event.preventDefault();
      this.act("login.answer", { platform: login.platform, address: input.value.trim() }).catch(() => {});
    } }, field({ id: "login-address", label: t("logins.address") }, input, element("button", { type: "submit" }, t("logins.use"))));
  }
}
