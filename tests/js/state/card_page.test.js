import assert from "node:assert/strict";
import test from "node:test";

import { CardPage } from "../../../dashboard/components/review/state/card_page.js";
import { FakeApi, loadedPage, decide } from "./fake_api.js";

test("after a decision the cursor is on the next undecided card", async () => {
  const { cardPage } = await loadedPage(10);
  cardPage.apply([{ id: 1001, verdict: "accept", label: 1 }]);
  assert.equal(decide(cardPage, "accept"), true);
  assert.equal(cardPage.cursor, 2);
});

test("at the end of a page the cursor goes back to what was left open", async () => {
  const { cardPage } = await loadedPage(3);
  cardPage.cursor = 2;
  assert.equal(decide(cardPage, "accept"), true);
  assert.equal(cardPage.cursor, 0);
});

test("skipping a whole page leads on to the next one", async () => {
  const { cardPage } = await loadedPage(100, { show: "undecided" });
  for (let index = 0; index < 47; index++) assert.equal(decide(cardPage, "skip"), true);
  assert.equal(decide(cardPage, "skip"), false);
});

test("the skipped ones can be gone through one by one", async () => {
  const { api, cardPage } = await loadedPage(5);
  for (const card of api.cards) card.verdict = "skip";
  await cardPage.changeQuery({ show: "skip" });
  assert.equal(decide(cardPage, "accept"), true);
  assert.equal(cardPage.cursor, 1);
});

test("the next page is prefetched and shown without asking", async () => {
  const { api, cardPage } = await loadedPage(100);
  const before = api.asked.length;
  await cardPage.forward();
  assert.equal(cardPage.cards[0].rank, 48);
  assert.deepEqual(api.asked.slice(before), [{ start: 96, direction: "next" }]);
});

test("a prefetched page is not shown once something else was decided on it", async () => {
  const { api, cardPage } = await loadedPage(100);
  api.cards[48].verdict = "bulk_accept";
  cardPage.dropPrefetched();
  await cardPage.forward();
  assert.equal(cardPage.cards[0].verdict, "bulk_accept");
});

test("going back by an arrow ends on the last card of the page before", async () => {
  const { cardPage } = await loadedPage(100);
  await cardPage.forward();
  await cardPage.back("end");
  assert.deepEqual([cardPage.cards[0].rank, cardPage.card.rank], [0, 47]);
});

test("the cursor returns to the image in the URL", async () => {
  const { cardPage } = await loadedPage(100, { show: "all", rank: "48", image: "1050" });
  assert.equal(cardPage.card.id, 1050);
});

test("a late response to an old request is not shown", async () => {
  const { api, cardPage } = await loadedPage(100);
  const answer = api.page.bind(api);
  api.page = async (query) => {
    if (query.show === "skip") await new Promise((resolve) => setTimeout(resolve, 20));
    return answer(query);
  };
  const late = cardPage.changeQuery({ show: "skip" });
  await cardPage.changeQuery({ show: "all" });
  await late;
  assert.equal(cardPage.cards.length, 48);
});

test("past the end of the ranking the queue begins again with what was left, once", async () => {
  const { api, cardPage } = await loadedPage(60, { show: "undecided" });
  await cardPage.forward();
  assert.equal(cardPage.cards[0].rank, 48);
  for (const card of api.cards) if (card.rank !== 5) card.verdict = "accept";
  cardPage.dropPrefetched();
  await cardPage.forward();
  assert.deepEqual(cardPage.cards.map((card) => card.rank), [5]);
  api.cards[5].verdict = "accept";
  cardPage.dropPrefetched();
  const before = api.asked.length;
  await cardPage.forward();
  assert.deepEqual(cardPage.cards, []);
  assert.deepEqual(api.asked.slice(before), [{ start: 6, direction: "next" }, { start: 0, direction: "next" }]);
});

