/**
 * When a level shows, and how heavily. Levels are data, so everything follows from the position of
 * a level in the list and from how large its grids are on the screen.
 */

const EARTH_M = 40075016.686; // equator in Web Mercator
const TILE_PX = 512;
// Part of its bounding box that a city fills, roughly.
const FILL = 0.6;

/** Sizes in pixels of a mean grid at which things happen. */
const LINE_FROM_PX = 9;
const LINE_FULL_PX = 90;
const LABEL_FROM_PX = 84;
/** A number needs less room than a name; from the second size on (twice it for the finest, whose
 * names are longest) there is room for the name. */
const NUMBER_FROM_PX = 62;
const NAME_FROM_PX = 230;
/** Smaller grids are too small to be pointed at: the one above stands in. */
const TELL_PX = 10;
const LABEL_GONE_PX = 2600;

/**
 * @typedef {object} LevelScale
 * @property {string} id
 * @property {string} name
 * @property {number} position 0 coarsest … 1 finest
 * @property {number} lineFrom zoom where its lines begin to show
 * @property {number} lineFull zoom where they are at full strength
 * @property {number} labelFrom zoom where its labels come
 * @property {number} nameFrom zoom where they become whole names
 * @property {number} labelGone zoom beyond which a grid outgrows the screen
 * @property {number} widthPx weight of its border at a middle zoom
 * @property {number} tilesFrom first zoom at which it is marked: the tiles hold it, and its grids can be told apart
 * @property {number} standsInUntil zoom up to which it stands in for a finer level
 */

/** Metres per pixel of Web Mercator. @param {number} lat degrees @param {number} zoom */
export function metresPerPixel(lat, zoom) {
  return (EARTH_M * Math.cos((lat * Math.PI) / 180)) / (TILE_PX * 2 ** zoom);
}

/**
 * @param {{bounds: number[], levels: {id: string, name: string, count: number, min_zoom: number}[]}} city
 * @param {number} [times] as large as on a desk names are: so much more room they want
 * @returns {LevelScale[]} coarse to fine
 */
export function levelScales(city, times = 1) {
  const [west, south, east, north] = city.bounds;
  const lat = (south + north) / 2;
  const width = ((east - west) / 360) * EARTH_M * Math.cos((lat * Math.PI) / 180);
  const height = ((north - south) / 360) * EARTH_M;
  const last = Math.max(city.levels.length - 1, 1);
  return city.levels.map((level, i) => {
    const size = Math.sqrt((width * height * FILL) / Math.max(level.count, 1));
    /** @param {number} px */
    const zoomAt = (px) => Math.log2((px * metresPerPixel(lat, 0)) / size);
    const position = i / last;
    return {
      id: level.id,
      name: level.name,
      position,
      lineFrom: i === 0 ? 0 : zoomAt(LINE_FROM_PX),
      lineFull: i === 0 ? 1 : zoomAt(LINE_FULL_PX),
      labelFrom: i === 0 ? 0 : zoomAt(times * (position > 0.5 ? NUMBER_FROM_PX : LABEL_FROM_PX)),
      nameFrom: position > 0.5 ? zoomAt(times * NAME_FROM_PX * (position < 1 ? 1 : 2)) : 0,
      labelGone: i === city.levels.length - 1 ? 24 : zoomAt(LABEL_GONE_PX),
      widthPx: lineWidth(position),
      tilesFrom: Math.max(level.min_zoom, i === 0 ? 0 : Math.ceil(zoomAt(TELL_PX))),
      standsInUntil: 24,
    };
  }).map((level, i, all) => ({
    ...level,
    standsInUntil: all[i + 1]?.tilesFrom ?? 24,
    // One level is numbered at a time: the finer one waits until that above it has names.
    labelFrom: Math.max(level.labelFrom, all[i - 1]?.nameFrom ?? 0),
  }));
}

/** Weight of a border in pixels. @param {number} position 0 coarsest … 1 finest */
export function lineWidth(position) {
  return 2.1 * (0.55 / 2.1) ** position;
}

/**
 * A colour between two.
 * @param {string} from `#rrggbb` @param {string} to `#rrggbb` @param {number} part 0 … 1
 */
export function mix(from, to, part) {
  /** @param {string} hex @param {number} at */
  const channel = (hex, at) => parseInt(hex.slice(at, at + 2), 16);
  const parts = [1, 3, 5].map((at) => {
    const value = channel(from, at) + (channel(to, at) - channel(from, at)) * part;
    return Math.round(value).toString(16).padStart(2, "0");
  });
  return `#${parts.join("")}`;
}
