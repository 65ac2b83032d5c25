/** Verdict buttons below the images: verdicts, classes with their keys, undo. */

import { make } from "./dom.js";

/** @param {string[]} classes @param {(action: {action: string, label?: number}) => void} act @param {Node} last element at the right end */
export function verdictButtons(classes, act, last) {
  const button = (text, key, action, title) =>
    make("button", { title, "data-action": action.action, onclick: () => act(action) }, make("kbd", {}, key), text);
  const chips = classes.slice(0, 10).map((name, label) =>
    make("button.chip", { title: `This is ${name}`, onclick: () => act({ action: "relabel", label }) },
      make("kbd", {}, String((label + 1) % 10)), make("span", {}, name)));
  const more = button(classes.length > 10 ? `all ${classes.length} classes` : "search", "/", { action: "search" }, "Search a class");
  return make("div.panel", { role: "toolbar", "aria-label": "Decide" },
    make("div.verdicts", {},
      button("accept", "a", { action: "accept" }, "The suggestion is right"),
      button("reject", "x", { action: "reject" }, "It is not the suggested class"),
      button("none", "n", { action: "none" }, "It is none of the classes"),
      button("skip", "s", { action: "skip" }, "Decide later"),
      button("unsure", "u", { action: "unsure" }, "I cannot tell the class"),
      button("undo", "z", { action: "undo" }, "Undo the latest decision"),
      button("focus", "f", { action: "toggle" }, "Show one large image, or the grid"),
      button("keys", "?", { action: "help" }, "All keys"), last),
    make("div.chips", { "aria-label": "Another class" }, ...chips, more));
}
