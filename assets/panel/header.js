// header.js - what is wanted from everywhere: panic, clearing, the menu; and what is on air in one line.
import { button, element, iconButton, refill } from "./dom.js";
import { confirmDialog, dialogButtons, openDialog } from "./dialog.js";
import { cardWords } from "./host_cards.js";
import { icon } from "./icons.js";
import { currentLanguage, languages, t } from "./i18n.js";
import { showLink } from "./invitations.js";
import { register, showKeys } from "./keys.js";
import { openMenu } from "./menu.js";
import { signOut } from "./session.js";
import { chooseLanguage, openSettings } from "./settings.js";

const HOST_NAME = "host", HOST_MINUTES = 60;

// Of the host's own cards the first that has words.
const hostCard = (view) => ["shoutout", "goal", "countdown", "rules", "qr", "note"].map((kind) => view[kind] && cardWords({ kind, ...view[kind] })).find(Boolean);

export class Header {
  constructor(desk) {
    this.desk = desk;
    this.clear = button(t("show.clear"), () => desk.act("clear"), { id: "clear", class: "quiet wide-only" });
    this.panic = button(t("show.panic"), () => this.#panic(), { id: "panic", class: "danger", "aria-pressed": "false" });
    this.menu = iconButton("more", t("shell.menu"), () => this.#openMenu(), { id: "menu", "data-local": true });
    this.language = iconButton("globe", t("settings.language"), () => this.#openLanguages(), { id: "language", "data-local": true, class: "quiet wide-only" });
    desk.shell.header.append(this.clear, this.panic, this.language, this.menu);
    for (const part of ["on_air", "role"]) desk.store.addEventListener(part, () => this.#draw());
    register("Shift+P", "place.show", "show.panic", () => this.#panic(), { when: () => desk.store.role !== "viewer" });
  }

  #panic() {
    this.desk.act("panic", { on: !this.desk.store.onAir.is_blank }).catch(() => {});
  }

  #draw() {
    const { onAir, role } = this.desk.store;
    this.clear.disabled = this.panic.disabled = role === "viewer";
    this.panic.setAttribute("aria-pressed", String(onAir.is_blank));
    refill(this.panic, icon(onAir.is_blank ? "eye" : "panic"), element("span", {}, onAir.is_blank ? t("show.back") : t("show.panic")));
    document.documentElement.classList.toggle("is-blank", onAir.is_blank);
    const card = Object.values(onAir.views ?? {}).map(({ question, poll, ...others }) => question?.text ?? poll?.question ?? hostCard(others)).find(Boolean);
    const isLive = Boolean(card) && !onAir.is_blank;
    this.desk.shell.tally.classList.toggle("is-live", isLive);
    refill(this.desk.shell.tally, element("span", { class: "tally-light" }, onAir.is_blank ? t("show.blank_short") : isLive ? t("show.on_air") : t("show.off_air")),
      isLive && element("span", { class: "tally-text", dir: "auto" }, card));
  }

  #openMenu() {
    const { role } = this.desk.store, { blank } = this.desk;
    openMenu(this.menu, [
      { label: t("show.clear"), icon: "close", run: () => this.desk.act("clear").catch(() => {}), isDisabled: role === "viewer" },
      ...(blank.isThere ? [{ label: t(blank.isOn ? "blank.back" : "blank.press"), icon: blank.isOn ? "eye" : "screen_off", run: () => blank.press(!blank.isOn), isDisabled: role === "viewer" }] : []),
      null,
      { label: t("settings.language"), icon: "globe", run: () => setTimeout(() => this.#openLanguages()) },
      { label: t("settings.title"), icon: "settings", run: openSettings },
      { label: t("keys.title"), icon: "keys", run: showKeys },
      { label: t("host.title"), icon: "host", run: () => this.#openHost() },
      null,
      { label: t("session.sign_out"), icon: "login", run: () => this.#signOut() },
    ]);
  }

  // On this machine's second screen, or by a link on a tablet beside the host.
  #openHost() {
    const invite = () => this.desk.act("invite", { role: "viewer", name: HOST_NAME, life: "show", page: "host", minutes: HOST_MINUTES }).then((answer) => { dialog.close(); showLink(answer); }, () => {});
    const dialog = openDialog({ title: t("host.title"), kind: "small" }, element("p", {}, t("host.help")), dialogButtons(
      this.desk.store.role === "owner" && button([icon("link"), element("span", {}, t("host.invite"))], invite, { id: "host-invite" }),
      element("a", { class: "button primary", href: "host", target: "_blank", rel: "noopener", id: "host-here" }, t("host.here"))));
  }

  #openLanguages() {
    const anchor = this.language.offsetParent ? this.language : this.menu;
    openMenu(anchor, Object.entries(languages).map(([tag, name]) => ({ label: name, lang: tag, isChecked: tag === currentLanguage(), run: () => chooseLanguage(tag) })));
  }

  async #signOut() {
    if (!(await confirmDialog({ title: t("session.sign_out"), text: t("session.sign_out_help"), confirm: t("session.sign_out") }))) return;
    await signOut();
    location.reload();
  }
}
