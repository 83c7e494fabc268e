/** Where the map is clear of what stands over it. All in pixels of the map, y downward. */

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box edges, from the upper left corner of the map */
/** @typedef {{width: number, height: number}} Size */

/**
 * How much to leave free at each side so that what is fitted between lies under nothing. Each box, the largest first,
 * takes the side that costs least of what is left.
 * @param {Size} size of the map @param {Box[]} boxes @param {number} margin that is added on every side
 * @returns {Box} widths of the four sides
 */
export function paddingOf({ width, height }, boxes, margin) {
  const free = { left: 0, right: width, top: 0, bottom: height };
  const area = (/** @type {Box} */ box) => Math.max(0, box.right - box.left) * Math.max(0, box.bottom - box.top);
  for (const box of [...boxes].sort((a, b) => area(b) - area(a))) {
    if (box.right <= free.left || box.left >= free.right || box.bottom <= free.top || box.top >= free.bottom) continue;
    const ways = [{ ...free, right: box.left }, { ...free, left: box.right }, { ...free, bottom: box.top }, { ...free, top: box.bottom }];
    Object.assign(free, ways.reduce((best, one) => (area(one) > area(best) ? one : best)));
  }
  // Never more than the map is large.
  const most = (/** @type {number} */ value, /** @type {number} */ whole) => Math.min(Math.max(0, value) + margin, whole * 0.7);
  return {
    left: most(free.left, width), right: most(width - free.right, width),
    top: most(free.top, height), bottom: most(height - free.bottom, height),
  };
}

/**
 * The least way by which a point comes out from under what covers it; [0, 0] where nothing does.
 * @param {{x: number, y: number}} at @param {Size} size of the map @param {Box[]} boxes @param {number} margin around them
 * @returns {[number, number]}
 */
export function dodge(at, { width, height }, boxes, margin) {
  const wide = boxes.map(({ left, right, top, bottom }) => ({ left: left - margin, right: right + margin, top: top - margin, bottom: bottom + margin }));
  const hides = (/** @type {number} */ x, /** @type {number} */ y) => wide.find((box) => x > box.left && x < box.right && y > box.top && y < box.bottom);
  // What is seen at the very edge may stay there, but for the upper one, where a pin stands up.
  const x = at.x >= 0 && at.x <= width ? at.x : Math.min(Math.max(at.x, margin), width - margin);
  const y = Math.min(Math.max(at.y, margin), at.y > height ? height - margin : height);
  const over = hides(x, y);
  if (!over) return [x - at.x, y - at.y];
  const ways = [[over.left, y], [over.right, y], [x, over.top], [x, over.bottom]]
    .filter(([toX, toY]) => toX >= 0 && toX <= width && toY >= margin && toY <= height && !hides(toX, toY))
    .sort((a, b) => Math.hypot(a[0] - x, a[1] - y) - Math.hypot(b[0] - x, b[1] - y));
  if (ways.length) return [ways[0][0] - at.x, ways[0][1] - at.y];
  const { left, right, top, bottom } = paddingOf({ width, height }, boxes, margin);
  return [(left + width - right) / 2 - at.x, (top + height - bottom) / 2 - at.y];
}

/**
 * Boxes of the page as of the corner of the map.
 * @param {DOMRect} map @param {DOMRect[]} boxes
 * @returns {Box[]}
 */
export function boxesOn(map, boxes) {
  return boxes.map(({ left, right, top, bottom }) => ({
    left: left - map.left, right: right - map.left, top: top - map.top, bottom: bottom - map.top,
  }));
}
