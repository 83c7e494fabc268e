/** The map as the application sees it: show a point, mark grids, move; no words, no answers. */

import { byId, stillness } from "../dom.mjs";
import { apart, hitAt } from "../incidents/hits.mjs";
import { INCIDENT, INCIDENTS } from "../incidents/layer.mjs";
import { boxesOn, dodge, paddingOf } from "./clear.mjs";
import { Hover } from "./hover.mjs";
import { addImage } from "./images.mjs";
import { numberMark, pin } from "./pin.mjs";
import { levelScales, metresPerPixel } from "./scale.mjs";
import { markAll } from "./selection.mjs";
import { FOCUS, SOURCE } from "./source.mjs";
import { buildStyle, NOTHING } from "./style.mjs";
import { WORK } from "../work/layer.mjs";

const MOVE_MS = 150;
const MARGIN_PX = 56;
const MAX_ZOOM = 19;
/** So long incidents wait for the first picture of the map, at most: made together, both come later. */
const FIRST_MS = 4000;

/** @typedef {{lon: number, lat: number}} Point */
/** @typedef {{level: string, code: string}} GridKey */

export class MapView {
  /**
   * A map of which nothing is drawn before the first `restyle`.
   * @param {any} maplibregl
   * @param {{container: HTMLElement, city: any, tilesUrl: string, moved?: import("./moved.mjs").Moved|null, palette: any, theme: string,
   *   camera: any, off: string[], times?: number, locale: Record<string, string>, covered: (all: boolean) => DOMRect[]}} options
   *   `off` levels, overlays and bases that are not shown; `times` as large as on a desk; `covered` tells which boxes stand over the map for good, or all of them
   */
  constructor(maplibregl, { container, city, tilesUrl, moved = null, palette, theme, camera, off, times = 1, locale, covered }) {
    this.city = city;
    this.tilesUrl = tilesUrl;
    this.palette = palette;
    this.covered = covered;
    this.levels = levelScales(city, times);
    /** @type {import("./style.mjs").Look} */
    this.look = {
      theme,
      colours: palette.themes[theme].map,
      night: palette.themes.dark.map,
      fonts: palette.type.map,
      times,
      hidden: new Set(off),
      drawn: null,
      basemap: null,
      work: NOTHING,
      focus: NOTHING,
      sketch: null,
      incidents: NOTHING,
      incident: NOTHING,
    };
    /** @type {{layer: string, id: string, state: string}[]} */
    this.marked = [];
    this.numbers = /** @type {any[]} */ ([]);
    /** What shows the same over a part of it. @type {{map: any, isReady: boolean, restyle: () => void}|null} */
    this.twin = null;
    this.moved = moved;
    /** What failed before anybody listened. @type {any[]} */
    this.failures = [];
    this.early = (/** @type {any} */ event) => { this.failures.push(event); };
    this.gl = maplibregl;
    this.map = new maplibregl.Map({
      container,
      ...(camera ?? { bounds: city.bounds, fitBoundsOptions: { padding: this.framing() } }),
      maxZoom: MAX_ZOOM,
      minZoom: 7,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      fadeDuration: stillness() ? 0 : MOVE_MS,
      locale,
    });
    for (const turned of [this.map.touchZoomRotate, this.map.keyboard]) turned.disableRotation();
    this.map.setMissingStyleImageResolver((/** @type {string} */ id) => addImage(this.map, id, palette));
    const busy = (/** @type {boolean} */ now) => container.setAttribute("aria-busy", String(now));
    for (const event of ["dataloading", "movestart"]) this.map.on(event, () => busy(true));
    this.map.on("idle", () => busy(false));
    /** The first picture stands. */
    this.stood = new Promise((done) => {
      this.map.once("idle", done);
      setTimeout(done, FIRST_MS);
    });
    this.map.on("error", this.early);
    this.isStyled = false;
    this.map.once("style.load", () => { this.isStyled = true; this.remark(); });
    this.marker = new maplibregl.Marker({ element: pin(), anchor: "bottom" });
    this.hover = new Hover(this);
  }

