/**
 * For a screen on a wall (`?wall=1`): large type, no controls, the clock, what is open and what is overdue; it
 * follows by itself and is loaded anew every night, so that it runs for months.
 */

import { byId, el } from "./dom.mjs";

const CLOCK_MS = 1000;
/** Hour of the day at which nobody looks. */
const NIGHT = 4;
/** How long a page of the list is looked at, and how long it is waited for a server that is not well. */
const PAGE_MS = 15000;
const RETRY_MS = 300000;
/** Look again at the figures even where nothing is said to have changed. */
const LOOK_MS = 60000;
/** From here on a screen has four times the pixels and not four times the room. */
const LARGE_PX = 2600;

/** Whether the address asks for it. @param {string} query */
export function isWall(query) {
  return new URLSearchParams(query).get("wall") === "1";
}

/**
 * How many times as large as on a desk names and signs of the map are: as much as everything else there (wall.css).
 * @param {number} width of the screen, px
 */
export function wallTimes(width) {
  return width >= LARGE_PX ? 1.5 * 1.9 : 1.5;
}

/** Milliseconds to the next night. @param {Date} now */
export function toNight(now) {
  const night = new Date(now);
  night.setHours(NIGHT, 0, 0, 0);
  if (night <= now) night.setDate(night.getDate() + 1);
  return night.getTime() - now.getTime();
}

/**
 * Load the page anew once the server is well: a wall without a page has nobody who would press a key.
 * @param {() => Promise<boolean>} isWell @param {() => void} reload @param {(again: () => void) => void} later
 */
export async function renew(isWell, reload, later) {
  const well = await isWell().catch(() => false);
  if (well) reload();
  else later(() => renew(isWell, reload, later));
}

/**
 * Where a list stands next: a page farther with a row of the last one, at its end at the top again.
 * @param {{scrollTop: number, clientHeight: number, scrollHeight: number}} box @param {number} row px
 */
export function nextPage({ scrollTop, clientHeight, scrollHeight }, row) {
  return scrollTop + clientHeight >= scrollHeight - 4 ? 0 : scrollTop + Math.max(clientHeight - row, row);
}

/** @param {import("./app.mjs").App} app */
export function wireWall(app) {
  if (!isWall(location.search)) return;
  const { words, desk } = app;
  const clock = el("time", { class: "wall-clock" });
  const figures = el("ul", { class: "wall-figures" });
  const board = el("section", { class: "wall card", "aria-label": words.t("wall.label") }, el("h1", { text: app.city.name }), clock, figures);
  byId("map").after(board);
  const tick = () => {
    const locale = words.language === "en" ? "en-GB" : "zh-CN";
    clock.textContent = new Date().toLocaleString(locale, { month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  };
  const look = async () => {
    if (!desk?.rules) return;
    try {
      const asked = [{}, { overdue: "true" }, { severity: "3,4" }];
      const totals = await Promise.all(asked.map((one) => desk.calls.list({ status: "open", limit: 1, .../** @type {any} */ (one) })));
      const keys = ["wall.open", "wall.overdue", "wall.grave"];
      figures.replaceChildren(...totals.map(({ total }, i) => el("li", { data: { kind: keys[i].slice(5), n: String(total) } }, el("strong", { text: String(total) }), el("span", { text: words.t(keys[i]) }))));
    } catch {
      // The state of the feed says already that the server cannot be reached.
    }
  };
  setInterval(tick, CLOCK_MS);
  setInterval(look, LOOK_MS);
  setTimeout(() => renew(
    async () => (await fetch("/healthz", { cache: "no-store" })).ok,
    () => location.reload(),
    (again) => setTimeout(again, RETRY_MS),
  ), toNight(new Date()));
  setInterval(() => {
    const box = document.querySelector(".inc-scroll");
    const row = box?.querySelector("li")?.clientHeight ?? 0;
    if (box && row) box.scrollTop = nextPage(box, row);
  }, PAGE_MS);
  const others = app.fillPopovers;
  app.fillPopovers = () => {
    others();
    look();
    if (!desk?.rules) return;
    // Nobody sorts it here: what is gravest comes first, then the rest in its turn.
    if (desk.list) desk.list.filters.values.order = "-severity";
    desk.show();
  };
  if (desk) {
    const follow = desk.herald.tell.bind(desk.herald);
    desk.herald.tell = async (reported) => {
      await follow(reported);
      await look();
    };
  }
  tick();
}
