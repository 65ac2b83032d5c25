/** Trace "Accept all" in the review component: print the calls from each of its two clicks, and the command that is sent.
 *
 * The real modules run on elements without a browser; V8 names the calls under way. Run by test_hops.py. */

const COMPONENT = new URL("../../dashboard/components/review/", import.meta.url);
Error.stackTraceLimit = Infinity;

class FakeElement {
  constructor() {
    Object.assign(this, { listeners: {}, children: [], classList: { add() {}, toggle() {} }, dataset: {}, style: { setProperty() {} } });
  }
  addEventListener(name, listener) { this.listeners[name] = listener; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  querySelector() { return new FakeElement(); }
  showModal() { this.root.dialog = this; }
  setAttribute() {}
  close() {}
  click() { this.listeners.click({}); }
}

const root = { activeElement: null, append(box) { box.root = root; } };
const storage = { length: 0, getItem: () => null, setItem() {}, removeItem() {} };
const BroadcastChannel = class { postMessage() {} };
Object.assign(globalThis, { BroadcastChannel, document: { createElement: () => new FakeElement() }, window: { localStorage: storage, location: { search: "" } } });

/** The calls under way in the component, the outermost first, each as file and function. */
function callsUnderWay() {
  const lines = new Error().stack.split("\n").filter((line) => line.includes(COMPONENT.href));
  return lines.reverse().map((line) => {
    const [, name = "", place] = /at (?:async )?(?:(.*) \()?(file:[^)]*?):\d+:\d+\)?$/.exec(line);
    return [place.slice(COMPONENT.href.length), name.split(" ")[0].split(".").at(-1) || "listener"];
  });
}

const load = (name) => import(new URL(name, COMPONENT).href);
const { BulkConfirm } = await load("controls/bulk_confirm.js");
const { Notice } = await load("controls/status.js");
const { makeHandlers } = await load("handlers.js");
const { Api } = await load("sync/api.js");
const { Commands } = await load("sync/commands.js");
const { SelectionSummary } = await load("threshold/selection_summary.js");

const data = { project: "p", run: "r", fingerprint: "0123456789", classes: ["a", "b"] };
const reviewer = { name: "me" };
const cardPage = { clearSelection() {}, apply() {}, prefetch() {} };
const api = new Api(data, reviewer);
const commands = new Commands({ api, cardPage, data, reviewer, onState() {}, onDecided() {}, onQueued() {}, onResponse() {} });
const counts = { error: 0.1, low: 0, high: 0.2, n: 9 };
const pair = { data: { score: "confidence" }, value: 0.9, counts, rule: { rule: "fixed_threshold", params: { threshold: 0.9 } } };
const threshold = { pair, load: async () => {}, toggle() {} };
const app = { notice: new Notice(), bulkConfirm: new BulkConfirm({ root, api, classes: data.classes, cardPage, commands, threshold }) };
const summary = new SelectionSummary({ classes: data.classes, onBulkAccept: makeHandlers(app).bulkAccept, onReview() {} });

const found = {};
const sent = new Promise((done) => {
  globalThis.fetch = async (url, request) => {
    if (url.endsWith("/commands")) done(Object.assign(found, { confirm: callsUnderWay(), command: JSON.parse(request.body).commands[0] }));
    return { ok: true, headers: new Map([["content-type", "application/json"]]), json: async () => ({ count: 5, outcomes: [], changed: [] }) };
  };
});
const flush = commands.outbox.flush;
commands.outbox.flush = async () => { found.click = callsUnderWay(); };
summary.accept.click();
while (!root.dialog) await new Promise((next) => { setTimeout(next); });
commands.outbox.flush = flush;
root.dialog.children.at(-1).children.at(-1).click();
console.log(JSON.stringify(await sent));
process.exit(0);