  /** Have somebody told what fails, and what failed so far. @param {(event: any) => void} listener */
  onFailure(listener) {
    this.map.off("error", this.early);
    this.map.on("error", listener);
    for (const event of this.failures.splice(0)) listener(event);
  }

  /** @param {string} theme */
  setTheme(theme) {
    Object.assign(this.look, { theme, colours: this.palette.themes[theme].map });
    this.restyle();
  }

  /** Draw without tiles. @param {any} data GeoJSON of `sketchOf` */
  setSketch(data) {
    this.look.sketch = data;
    this.marked = [];
    this.hover.forget();
    this.restyle();
  }

  /** Whether there are tiles, so that grids can be marked in them. */
  get hasTiles() { return !this.look.sketch; }

  /** Whether grids can be marked now: not before the first style is read. */
  get canMark() { return this.hasTiles && this.isStyled; }

  /** Show or hide a level, overlay or base. @param {string} id @param {boolean} shown */
  setShown(id, shown) {
    this.look.hidden[shown ? "delete" : "add"](id);
    this.restyle();
  }

  /** Show everything but some levels, overlays and bases. @param {string[]} ids */
  setHidden(ids) {
    if (ids.length === this.look.hidden.size && ids.every((id) => this.look.hidden.has(id))) return;
    this.look.hidden = new Set(ids);
    this.restyle();
  }

  /** Put the marker; busy as long as the answer is on its way. @param {Point|null} point @param {boolean} [busy] */
  mark(point, busy = false) {
    if (!point) return void this.marker.remove();
    this.marker.setLngLat([point.lon, point.lat]).addTo(this.map);
    this.marker.getElement().toggleAttribute("data-busy", busy);
  }

  /** Put numbered marks in the place of those before. @param {Point[]} points @param {(point: any) => void} [choose] */
  number(points, choose = () => {}) {
    for (const mark of this.numbers) mark.remove();
    this.numbers = points.map((point, i) => {
      const element = numberMark(i + 1, () => choose(point));
      const mark = new this.gl.Marker({ element }).setLngLat([point.lon, point.lat]).addTo(this.map);
      element.setAttribute("aria-hidden", "true");
      return mark;
    });
  }

  /** Highlight grids; what was highlighted before is not any more. @param {{selected?: GridKey[], near?: GridKey[]}} grids */
  highlight({ selected = [], near = [] }) {
    for (const { layer, id, state } of this.canMark ? this.marked : []) {
      for (const map of this.maps()) map.removeFeatureState({ source: SOURCE, sourceLayer: layer, id }, state);
    }
    this.marked = [
      ...selected.map(({ level, code }) => ({ layer: level, id: code, state: "selected" })),
      ...near.map(({ level, code }) => ({ layer: level, id: code, state: "near" })),
    ];
    this.remark();
  }

  /** Outline one grid exactly. @param {any|null} geometry GeoJSON */
  focus(geometry) {
    this.look.focus = geometry ? { type: "Feature", properties: {}, geometry } : NOTHING;
    this.#put(FOCUS);
  }

  /** Draw the open incidents in view. @param {any} data GeoJSON */
  async setIncidents(data) {
    this.look.incidents = data;
    await this.stood;
    this.#put(INCIDENTS);
  }

  /** Draw the incident that the panel shows. @param {any|null} feature GeoJSON */
  setIncident(feature) {
    this.look.incident = feature ?? NOTHING;
    this.#put(INCIDENT);
  }

  /** Draw what is measured or enclosed. @param {any} data GeoJSON */
  setWork(data) {
    this.look.work = data;
    this.#put(WORK);
  }

  /** This map, and the one over a part of it. @returns {any[]} */
  maps() {
    return [this.map, ...(this.twin?.isReady ? [this.twin.map] : [])];
  }

