/** Names that style and view share. */

/** The source of the tiles. */
export const SOURCE = "city";
/** The source of the one grid in focus. */
export const FOCUS = "focus";

/** Whether a feature is in a state, as a style expression. @param {string} name */
export function state(name) {
  return ["boolean", ["feature-state", name], false];
}

/**
 * Something that comes in with the zoom, as a style expression.
 * @param {number} from @param {number} full zooms @param {number} [top] how much in the end
 */
export function fade(from, full, top = 1) {
  return ["interpolate", ["linear"], ["zoom"], from, 0, Math.max(full, from + 0.01), top];
}
