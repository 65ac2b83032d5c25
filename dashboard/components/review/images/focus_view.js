/** The focus view: one large image, what the model suggests and why, and the labeled images that look like it. */

import { MARKS, spoken } from "./tile.js";
import { make } from "../controls/dom.js";
import { Zoom } from "./zoom.js";

const AHEAD = 12;
const TOP = 3;
/** Letters of a class's name that fit on one line. */
const LONG = 28;

export class FocusView {
  /** @param {{api: import("../sync/api.js").Api, run: string, classes: string[], isSmall: boolean,
   *   onSwipe: (by: number) => void}} options */
  constructor(options) {
    this.options = options;
    this.zoom = new Zoom(options.isSmall, options.onSwipe);
    this.name = make("p.name");
    this.original = make("button", { onclick: () => this._showOriginal(), title: "The file itself, at its own size" }, "original");
    const isLong = options.classes.some((name) => name.length > LONG); // room for two lines, so that nothing below moves
    this.suggestion = make(isLong ? "div.suggestion.long" : "div.suggestion");
    this.state = make("div.state");
    this.bars = Array.from({ length: TOP }, () => make("div.bar", {}, make("i"), make("span"), make("b")));
    this.why = make("p.why");
    this.alike = make("div.alike", { role: "group", "aria-label": "Labeled images that look like it" });
    this.element = make("div.view", { hidden: true, role: "group", "aria-label": "One image", tabindex: "-1" }, make("div.focus", {},
      make("div.picture-side", {}, this.zoom.element, make("div.under", {}, this.zoom.buttons, this.original, this.name)),
      make("div.about", {}, this.suggestion, this.state, make("div.bars", {}, ...this.bars), this.why,
        make("small.label", {}, "labeled images most like it"), this.alike)));
  }

  /** @param {import("../state/card_page.js").Deck} deck */
  draw(deck) {
    const { card } = deck;
    const { api, classes } = this.options;
    if (card.id !== this.id) {
      this.id = card.id;
      this.zoom.show(api.image(card.id), card.id);
      this._askAlike(card.id);
      this.prefetch(deck);
    }
    this.zoom.image.alt = spoken(card, classes);
    this.suggestion.replaceChildren(make("small", {}, "suggested"), classes[card.suggestion]);
    const [mark, word] = MARKS[card.verdict] ?? ["", "undecided"];
    this.state.dataset.verdict = card.verdict;
    this.state.textContent = `${mark} ${word}${card.verdict === "relabel" && card.label !== null ? ` ${classes[card.label]}` : ""}`.trim();
    this.bars.forEach((bar, place) => this._bar(bar, card.top[place]));
    this.why.textContent = card.why;
    this.name.textContent = card.name;
    this.name.title = `${card.name} · image ${card.id}`;
  }

  _bar(bar, entry) {
    bar.hidden = !entry;
    if (!entry) return;
    const [label, share] = entry;
    bar.children[1].textContent = this.options.classes[label];
    bar.children[2].textContent = share.toFixed(3);
    bar.style.setProperty("--share", `${100 * share}%`);
  }

  /** The next images, so that they are there when they are wanted. */
  prefetch(deck) {
    const next = [...deck.cards.slice(deck.cursor + 1), ...(deck.next ?? [])].slice(0, AHEAD);
    for (const card of next) new Image().src = this.options.api.image(card.id);
  }

  /** Neighbors come when the hand rests on an image. */
  _askAlike(id) {
    clearTimeout(this.asking);
    this.alike.replaceChildren();
    this.asking = setTimeout(async () => {
      const { api, run, classes } = this.options;
      const found = await api.neighbors(run, id).catch(() => []);
      if (id !== this.id) return;
      this.alike.replaceChildren(...found.map((one) => {
        const said = `${classes[one.label]}, similarity ${one.similarity.toFixed(2)}`;
        const picture = make("div.edge", { role: "img", "aria-label": said });
        picture.style.backgroundImage = `url("${api.image(one.id)}")`;
        return make("div.alike-one", { title: said }, picture, make("small", {}, classes[one.label]));
      }));
    }, 150);
  }

  async _showOriginal() {
    const { api } = this.options;
    const { id } = this;
    const answer = await fetch(api.original(id), { credentials: "same-origin" }).catch(() => null);
    if (id !== this.id) return;
    if (answer?.ok) this.zoom.show(URL.createObjectURL(await answer.blob()), id);
    else this.name.textContent = (await answer?.json().catch(() => null))?.error ?? "Winnow does not answer.";
  }
}
