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

/** What the map cannot show, counted in its corner: incidents without a point, and those outside of the city. @param {import("./desk.mjs").IncidentDesk} desk */
async function tellLost(desk) {
  const { words, calls } = desk;
  const kinds = /** @type {const} */ (["unlocated", "outside"]);
  const totals = await Promise.all(kinds.map((one) => calls.list({ status: "open", location_status: one, limit: 1 })));
  byId("lost").replaceChildren(...kinds.map((one, i) => el("button", {
    type: "button", class: "lost", data: { lost: one, n: String(totals[i].total) }, title: words.t(`lost.title.${one}`),
    text: words.t("lost.count", { what: words.t(`lost.${one}`), n: totals[i].total }),
    on: { click: () => {
      desk.turn("list");
      desk.list?.filters.lost(one);
      desk.show();
    } },
  })));
}

/** How many are open, and how many of them the map cannot show. @param {import("./desk.mjs").IncidentDesk} desk */
export async function tellCounts(desk) {
  try {
    const { total } = await desk.calls.list({ status: "open", limit: 1 });
    desk.list?.setOpenTotal(total);
    byId("incident-count").textContent = String(total);
    await tellLost(desk);
  } catch {
    // The state of the feed says already that the server cannot be reached.
  }
}
