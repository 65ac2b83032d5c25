/** The dialogs: numbers before a bulk decision, classes, keys. */

import { make, number, percent } from "./dom.js";
import { HELP } from "./keyboard.js";

/** A dialog inside the component; Escape closes it at once, so that the next key is the desk's. @param {ShadowRoot} root */
export function dialog(root, title, content, buttons) {
  const before = /** @type {HTMLElement|null} */ (root.activeElement);
  const box = make("dialog", { "aria-label": title, onclose: () => { box.remove(); before?.focus?.(); } },
    make("h3", {}, title), ...content, make("div.buttons", {}, ...buttons(() => box.close())));
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Escape") return;
    event.preventDefault(); // the browser's own closing comes a task later
    box.close();
  });
  root.append(box);
  box.showModal();
  return box;
}

/** Before everything that the line keeps is accepted.
 * @param {object} facts of the line @param {number} count what the server would accept now
 * @param {(isCapped: boolean) => Promise<number>} recount @param {(isCapped: boolean, count: number) => void} onYes */
export function askBulk(root, facts, count, recount, onYes) {
  const cut = `${facts.score} ${facts.score === "entropy" ? "at most" : "at least"} ${Object.values(facts.params)[0].toFixed(3)}`;
  const basis = facts.n ? `${percent(facts.error)} [${percent(facts.low)}, ${percent(facts.high)}], from ${number(facts.n)} calibration items`
    : "unknown: no calibration item is kept";
  const problem = make("p.problem", { role: "alert", hidden: true });
  const yes = make("button.primary", { autofocus: true, onclick: () => { box.close(); onYes(cap.checked, count); } });
  const show = () => {
    box.querySelector("h3").textContent = `Accept ${number(count)} images?`;
    box.setAttribute("aria-label", `Accept ${number(count)} images?`);
    yes.textContent = `Accept ${number(count)}`;
    yes.disabled = !count;
  };
  const ask = async () => {
    yes.disabled = true; // no number, no yes
    yes.textContent = "Counting …";
    const isCapped = cap.checked;
    try {
      const found = await recount(isCapped);
      if (isCapped !== cap.checked) return;
      count = found;
      problem.hidden = true;
      show();
    } catch (error) {
      Object.assign(problem, { hidden: false, textContent: error.message });
    }
  };
  const cap = make("input", { type: "checkbox", onchange: ask });
  const box = dialog(root, "", [
    make("p", {}, `Every undecided image with ${cut} takes the label that the model suggests. It is one decision; one undo takes it back.`),
    make("p", {}, "Estimated error: ", make("b", {}, basis), ". An estimate for this cut, not a promise."),
    make("label.check", {}, cap, "No class beyond twice its share of the labeled images: its least confident ones stay undecided."), problem,
  ], (close) => [make("button", { onclick: close }, "Cancel"), yes]);
  show();
}

/** Before everything above its own class's line is accepted. @param {object} params of the rule @param {number} count */
export function askClasses(root, params, count, onYes) {
  const own = Object.keys(params.thresholds).length;
  dialog(root, `Accept ${number(count)} images?`, [
    make("p", {}, `Every undecided image at or above the line of its suggested class (${number(own)} of their own, ${params.threshold.toFixed(3)} for the others). It is one decision; one undo takes it back.`),
  ], (close) => [
    make("button", { onclick: close }, "Cancel"),
    make("button.primary", { autofocus: true, disabled: !count, onclick: () => { close(); onYes(); } }, `Accept ${number(count)}`),
  ]);
}

const ASKED = { accept: "Accept", reject: "Reject", none: "Say “none of the classes” to", skip: "Skip", unsure: "Say “can't tell” to" };

/** The number spelled out before a verdict on everything that a filter matches.
 * @param {ShadowRoot} root @param {{verdict: string, name?: string, matching: number, open: number, filter: string}} asked
 * @param {(count: number, isOpenOnly: boolean) => void} onYes */
export function askAll(root, asked, onYes) {
  const { verdict, name, matching, open, filter } = asked;
  const verb = verdict === "relabel" ? `Label as ${name}:` : ASKED[verdict];
  const decided = matching - open;
  const overruled = decided ? [make("p", {}, make("b", {}, number(decided)), " of them are decided already; a verdict on all overrules these.")] : [];
  const yes = (count, isOpenOnly, text, isFirst) => (close) =>
    make(isFirst ? "button.primary" : "button", { autofocus: isFirst, onclick: () => { close(); onYes(count, isOpenOnly); } }, text);
  const buttons = [
    ...(decided ? [yes(matching, false, `All ${number(matching)}`, !open)] : []),
    ...(open ? [yes(open, true, decided ? `Only the ${number(open)} undecided` : `${verb} ${number(open)}`, true)] : []),
  ];
  dialog(root, `${verb} ${number(matching)} images?`, [
    make("p", {}, "Everything that the filter matches, on all pages: ", make("b", {}, filter), "."), ...overruled,
    make("p", {}, "It is one decision; one undo takes it back."),
  ], (close) => [make("button", { onclick: close }, "Cancel"), ...buttons.map((button) => button(close))]);
}

export function showKeys(root) {
  const rows = HELP.flatMap(([key, text]) => [make("kbd", {}, key), make("span", {}, text)]);
  dialog(root, "Keys", [make("div.help", {}, ...rows)], (close) => [
    make("button.primary", { autofocus: true, onclick: close }, "Close"),
  ]);
}

/** Type part of a class's name; Enter takes the first that matches. */
export function searchClass(root, classes, onPick) {
  const list = make("div.found", { role: "listbox", "aria-label": "Classes" });
  const input = make("input", { type: "search", placeholder: "part of the name", "aria-label": "Search a class", autofocus: true });
  const box = dialog(root, "Which class?", [input, list], (close) => [make("button", { onclick: close }, "Cancel")]);
  const pick = (label) => { box.close(); onPick(label); };
  const show = () => {
    const wanted = input.value.trim().toLowerCase();
    const found = classes.map((name, label) => ({ name, label })).filter(({ name }) => name.toLowerCase().includes(wanted));
    list.replaceChildren(...found.slice(0, 50).map(({ name, label }) =>
      make("button", { role: "option", "data-label": label, onclick: () => pick(label) }, name)));
    if (!found.length) list.replaceChildren(make("p", {}, "No class has this in its name."));
  };
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const first = list.querySelector("[data-label]");
    if (event.key === "Enter" && first) { event.preventDefault(); pick(Number(first.dataset.label)); }
  });
  show();
  input.focus();
}
