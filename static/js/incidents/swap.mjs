/** Show a pane anew without taking anything from whoever is using it. */

/**
 * Put a new pane in place of the old one. Focus, selection and scroll position stay where they were,
 * on the control of the same name; where there is none any more, or it takes none, the focus goes to what
 * has to be chosen now, or to the title.
 * @param {HTMLElement} holder @param {HTMLElement} pane
 * @param {boolean} top whether something else is shown now: then it begins at its top
 */
export function swap(holder, pane, top) {
  const held = holder.contains(document.activeElement) ? /** @type {any} */ (document.activeElement) : null;
  const name = held?.getAttribute("name");
  const value = held?.type === "radio" ? held.value : null;
  const selection = held && "selectionStart" in held ? [held.selectionStart, held.selectionEnd] : null;
  const { scrollTop } = holder;
  const height = held?.tagName === "TEXTAREA" ? held.style.height : "";
  holder.replaceChildren(pane);
  holder.scrollTop = top ? 0 : scrollTop;
  if (!held) return;
  const again = name && [...holder.querySelectorAll("[name]")].find((one) =>
    one.getAttribute("name") === name && (value === null || /** @type {any} */ (one).value === value));
  if (!again || /** @type {any} */ (again).disabled) {
    const next = [".choice input:checked", ".choice input", '.choice [name="cancel"]', ".pane-title[tabindex]"];
    const there = next.map((one) => holder.querySelector(one)).find(Boolean);
    /** @type {HTMLElement|undefined|null} */ (there)?.focus({ preventScroll: true });
    return;
  }
  const control = /** @type {any} */ (again);
  if (height) control.style.height = height;
  control.focus({ preventScroll: true });
  if (selection && selection[0] !== null) control.setSelectionRange(...selection);
}
