/** Whether the page follows what happens, in a dot and a word. */

import { byId, el } from "../dom.mjs";

const WORDS = /** @type {Record<import("./feed.mjs").FeedState, string>} */ ({
  connecting: "feed.connecting",
  live: "feed.live",
  reconnecting: "feed.reconnecting",
  polling: "feed.polling",
  signed_out: "feed.signed_out",
});

/** @param {import("./feed.mjs").FeedState} state @param {import("../i18n.mjs").Words} words */
export function tellState(state, words) {
  const box = byId("feed-state");
  box.dataset.state = state;
  box.replaceChildren(el("i", { "aria-hidden": "true" }), el("span", { text: words.t(WORDS[state]) }));
}
