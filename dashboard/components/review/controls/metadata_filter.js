/** Filter and order by metadata: one column at a time, whose values or range are asked for when it is chosen. */

import { addCondition } from "../state/query.js";
import { formatNumber, make } from "./dom.js";

/** Different texts up to which a menu lists all of them. */
const MOST_LISTED = 50;
const WAYS = [["ascending", "lowest first"], ["descending", "highest first"]];

export class MetadataFilter {
  /** @param {{columns: string[], load: () => Promise<{columns: any[]}>, query: () => Record<string, string>,
   *   onChange: (part: object) => void}} options */
  constructor({ columns, load, query, onChange }) {
    this.load = load;
    this.query = query;
    this.onChange = onChange;
    /** @type {Promise<{columns: any[]}>|null} */
    this.loading = null;
    this.values = make("div.metadata-values");
    this.select = make("select", { "aria-label": "Metadata column", onchange: () => this._choose() },
      make("option", { value: "" }, "column"), ...columns.map((name) => make("option", { value: name }, name)));
    this.element = make("div.metadata-filter", { hidden: !columns.length }, make("label.menu", {}, make("span", {}, "Metadata"), this.select), this.values);
  }

  async _choose() {
    const name = this.select.value;
    this.values.replaceChildren(name ? "…" : "");
    if (!name) return;
    try {
      this.loading ??= this.load();
      const column = (await this.loading).columns.find((one) => one.name === name);
      if (name === this.select.value) this.values.replaceChildren(...this._controls(column));
    } catch (error) {
      this.loading = null;
      this.values.replaceChildren(error.message);
    }
  }

  /** @param {any} column as the server describes it */
  _controls(column) {
    const order = make("div.menu", {}, make("span", {}, "Order"), ...WAYS.map(([way, text]) =>
      make("button", { onclick: () => this.onChange({ ranking: `${way}:${column.name}` }) }, text)));
    const isListed = column.low === "" && column.num_values <= MOST_LISTED;
    const missing = column.num_missing && !isListed ? [make("button", { onclick: () => this._filter(column, "") }, `no value (${formatNumber(column.num_missing)})`)] : [];
    return [this._value(column), ...missing, order];
  }

  _value(column) {
    if (column.low !== "") return this._range(column);
    if (column.num_values > MOST_LISTED) return this._text(column);
    const missing = column.num_missing ? [make("option", { value: "=" }, `no value (${formatNumber(column.num_missing)})`)] : [];
    const menu = make("select", { "aria-label": `Value of ${column.name}`, onchange: () => menu.value && this._filter(column, menu.value.slice(1)) },
      make("option", { value: "" }, "value"), ...column.top.map(([value, count]) => make("option", { value: `=${value}` }, `${value} (${formatNumber(count)})`)), ...missing);
    return make("label.menu", {}, make("span", {}, "Value"), menu);
  }

  _text(column) {
    const input = make("input", { type: "text", list: "metadata-texts", "aria-label": `Value of ${column.name}`, onchange: () => input.value && this._filter(column, input.value) });
    const list = make("datalist", { id: "metadata-texts" }, ...column.top.map(([value]) => make("option", { value })));
    return make("label.menu", {}, make("span", {}, `Value (of ${formatNumber(column.num_values)})`), input, list);
  }

  _range(column) {
    const [from, to] = [["from", column.low], ["to", column.high]].map(([name, end]) =>
      make("input", { type: "text", placeholder: end, "aria-label": `${column.name} ${name}` }));
    const apply = () => (from.value.trim() || to.value.trim()) && this._filter(column, `${from.value.trim()}..${to.value.trim()}`);
    return make("form.menu", { onsubmit: (event) => { event.preventDefault(); apply(); } }, from, make("span", {}, "to"), to, make("button", { type: "submit" }, "filter"));
  }

  _filter(column, value) {
    this.onChange({ metadata: addCondition(this.query().metadata, column.name, value) });
  }
}
