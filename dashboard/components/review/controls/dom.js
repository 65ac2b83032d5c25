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

/** A labeled menu. @param {string} label @param {string[][]} options value and text */
export function makeMenu(label, options, value, onChange) {
  const select = make("select", { "aria-label": label, onchange: () => onChange(select.value) });
  for (const [key, text] of options) select.append(make("option", { value: key }, text));
  select.value = value;
  return make("label.menu", {}, make("span", {}, label), select);
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
