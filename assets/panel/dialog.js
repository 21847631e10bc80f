// dialog.js - the browser's own <dialog>: it keeps the focus inside, Escape closes it, and the focus returns where it was.
import { button, element, iconButton } from "./dom.js";
import { t } from "./i18n.js";

let made = 0;

/*
 * openDialog({title, kind, canClose}, …children): shows it at once and answers the <dialog>; its "close" event says that it is
 * over, and returnValue what was chosen. A click beside it closes it.
 */
export function openDialog({ title, kind = "", canClose = true }, ...children) {
  const id = `dialog-${++made}`, back = document.activeElement;
  const dialog = element("dialog", { class: `dialog ${kind}`, "aria-labelledby": id },
    element("div", { class: "dialog-frame" },
      element("div", { class: "dialog-head" }, element("h2", { id, tabindex: "-1" }, title),
        canClose && iconButton("close", t("common.close"), () => dialog.close(), { "data-local": true })),
      element("div", { class: "dialog-body" }, ...children)));
  dialog.addEventListener("cancel", (event) => !canClose && event.preventDefault());
  dialog.addEventListener("click", (event) => canClose && event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => { dialog.remove(); if (back?.isConnected) back.focus({ preventScroll: true }); });
  document.body.append(dialog);
  const body = dialog.querySelector(".dialog-body");
  if (!body.querySelector("a, button, input, select, textarea")) body.tabIndex = 0;  // else nobody could scroll it by keys
  dialog.showModal();
  const first = dialog.querySelector("[autofocus]") ?? (dialog.querySelector("input, select, textarea") || dialog.querySelector("h2"));
  first?.focus();
  return dialog;
}

// The last row of a dialog's form.
export const dialogButtons = (...buttons) => element("div", { class: "dialog-buttons" }, ...buttons);

// Asks before something that cannot be undone. Resolves true or false.
export function confirmDialog({ title, text = "", confirm, isDangerous = false }) {
  return new Promise((resolve) => {
    const dialog = openDialog({ title, kind: "small" }, text && element("p", {}, text), dialogButtons(
      button(t("common.cancel"), () => dialog.close(), { "data-local": true }),
      button(confirm, () => dialog.close("yes"), { class: isDangerous ? "danger-fill" : "primary", autofocus: true })));
    dialog.querySelector("[autofocus]").focus();
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}

// Asks for words. Resolves with them, or null.
export function askText({ title, label, value = "", confirm = t("common.save"), help = "", isLong = false, maxlength = 500 }) {
  return new Promise((resolve) => {
    const input = element(isLong ? "textarea" : "input", { id: `dialog-text-${made}`, dir: "auto", maxlength, autocomplete: "off", rows: isLong ? "4" : undefined });
    input.value = value;
    const form = element("form", { onsubmit: (event) => { event.preventDefault(); dialog.close("yes"); } },
      element("label", { for: input.id }, label), input, help && element("p", { class: "hint" }, help),
      dialogButtons(button(t("common.cancel"), () => dialog.close(), { "data-local": true }), element("button", { type: "submit", class: "primary" }, confirm)));
    const dialog = openDialog({ title, kind: "small" }, form);
    input.select();
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" ? input.value : null));
  });
}
