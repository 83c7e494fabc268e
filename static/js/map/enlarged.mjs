/** The same map in large type: for a screen that is read from across the room. */

/** What has a size on the screen, and the size where none is said. @type {[("layout"|"paint"), string, number|null][]} */
const SIZES = [["layout", "text-size", null], ["layout", "icon-size", 1], ["paint", "circle-radius", null]];

/**
 * A size, or an expression of one, some times as large.
 * @param {any} size @param {number} times
 * @returns {any}
 */
export function sized(size, times) {
  if (typeof size === "number") return size * times;
  // What depends on the zoom has to stay outermost: its outputs are made larger, not the whole.
  const first = { interpolate: 4, step: 2 }[/** @type {string} */ (size[0])];
  if (first === undefined) return ["*", times, size];
  return size.map((/** @type {any} */ part, /** @type {number} */ i) => (i >= first && (i - first) % 2 === 0 ? sized(part, times) : part));
}

/**
 * A layer whose names, signs and discs are some times as large.
 * @param {any} layer of a style @param {number} [times]
 * @returns {any}
 */
export function enlarged(layer, times = 1) {
  if (times === 1) return layer;
  const found = { ...layer };
  for (const [part, key, otherwise] of SIZES) {
    const isIcon = key === "icon-size";
    const size = layer[part]?.[key] ?? (isIcon && layer.layout?.["icon-image"] ? otherwise : undefined);
    if (size !== undefined && size !== null) found[part] = { ...found[part], [key]: sized(size, times) };
  }
  return found;
}
