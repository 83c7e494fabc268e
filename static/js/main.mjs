/** Everything is wired to the map that has been begun, and to the application. */

import { Corrections } from "./address/corrections.mjs";
import { App } from "./app.mjs";
import { api, begun, isNarrow, shell, words } from "./begin.mjs";
import { wireField } from "./field/mode.mjs";
import { makeSearch } from "./finding.mjs";
import { readHash, saysNothing } from "./hash.mjs";
import { IncidentDesk } from "./incidents/desk.mjs";
import { Keys } from "./keys.mjs";
import { Basemaps, basemapsOf } from "./map/basemaps.mjs";
import { MapView } from "./map/view.mjs";
import { wireMap } from "./map/wiring.mjs";
import { failurePane } from "./panel/panes.mjs";
import { fillPopovers, wireRail } from "./rail.mjs";
import { wireSeen } from "./seen.mjs";
import { wireTopics } from "./topics/wiring.mjs";
import { wireWall } from "./wall.mjs";
import { wireWork } from "./work/card.mjs";

const { version } = /** @type {Record<string, string>} */ (document.body.dataset);

start();

async function start() {
  try {
    await wire(await begun);
  } catch (error) {
    const actions = /** @type {any} */ ({ retry: () => location.reload() });
    shell.showPane(failurePane(error, { words, actions, title: words.t("error.city_title") }));
  }
}

/** @param {Awaited<typeof begun>} drawn */
async function wire({ city, palette, view, readout }) {
  const app = new App({ api, words, city, shell, view, readout });
  app.search = makeSearch(app);
  app.desk = new IncidentDesk(app);
  app.corrections = new Corrections(app);
  const place = readHash(location.hash);
  const basemaps = basemapsOf();
  if (view instanceof MapView && basemaps.length) {
    app.basemaps = new Basemaps(app, view, basemaps);
    app.basemaps.follow(place.basemap);
  }
  app.fillPopovers = () => fillPopovers(app, version);
  wireRail(app, palette);
  app.keys = new Keys(app);
  const { board } = wireTopics(app, palette, place.topic);
  const work = wireWork(app, board, place.shape);
  wireSeen(app);
  wireWall(app);
  wireField(app);
  app.fillPopovers();
  if (view instanceof MapView) wireMap(view, app);
  if (!app.followAddress(place) && !isNarrow()) {
    app.shell.setPanel(false);
    app.togglePanel();
  }
  app.desk.start();
  addEventListener("hashchange", () => {
    const place = readHash(location.hash); // before moving writes it anew
    const { centre, zoom, off } = place;
    if (saysNothing(place)) return app.writeAddress(); // some other anchor
    view.setHidden(off);
    board.follow(place.topic);
    work.follow(place.shape);
    if (place.basemap !== null) app.basemaps?.choose(place.basemap, false);
    app.fillPopovers();
    if (centre && zoom !== null) view.map?.jumpTo({ center: [centre.lon, centre.lat], zoom });
    if (!app.followAddress(place)) app.close();
    return undefined;
  });
  document.documentElement.dataset.ready = "";
}
