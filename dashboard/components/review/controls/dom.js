/** Small helpers for making elements; text is always set as text. */

/** @param {string} name tag, with classes after dots @param {object} attributes @param {...(Node|string)} children
 * @returns {any} the element, of the kind that its tag says */
export function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null) element.setAttribute(key, String(value));
  }
  element.append(...children);
  return element;
}

export const percent = (value, digits = 1) => (Number.isNaN(value) ? "unknown" : `${(100 * value).toFixed(digits)} %`);
export const number = (value) => Math.round(value).toLocaleString("en");

/** A menu. @param {string} label @param {string[][]} options value and text */
export function menu(label, options, value, onChange) {
  const select = make("select", { "aria-label": label, onchange: () => onChange(select.value) });
  for (const [key, text] of options) select.append(make("option", { value: key }, text));
  select.value = value;
  return make("label.menu", {}, make("span", {}, label), select);
}

/** Once what was drawn so far is on the screen; soon in a window that is not shown, where nothing is ever painted. */
export function painted() {
  return new Promise((done) => {
    const late = setTimeout(done, 100);
    requestAnimationFrame(() => setTimeout(() => { clearTimeout(late); done(); }));
  });
}