test("the page before ends where this one begins, and before the first there is none", async () => {
  const { api, cardPage } = await loadedPage(100);
  await cardPage.forward();
  await cardPage.back();
  assert.deepEqual([cardPage.cards[0].rank, cardPage.cards.at(-1).rank, cardPage.cursor], [0, 47, 0]);
  const before = api.asked.length;
  await cardPage.back();
  assert.equal(api.asked.length, before);
});

test("a queue of undecided images is done when its page is; a queue of all images never is", async () => {
  for (const [show, isAllDecided] of [["undecided", true], ["all", false]]) {
    const { cardPage } = await loadedPage(3, { show });
    assert.equal(cardPage.isAllDecided, false);
    for (const card of cardPage.cards) card.verdict = "accept";
    assert.equal(cardPage.isAllDecided, isAllDecided);
  }
});

test("a visit to one image returns to the page, the cursor and what was decided meanwhile", async () => {
  const { api, cardPage } = await loadedPage(100);
  api.card = async (id) => ({ ...api.cards.find((card) => card.id === id) });
  cardPage.cursor = 7;
  await cardPage.visit(1090);
  assert.deepEqual([cardPage.cards.length, cardPage.card.id], [1, 1090]);
  cardPage.apply([{ id: 1007, verdict: "reject", label: 1 }]);
  await cardPage.forward();
  assert.deepEqual([cardPage.cards.length, cardPage.cursor, cardPage.card.verdict], [48, 7, "reject"]);
  await cardPage.visit(1003);
  assert.deepEqual([cardPage.cards.length, cardPage.cursor], [48, 3]);
});

test("a drawn queue is requested by its draw, and a decision records where its image was shown", async () => {
  const api = new FakeApi(60);
  const asked = [];
  const whole = api.page.bind(api);
  api.page = async (query) => { asked.push(query.drawn); return { ...(await whole(query)), drawn: query.ranking === "mixed" ? 7 : null }; };
  const cardPage = new CardPage(api, { show: "all", ranking: "mixed", eta: "0.5" });
  await cardPage.load(0);
  assert.deepEqual(cardPage.logParams(cardPage.card), { ranking: "mixed", rank: 0, eta: 0.5, drawn: 7 });
  assert.deepEqual(asked, ["", 7]); // the page fetched ahead is of the same draw
  await cardPage.changeQuery({ eta: "0.7" });
  assert.equal(asked[2], "");
  await cardPage.changeQuery({ ranking: "entropy" });
  assert.deepEqual(cardPage.logParams(cardPage.card), { ranking: "entropy", rank: 0 });
});

test("a decision on this page keeps the prefetched page; a later one fetches it again", async () => {
  const { api, cardPage } = await loadedPage(100);
  assert.deepEqual([cardPage.isAfterPage(47), cardPage.isAfterPage(48), cardPage.isAfterPage(undefined)], [false, true, true]);
  const before = api.asked.length;
  cardPage.prefetch();
  assert.deepEqual(api.asked.slice(before), [{ start: 48, direction: "next" }]);
  api.cards[48].verdict = "bulk_accept"; // fetched before that: what is known meanwhile is written on it
  await cardPage.prefetched.page;
  cardPage.apply([{ id: 1048, verdict: "bulk_accept", label: 0 }]);
  await cardPage.forward();
  assert.equal(cardPage.cards[0].verdict, "bulk_accept");
});

test("a prefetched page that arrives late does not replace a newer one", async () => {
  const { api, cardPage } = await loadedPage(100);
  const prefetched = [];
  cardPage.onPrefetched = (cards) => prefetched.push(cards[0].verdict);
  const slow = [];
  const quick = api.page.bind(api);
  api.page = (query) => new Promise((done) => slow.push(async () => done(await quick(query))));
  cardPage.prefetch();
  cardPage.prefetch();
  api.cards[48].verdict = "accept";
  await slow[1]();
  await cardPage.prefetched.page;
  api.cards[48].verdict = "reject";
  await slow[0]();
  await Promise.resolve();
  assert.deepEqual([prefetched, cardPage.nextCards[0].verdict], [["accept"], "accept"]);
});