  /** @param {string} source called as what of the look it draws */
  #put(source) {
    const data = this.look[/** @type {"focus"|"incidents"|"incident"|"work"} */ (source)];
    for (const map of this.maps()) map.getSource(source)?.setData(data);
    // A style that is still read has no sources: that of a page which nobody has seen, or with another basemap.
    if (!this.map.getSource(source)) this.map.once("style.load", () => this.#put(source));
  }

  /**
   * The incident, or the group of them, at a place of the screen.
   * @param {{x: number, y: number}} point
   * @returns {import("../incidents/hits.mjs").Hit|null}
   */
  incidentAt(point) { return hitAt(this.map, point); }

  /**
   * Move in until a group of incidents falls apart.
   * @param {import("../incidents/hits.mjs").Hit} group
   * @returns {Promise<string[]>} the incidents of one that never does: all at one place
   */
  async expand(group) {
    const found = await apart(this.map, group, MAX_ZOOM);
    if (found && "numbers" in found) return found.numbers;
    if (found) this.go(group, found.zoom);
    return [];
  }

  /** What of the world is in view. @returns {number[]} west, south, east, north in degrees */
  viewBounds() {
    return this.map.getBounds().toArray().flat();
  }

  /** Show a box as a whole, beside what stands over the map. @param {number[]} bounds */
  fit(bounds) {
    this.map.fitBounds(bounds, { padding: this.framing(), maxZoom: 17.5, ...this.#motion() });
  }

  /** Move to a point, not farther out than `zoom`. @param {Point} point @param {number} zoom */
  go({ lon, lat }, zoom) {
    const { left, right, top, bottom } = this.padding(0);
    this.map.easeTo({
      center: [lon, lat],
      zoom: Math.max(this.map.getZoom(), zoom),
      offset: [(left - right) / 2, (top - bottom) / 2],
      ...this.#motion(),
    });
  }

  /** Move by as little as brings a point out from under what covers it. @param {Point} point */
  reveal({ lon, lat }) {
    const [dx, dy] = dodge(this.map.project([lon, lat]), byId("map").getBoundingClientRect(), this.#boxes(true), MARGIN_PX);
    if (dx || dy) this.map.panBy([-dx, -dy], this.#motion());
  }

  /** The middle of what can be seen of the map. @returns {Point & {x: number, y: number}} */
  visibleCentre() {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const { left, right, top, bottom } = this.padding(0);
    const [x, y] = [(left + clientWidth - right) / 2, (top + clientHeight - bottom) / 2];
    const { lng, lat } = this.map.unproject([x, y]);
    return { lon: lng, lat, x, y };
  }

  /** Metres that one pixel covers at a latitude. @param {number} lat */
  metresPerPixel(lat) {
    return metresPerPixel(lat, this.map.getZoom());
  }

  /**
   * How much of each side is covered by what stands over the map.
   * @param {number} margin pixels that are added on every side
   * @param {boolean} [all] also by cards that come and go
   */
  padding(margin, all = false) {
    return paddingOf(byId("map").getBoundingClientRect(), this.#boxes(all), margin);
  }

  /** @param {boolean} all */
  #boxes(all) {
    return boxesOn(byId("map").getBoundingClientRect(), this.covered(all));
  }

  /** Padding for a whole shape: clear of the panel, of cards and of the search box. */
  framing() {
    const found = this.padding(28, true);
    return { ...found, top: found.top + 44 };
  }

  #motion() { return { duration: stillness() ? 0 : MOVE_MS, essential: false }; }

  /** Draw by the look as it is now. */
  restyle() {
    this.map.setStyle(buildStyle(this.city, this.tilesUrl, this.look), { diff: this.isStyled }); // from none there is no difference
    this.twin?.restyle();
    this.remark();
  }

  /** Highlight anew, after a change of style. */
  remark() {
    for (const map of this.canMark ? this.maps() : []) markAll(map, [...this.levels, ...this.city.overlays], this.marked);
  }
}
