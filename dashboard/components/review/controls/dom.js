/** Helpers to make elements; text is always set as text, never as HTML. */

/** @param {string} name tag, with classes after dots @param {object} attributes @param {...(Node|string)} children
 * @returns {any} the element, of the type of its tag */
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

/** Format a proportion as percent; NaN as "unknown". */
export const formatPercent = (value, digits = 1) => (Number.isNaN(value) ? "unknown" : `${(100 * value).toFixed(digits)} %`);
/** Format a whole number with thousands separators. */
export const formatNumber = (value) => Math.round(value).toLocaleString("en");

/** A labeled menu. @param {string} label @param {any[][]} options see fillMenu */
export function makeMenu(label, options, value, onChange) {
  const showWhole = () => { select.title = select.selectedOptions[0]?.textContent ?? ""; }; // where it is cut
  const select = make("select", { "aria-label": label, onchange: () => onChange(select.value), onpointerenter: showWhole, onfocus: showWhole });
  fillMenu(select, options);
  select.value = value;
  return make("label.menu", {}, make("span", {}, label), select);
}

/** Offer options; the chosen one stays. @param {HTMLSelectElement} select
 * @param {any[][]} options value and text, or the name of a group and its options */
export function fillMenu(select, options) {
  const { value } = select;
  const option = ([key, text]) => make("option", { value: key }, text);
  select.replaceChildren(...options.map(([key, text]) => (Array.isArray(text) ? make("optgroup", { label: key }, ...text.map(option)) : option([key, text]))));
  select.value = value;
}

/** Set a canvas to a size in CSS pixels and return its context, scaled to the screen.
 * @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
export function resizeCanvas(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Resolves once everything drawn so far is painted; after 100 ms in a hidden window, which is never painted. */
export function afterPaint() {
  return new Promise((done) => {
    const late = setTimeout(done, 100);
    requestAnimationFrame(() => setTimeout(() => { clearTimeout(late); done(); }));
  });
}
