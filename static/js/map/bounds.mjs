/** Boxes: west, south, east, north in degrees. */

/** @typedef {number[]} Bounds */

/** Whether a box holds a point. @param {Bounds} bounds @param {number[]} point lon, lat */
export const holds = ([west, south, east, north], [lon, lat]) => lon >= west && lon <= east && lat >= south && lat <= north;

/** Whether a box holds another one. @param {Bounds} bounds @param {Bounds} other */
export const encloses = (bounds, [west, south, east, north]) => holds(bounds, [west, south]) && holds(bounds, [east, north]);

/** Those of some points that lie in a box. @param {any[]} features GeoJSON @param {Bounds} bounds @returns {any[]} */
export const within = (features, bounds) => features.filter((one) => holds(bounds, one.geometry.coordinates));