test("decided images can be reviewed again one by one, to the end of the page", async () => {
  const { api, cardPage } = await loadedPage(4);
  for (const card of api.cards) card.verdict = "accept";
  await cardPage.changeQuery({ show: "accept" });
  assert.deepEqual([decide(cardPage, "reject"), cardPage.cursor], [true, 1]);
  assert.deepEqual([decide(cardPage, "accept"), cardPage.cursor], [true, 2]);
  cardPage.cursor = 3;
  assert.equal(decide(cardPage, "accept"), false);
  await cardPage.changeQuery({ show: "undecided" });
  assert.equal(cardPage.cards.length, 0);
});

test("a page that was requested earlier does not replace a newer one", async () => {
  const { api, cardPage } = await loadedPage(200);
  const page = api.page.bind(api);
  let arrive;
  api.page = (query) => new Promise((done) => { arrive = () => done(page(query)); });
  const slow = cardPage.load(0);
  const late = arrive;
  await cardPage.forward(); // fetched ahead
  late();
  await slow;
  assert.equal(cardPage.start, 48);
});

test("a reload leaves the cursor on its image, also when it was moved meanwhile", async () => {
  const { cardPage } = await loadedPage(100);
  const again = cardPage.reload();
  cardPage.move(7, false);
  await again;
  assert.deepEqual([cardPage.start, cardPage.card.id], [0, 1007]);
});

test("the address and the log name the image that a queue of likeness compares with", async () => {
  const { cardPage } = await loadedPage(5);
  await cardPage.changeQuery({ ranking: "similar", like: 1003 });
  assert.deepEqual([cardPage.urlState.ranking, cardPage.urlState.like], ["similar", "1003"]);
  assert.equal(cardPage.logParams(cardPage.card).like, 1003);
  await cardPage.changeQuery({ ranking: "entropy" });
  assert.equal(cardPage.urlState.like, "");
  assert.ok(!("like" in cardPage.logParams(cardPage.card)));
});

test("the address and the log name the words that a queue compares with; words that fail change nothing", async () => {
  const { cardPage } = await loadedPage(5);
  await cardPage.changeQuery({ ranking: "similar", words: "red car" });
  assert.deepEqual([cardPage.urlState.words, cardPage.urlState.like], ["red car", ""]);
  assert.equal(cardPage.logParams(cardPage.card).words, "red car");
  await cardPage.changeQuery({ ranking: "margin" });
  assert.ok(!("words" in cardPage.logParams(cardPage.card)));
  cardPage.api = { ...cardPage.api, page: () => Promise.reject(new Error("no text tower")) };
  await assert.rejects(cardPage.changeQuery({ ranking: "similar", words: "blue" }), /no text tower/);
  assert.deepEqual([cardPage.query.ranking, cardPage.query.words], ["margin", ""]);
});

test("a stack of near duplicates is selected whole, and an image alone is not", async () => {
  const { cardPage } = await loadedPage(5);
  [cardPage.cards[1].stack, cardPage.cards[2].stack] = [0, 0];
  cardPage.cursor = 1;
  cardPage.selectStack();
  assert.deepEqual([...cardPage.selected], [1001, 1002]);
  cardPage.clearSelection();
  cardPage.cursor = 4;
  cardPage.selectStack();
  assert.equal(cardPage.selected.size, 0);
});

test("a queue that is being drawn again is not drawn once more for its counts", async () => {
  const { api, cardPage } = await loadedPage(100, { ranking: "badge" });
  cardPage.query.drawn = "7";
  let before = api.asked.length;
  await cardPage.recount();
  assert.equal(api.asked.length, before + 1);
  cardPage.query.drawn = "";
  before = api.asked.length;
  await cardPage.recount();
  assert.equal(api.asked.length, before);
});

test("what was fetched ahead of another version is dropped", async () => {
  const { api, cardPage } = await loadedPage(100);
  let answer;
  api.page = () => new Promise((resolve) => { answer = resolve; });
  cardPage.restart();
  assert.equal(cardPage.prefetched, null);
  answer({ cards: [], total: 0, matching: 0, open: 0 });
});
