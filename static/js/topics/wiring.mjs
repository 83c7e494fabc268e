/** Topics in the page: card, legend, bar of time, statistics, and the second map beside the first. */

import { byId } from "../dom.mjs";
import { Board } from "./board.mjs";
import { Drawer } from "./drawer.mjs";
import { topicForm } from "./form.mjs";
import { legendCard } from "./legend.mjs";
import { Swipe } from "./swipe.mjs";
import { TimeBar } from "./timebar.mjs";

/** @param {import("../app.mjs").App} app @param {any} palette @param {string} first what the address names */
export function wireTopics(app, palette, first) {
  const board = new Board(app, palette);
  const drawer = new Drawer(board);
  const legend = byId("legend");
  const fill = () => {
    const held = document.activeElement;
    const name = byId("topics-body").contains(held) ? /** @type {any} */ (held).name : "";
    byId("topics-body").replaceChildren(...topicForm(board));
    if (name) /** @type {HTMLElement|null} */ (byId("topics-body").querySelector(`[name="${name}"]${name === "topic-kind" ? ":checked" : ""}`))?.focus();
    tell();
  };
  // Heat has no grids: what it shows, for whoever does not see it, is how many there are on how much ground.
  const table = async () => {
    if (board.figures?.form === "grids") return drawer.toggle();
    await board.change({ kind: "rates", measure: "per_km2" });
    return board.wrong ? undefined : drawer.open();
  };
  const tell = () => {
    legend.hidden = !board.topic;
    if (board.topic) legend.replaceChildren(...legendCard(board, { table }));
    byId("open-topics").dataset.on = String(Boolean(board.topic));
    document.documentElement.dataset.topic = board.busy ? "busy" : board.topic ? "drawn" : "";
  };
  board.listeners.push(fill);
  new TimeBar(board);
  if (app.view.map) {
    new Swipe(board);
    let far = false;
    app.view.map.on("zoomend", () => {
      const level = app.city.levels.find((/** @type {any} */ one) => one.id === board.figures?.level);
      const now = Boolean(level && app.view.map.getZoom() < level.min_zoom);
      if (now !== far) tell();
      far = now;
    });
  }
  const others = app.fillPopovers;
  let begun = false;
  app.fillPopovers = () => {
    others();
    // Titles want the names of hazards.
    if (app.desk?.rules && !begun) {
      begun = true;
      board.follow(first);
    }
    fill();
  };
  fill();
  // What could not be drawn for want of the server is tried again when it is back.
  app.desk?.heard.push((state) => board.wrong?.passes && ["live", "polling"].includes(state) && board.redraw());
  app.keys?.add("h", "keys.topics", () => byId("open-topics").click());
  app.keys?.add("s", "keys.drawer", () => (board.figures?.form === "grids" ? drawer.toggle() : app.shell.toast(app.words.t("topic.no_table"))));
  app.keys?.add("[", "keys.earlier", () => step(-1));
  app.keys?.add("]", "keys.later", () => step(1));
  /** @param {number} by */
  const step = (by) => {
    const { months, topic } = board;
    if (!topic || !months.length) return undefined;
    const at = (topic.month ? months.indexOf(topic.month) + 1 : 0) + by;
    return board.change({ month: months[Math.min(Math.max(at, 0), months.length) - 1] ?? "" });
  };
  return { board, drawer };
}
