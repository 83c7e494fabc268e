/** The grid under the pointer is told apart, and what can be pressed has a hand. */

import { SOURCE } from "./source.mjs";

export class Hover {
  /** @param {import("./view.mjs").MapView} view */
  constructor(view) {
    this.view = view;
    /** @type {{layer: string, id: string}|null} */
    this.grid = null;
    view.map.on("mousemove", (/** @type {any} */ event) => this.#over(event.point));
    view.map.on("mouseout", () => this.#over(null));
  }

  /** Forget the grid: the tiles that had it are gone. */
  forget() {
    this.grid = null;
  }

  /** @param {any} point */
  #over(point) {
    const { map, levels } = this.view;
    map.getCanvas().style.cursor = point && this.view.incidentAt(point) ? "pointer" : "";
    const layers = levels.map((level) => `${level.id}-selected-fill`).filter((id) => map.getLayer(id));
    const feature = point && layers.length ? map.queryRenderedFeatures(point, { layers })[0] : null;
    if (feature?.id === this.grid?.id && feature?.sourceLayer === this.grid?.layer) return;
    this.#tell(false);
    this.grid = feature ? { layer: feature.sourceLayer, id: feature.id } : null;
    this.#tell(true);
  }

  /** @param {boolean} on */
  #tell(on) {
    if (!this.grid || !this.view.canMark) return;
    const key = { source: SOURCE, sourceLayer: this.grid.layer, id: this.grid.id };
    for (const map of this.view.maps()) {
      if (on) map.setFeatureState(key, { hover: true });
      else map.removeFeatureState(key, "hover");
    }
  }
}
