// chat_actions.js - what can be done with a message: beside it under the pointer, in a menu by the keyboard, from below by touch.
import { button, byId, element, iconButton } from "./dom.js";
import { openDialog } from "./dialog.js";
import { icon } from "./icons.js";
import { t } from "./i18n.js";
import { openMenu } from "./menu.js";
import { notify } from "./notices.js";
import { nameOf } from "./chat_row.js";

const TIMEOUT_S = 600;

export class ChatActions {
  // chat: showAround(message), searchAuthor(message).
  constructor(desk, chat) {
    this.desk = desk;
    this.chat = chat;
  }

  // {key, icon, label, aria, run, isDangerous}; key: a letter on the row.
  list(message) {
    const { store } = this.desk, author = message.author ?? {}, name = nameOf(message);
    const mayModerate = store.role !== "viewer", can = store.sources.get(message.source)?.can ?? [];
    const isOthers = mayModerate && !message.own;
    return [
      isOthers && message.text && { name: "pick", icon: "pick", label: t("chat.pick"), aria: t("chat.pick_of", { name }), run: () => this.pick(message) },
      isOthers && message.native_id && can.includes("say") && { name: "reply", icon: "reply", label: t("chat.reply"), aria: t("chat.reply_to", { name }), run: () => this.desk.replies.answer(message) },
      isOthers && author.id && { name: "shoutout", icon: "megaphone", label: t("cards.shoutout_new"), aria: t("cards.shoutout_for", { name }), run: () => this.desk.shoutOut(message, name) },
      mayModerate && { name: "remove", icon: "trash", label: t("chat.remove"), aria: t("chat.remove_of", { name }), isDangerous: true, run: () => this.remove(message) },
      isOthers && author.id && can.includes("timeout") && { name: "timeout", icon: "clock", label: t("chat.mute"), aria: t("chat.time_out", { name }), isDangerous: true, run: () => this.desk.act("source.moderate", { action: "timeout", message: message.id, seconds: TIMEOUT_S }).catch(() => {}) },
      isOthers && author.id && { name: "ban", icon: "ban", label: t("chat.ban_short"), aria: t("chat.ban", { name }), isDangerous: true, run: () => this.#take("author.remove", { platform: message.platform, author: author.id }) },
      message.text && { name: "copy", icon: "copy", label: t("chat.copy"), run: () => this.#copy(message) },
      { name: "context", icon: "history", label: t("chat.context"), run: () => this.chat.showAround(message) },
      author.id && { name: "author", icon: "search", label: t("chat.search_author", { name }), run: () => this.chat.searchAuthor(message) },
    ].filter(Boolean);
  }

  run(name, message) { this.list(message).find((one) => one.name === name)?.run(); }

  pick(message) {
    this.desk.act("question.pick", { message: message.id }).then(() => notify("good", t("chat.picked", { name: nameOf(message) })), () => {});
  }

  remove(message) { return this.#take("message.remove", { message: message.id }); }

  // Beside the row, made when somebody comes near it: rows that nobody touches stay light.
  addTools(row, message) {
    if (this.desk.store.role === "viewer" || row.querySelector(".tools")) return;
    const shown = this.list(message).filter(({ name }) => ["pick", "reply", "remove", "timeout", "ban"].includes(name));
    const more = iconButton("more", t("chat.more", { name: nameOf(message) }), () => this.openMenu(row, message), { class: "quiet row-more", tabindex: "-1", "data-local": true });
    row.append(element("div", { class: "tools" }, ...shown.map((one) => (one.name === "pick"
      ? button(one.label, one.run, { class: "tonal", tabindex: "-1", "aria-label": one.aria })
      : iconButton(one.icon, one.aria, one.run, { tabindex: "-1" }))), more));
  }

  openMenu(row, message) {
    this.addTools(row, message);
    const anchor = row.querySelector(".row-more");
    if (anchor) openMenu(anchor, this.list(message).map(({ label, icon: sign, run, isDangerous }) => ({ label, icon: sign, run, isDangerous })), { label: t("chat.more", { name: nameOf(message) }) });
  }

  // For the thumb: from the lower edge.
  openSheet(message) {
    const dialog = openDialog({ title: nameOf(message) || t("place.chat"), kind: "sheet" },
      message.text && element("p", { class: "sheet-text", dir: "auto" }, message.text),
      element("div", { class: "sheet-actions" }, ...this.list(message).map((one) =>
        element("button", { type: "button", class: `menu-item ${one.isDangerous ? "danger" : ""}`, "data-local": true, onclick: () => { dialog.close(); one.run(); } }, icon(one.icon), element("span", {}, one.label)))));
  }

  // Here at once; on the platform too if that is wished, and what comes of it is told with the replies.
  #take(command, fields) {
    const onPlatform = byId("on-platform").checked;
    this.desk.act(command, onPlatform ? { ...fields, on_platform: true } : fields)
      .then((result) => result.not_on_platform && notify("warn", t("chat.not_on_platform", { why: result.not_on_platform })), () => {});
  }

  #copy(message) {
    navigator.clipboard?.writeText(message.text).then(() => notify("good", t("chat.copied")), () => notify("warn", t("chat.copy_failed")));
  }
}
