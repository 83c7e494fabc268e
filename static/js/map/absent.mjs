/** Stands in for the map where it cannot be drawn: answers still come, nothing is shown on a map. */

/** @typedef {{lon: number, lat: number}} Point */

export class AbsentMap {
  /** @type {any} */
  map = null;
  /** @type {any} */
  look = null;
  hasTiles = true;

  setTheme() {}
  setShown() {}
  setHidden() {}
  restyle() {}
  mark() {}
  number() {}
  highlight() {}
  focus() {}
  fit() {}
  go() {}
  reveal() {}
  setIncidents() {}
  setIncident() {}
  /** @returns {null} */
  incidentAt() {
    return null;
  }
  /** @returns {null} */
  viewBounds() {
    return null;
  }
  /** @returns {null} */
  visibleCentre() {
    return null;
  }
  metresPerPixel() {
    return 0;
  }
}
