/** Streamlit's "Connection error": closed as soon as it opens, because keys go on and decisions wait in the browser. */

const TITLE = "Connection error";

/** Close the dialog whenever Streamlit opens it; a MutationObserver runs before it is painted. @param {AbortSignal} signal ends it */
export function closeConnectionDialog(signal) {
  const observer = new MutationObserver(() => {
    const box = [...document.querySelectorAll("[role=dialog]")].find((one) => one.querySelector("[slot=title]")?.textContent === TITLE);
    const button = /** @type {HTMLElement|null|undefined} */ (box?.querySelector("button"));
    button?.click(); // Streamlit then keeps it closed until it has been connected again
  });
  observer.observe(document.body, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
}
