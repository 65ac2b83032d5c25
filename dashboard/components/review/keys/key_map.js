/** Key map: which letter or sign does which action, as this person has set it; the browser keeps what differs. No DOM.
 *
 * Enter, Backspace, Escape, arrows, page keys and digits cannot be changed, so that nobody locks themselves out. */

/** The letter or sign of each action until another is set. @type {Record<string, string>} */
export const USUAL_KEYS = {
  accept: "a", reject: "x", none: "n", skip: "s", unsure: "u", undo: "z", toggle: "f", refresh: "r", similar: "m", guide: "e",
  compare: "c", note: "w", flag: "h", hide: "d", selectStack: "g", help: "?", search: "/", newClass: "+",
};
const STORED = "winnow-review-keys";

export class KeyMap {
  /** @param {Pick<Storage, "getItem"|"setItem"|"removeItem">|null} storage null keeps nothing */
  constructor(storage = null) {
    this.storage = storage;
    this.keys = completed(stored(storage));
  }

  /** @param {string} action @returns {string} its key; "" where it has none */
  keyOf(action) {
    return this.keys[action] ?? "";
  }

  /** @param {string} key of a keyboard event @returns {string|null} */
  actionOf(key) {
    return Object.keys(this.keys).find((action) => this.keys[action] === key.toLowerCase()) ?? null;
  }

  /** The other action that a key does already; null where it is free. @param {string} action @param {string} key */
  takenBy(action, key) {
    const other = this.actionOf(key);
    return other === action ? null : other;
  }

  /** Give an action a key; the action that had it gets the one that becomes free. @param {string} action @param {string} key */
  set(action, key) {
    const other = this.takenBy(action, key);
    if (other) this.keys[other] = this.keys[action];
    this.keys[action] = key.toLowerCase();
    this._store();
  }

  reset() {
    this.keys = { ...USUAL_KEYS };
    this._store();
  }

  _store() {
    const own = Object.entries(this.keys).filter(([action, key]) => key !== USUAL_KEYS[action]);
    try {
      if (own.length) this.storage?.setItem(STORED, JSON.stringify(Object.fromEntries(own)));
      else this.storage?.removeItem(STORED);
    } catch (error) {
      console.warn(`This browser does not store your keys (${error.message}); they hold until the page is closed.`);
    }
  }
}

/** Why a key cannot be an action's key, a sentence; "" where it can. @param {string} key of a keyboard event */
export function keyProblem(key) {
  if (/^[0-9]$/.test(key)) return "Digits are the keys of the classes: press a letter or a sign.";
  return [...key].length === 1 && key.trim() ? "" : "This key cannot be set: press a letter or a sign.";
}

/** The keys that differ, as stored; none where they are damaged or two actions would share a key.
 * @param {Pick<Storage, "getItem">|null} storage @returns {Record<string, string>} */
function stored(storage) {
  try {
    const own = JSON.parse(storage?.getItem(STORED) ?? "{}");
    const isRight = Object.entries(own).every(([action, key]) => action in USUAL_KEYS && typeof key === "string" && !keyProblem(key));
    const keys = Object.values(own);
    return isRight && new Set(keys).size === keys.length ? own : {};
  } catch {
    return {};
  }
}

/** The keys of all actions. An action whose usual key a person gave to another, before this action was there, gets one that
 * is free by that. @param {Record<string, string>} own the keys that differ @returns {Record<string, string>} */
function completed(own) {
  const keys = { ...USUAL_KEYS, ...own }, taken = new Set(Object.values(own));
  const free = Object.keys(own).map((action) => USUAL_KEYS[action]).filter((key) => !taken.has(key));
  for (const action of Object.keys(keys)) if (!(action in own) && taken.has(keys[action])) keys[action] = String(free.pop());
  return keys;
}
