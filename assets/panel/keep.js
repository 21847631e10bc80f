// keep.js - the same place again: typed text, open parts and reading places outlive a reload, a phone's sleep and a lost session.

const KEY = "antiphon.place", AGE_MS = 12 * 3600 * 1000;

// Fields with an id, and what has data-keep (its scroll place; of <details> whether it is open). No secrets.
function read() {
  const typed = {}, scrolled = {}, opened = {};
  for (const field of document.querySelectorAll("input[id], textarea[id], select[id]")) {
    if (field.closest("dialog") || ["password", "file", "checkbox", "radio"].includes(field.type)) continue;
    if (field.value && field.value !== field.defaultValue) typed[field.id] = field.value;
  }
  for (const node of document.querySelectorAll("[data-keep]")) {
    if (node.localName === "details") opened[node.dataset.keep] = node.open;
    else if (node.scrollTop > 0 && !isAtEnd(node)) scrolled[node.dataset.keep] = node.scrollTop;
  }
  return { at_ms: Date.now(), typed, scrolled, opened, focused: document.activeElement?.id || null };
}

const isAtEnd = (node) => node.scrollHeight - node.scrollTop - node.clientHeight < 4;

// Whenever the page may be put to sleep; phones do not say more than that it is hidden.
export function startKeeping() {
  const write = () => {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(read()));
    } catch {
      // full or forbidden: the page itself still has it
    }
  };
  addEventListener("pagehide", write);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && write());
}

// Once, when the parts stand there and the first state has come.
export function restorePlace() {
  let place;
  try {
    place = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
  } catch {
    return;
  }
  if (!place || Date.now() - place.at_ms > AGE_MS) return;
  for (const [id, value] of Object.entries(place.typed)) {
    const field = document.getElementById(id);
    if (!field || field.value === value) continue;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  for (const [name, isOpen] of Object.entries(place.opened)) {
    const details = document.querySelector(`details[data-keep="${CSS.escape(name)}"]`);
    if (details) details.open = isOpen;
  }
  for (const [name, top] of Object.entries(place.scrolled)) document.querySelector(`[data-keep="${CSS.escape(name)}"]`)?.scrollTo({ top });
}
