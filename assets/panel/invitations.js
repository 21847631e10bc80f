// invitations.js - who may come in: a link for one person, for a show or for good, and taken back at once.
import { button, card, element, empty, field, refill } from "./dom.js";
import { confirmDialog, dialogButtons, openDialog } from "./dialog.js";
import { ago, dateTime, t } from "./i18n.js";
import { notify } from "./notices.js";
import { qrPicture } from "./qr.js";

const roles = ["moderator", "viewer", "owner"], lives = ["show", "forever"], minutes = [10, 60, 1440, 10080];

export class Invitations {
  #list = element("ul", { id: "invitations", class: "invitations" });

  constructor(desk) {
    this.desk = desk;
    this.node = card("invitations", t("invite.title"), { tools: [button(t("invite.add"), () => this.#invite(), { id: "invite", class: "tonal" })], hidden: true }, this.#list);
    desk.shell.place("crew").append(this.node);
    desk.store.addEventListener("role", () => this.#load());
    desk.store.addEventListener("crew", () => this.#load());  // somebody came: his link was used
  }

  #load() {
    this.node.hidden = this.desk.store.role !== "owner";
    if (this.node.hidden || !this.desk.store.isConnected) return;
    this.desk.ask("invite.list").then(({ invitations }) => this.#draw(invitations), () => {});
  }

  #draw(invitations) {
    refill(this.#list, invitations.length ? [...invitations].reverse().map((one) => this.#row(one)) : element("li", {}, empty("link", t("invite.none"), t("invite.none_help"))));
  }

  #row(one) {
    const state = one.state === "open" ? t("invite.open_until", { time: dateTime(one.expires_ms) })
      : one.state === "used" ? t("invite.used", { time: ago(one.used_ms) }) : t("invite.expired");
    return element("li", { class: "invitation", "data-id": one.id },
      element("div", { class: "grow" },
        element("div", { class: "byline" }, element("bdi", { class: "who" }, one.name), element("span", { class: "chip" }, t(`role.${one.role}`)), one.life && element("span", { class: "chip info" }, t(`invite.life_${one.life}`))),
        element("p", { class: "hint" }, state)),
      button(t("invite.revoke"), () => this.#revoke(one), { class: "danger", "aria-label": t("invite.revoke_of", { name: one.name }), "data-key": `revoke-${one.id}` }));
  }

  async #revoke(one) {
    const isSure = await confirmDialog({ title: t("invite.revoke_of", { name: one.name }), text: t("invite.revoke_help"), confirm: t("invite.revoke"), isDangerous: true });
    if (!isSure) return;
    this.desk.act("invite.revoke", { id: one.id }).then(() => { notify("good", t("invite.revoked", { name: one.name })); this.#load(); }, () => {});
  }

  /* --- A new one --- */

  #invite() {
    const name = element("input", { dir: "auto", maxlength: 60, autocomplete: "off", required: true });
    const role = choice(roles, (one) => t(`role.${one}`)), life = choice(lives, (one) => t(`invite.life_${one}`)), valid = choice(minutes, (one) => t(`invite.minutes_${one}`));
    const submit = (event) => {
      event.preventDefault();
      this.desk.act("invite", { name: name.value.trim(), role: role.value, life: life.value, minutes: Number(valid.value) }).then((result) => {
        dialog.close();
        this.#load();
        showLink(result);
      }, () => {});
    };
    const dialog = openDialog({ title: t("invite.add") }, element("form", { onsubmit: submit },
      field({ id: "invite-name", label: t("invite.name"), help: t("invite.name_help") }, name),
      field({ id: "invite-role", label: t("invite.role") }, role),
      field({ id: "invite-life", label: t("invite.life") }, life),
      field({ id: "invite-minutes", label: t("invite.minutes") }, valid),
      dialogButtons(button(t("common.cancel"), () => dialog.close(), { "data-local": true }), element("button", { type: "submit", class: "primary", id: "invite-make" }, t("invite.make")))));
  }
}

const choice = (values, words) => element("select", {}, ...values.map((value) => element("option", { value }, words(value))));

// What `invite` answered. Shown this once: the relay keeps only its hash.
export function showLink({ url, name, expires_ms: expiresMs, qr }) {
  const input = element("input", { id: "invite-url", readonly: true, dir: "ltr", value: url, onfocus: () => input.select() });
  const copied = element("p", { class: "hint", role: "status" });
  const copy = async () => {
    input.select();
    await navigator.clipboard.writeText(url).then(() => refill(copied, t("invite.copied")), () => document.execCommand("copy") && refill(copied, t("invite.copied")));
  };
  openDialog({ title: t("invite.ready", { name }) }, field({ id: "invite-url", label: t("invite.link"), help: t("invite.link_help", { time: dateTime(expiresMs) }) }, input), copied,
    qr && element("div", { class: "invite-qr" }, qrPicture(qr, t("invite.qr"))),
    dialogButtons(navigator.share && button(t("invite.share"), () => navigator.share({ url, title: "antiphon" }).catch(() => {}), { "data-local": true }),
      button(t("invite.copy"), copy, { class: "primary", "data-local": true, id: "invite-copy" })));
}
