/** The map as a picture with what it needs to be read: title, legend, scale, date, counts, and what of it is not real. */

import { inLanguage } from "../i18n.mjs";
import { drawUnseen } from "../map/offscreen.mjs";
import { drawnOf, onPaper, paintFigures } from "../topics/paper.mjs";
import { periodText } from "../topics/spec.mjs";
import { mapKeys } from "./legend.mjs";
import { candidate, pinAt, sample, scaleBar, Writer } from "./strokes.mjs";

const GAP = 18;
const LEGEND = 232;
const LINE = 20;
const TOP = 60;

/**
 * @typedef {{width: number, height: number, ratio: number, margin: number}} Sheet width, height and margin, which is
 *   around them, in pixels of 1/96 inch; `ratio` of the picture's pixels to them
 */

/** A picture for a letter or a screen. @type {Sheet} */
export const SCREEN = { width: 1440, height: 900, ratio: 1.6, margin: 20 };
/** What can be printed on of a sheet of paper, at 150 dots per inch or more. @type {Record<string, Sheet>} */
export const PAPERS = { a4: sheet(277, 186, 2), a3: sheet(396, 268, 1.6) };

/** @param {number} wideMm @param {number} highMm @param {number} ratio @returns {Sheet} */
function sheet(wideMm, highMm, ratio) {
  return { width: Math.floor((wideMm / 25.4) * 96), height: Math.floor((highMm / 25.4) * 96), ratio, margin: 0 };
}

/**
 * What is seen of the map, drawn anew in light colours to fill the sheet.
 * @param {import("../app.mjs").App} app @param {import("../topics/board.mjs").Board} board @param {Sheet} sheet
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function picture(app, board, { width, height, ratio, margin }) {
  const { view, words, city } = app;
  const { palette } = view;
  const { figures, beside, labels } = await onPaper(board);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height].map((side) => Math.round((side + 2 * margin) * ratio));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(ratio, ratio);
  pen.translate(margin, margin);
  const { ui, map: colours } = palette.themes.light;
  pen.fillStyle = ui.surface;
  pen.fillRect(-margin, -margin, width + 2 * margin, height + 2 * margin);
  const writer = new Writer(pen, getComputedStyle(document.documentElement).getPropertyValue("--sans").trim());
  const foot = writer.wrapped(footOf(app, figures), 12, width);
  const synthetic = writer.wrapped(inLanguage(city.synthetic, words.language), 12, width);
  const frame = { x: 1, y: TOP, width: width - LEGEND - GAP - 2, height: height - TOP - 12 - 16 * (foot.length + synthetic.length) };

  const look = { ...view.look, theme: "light", colours };
  const bounds = seen(view);
  const pinned = view.marker.getElement().isConnected ? [view.marker.getLngLat()] : [];
  const points = [...pinned, ...view.numbers.map((/** @type {any} */ one) => one.getLngLat()), split(view)]
    .map((/** @type {any} */ { lng, lat }) => ({ lon: lng, lat }));
  const wanted = { width: frame.width, height: frame.height, ratio, bounds, points };
  const drawn = await drawUnseen(view, { ...wanted, look: { ...look, drawn: drawnOf(figures, palette) }, paint: (map) => paintFigures(map, figures, palette) });
  const put = (/** @type {HTMLCanvasElement} */ image) => pen.drawImage(image, frame.x, frame.y, frame.width, frame.height);
  put(drawn.canvas);
  const at = drawn.at.map(({ x, y }) => ({ x: x + frame.x, y: y + frame.y }));
  if (beside) {
    const other = await drawUnseen(view, { ...wanted, look: { ...look, drawn: drawnOf(beside, palette) }, paint: (map) => paintFigures(map, beside, palette) });
    const x = Math.min(Math.max(/** @type {any} */ (at.at(-1)).x, frame.x + frame.width * 0.1), frame.x + frame.width * 0.9);
    pen.save();
    pen.beginPath();
    pen.rect(x, frame.y, frame.x + frame.width - x, frame.height);
    pen.clip();
    put(other.canvas);
    pen.restore();
    pen.fillStyle = ui.text;
    pen.fillRect(x - 1, frame.y, 2, frame.height);
    writer.label(labels[0], frame.x + 10, frame.y + 12, ui);
    writer.label(labels[1], frame.x + frame.width - 10, frame.y + 12, ui, "right");
  }
  at.slice(pinned.length, -1).forEach((place, i) => candidate(pen, place, i + 1, ui));
  if (pinned.length) pinAt(pen, at[0], ui);
  pen.strokeStyle = ui["line-strong"];
  pen.lineWidth = 1;
  pen.strokeRect(frame.x, frame.y, frame.width, frame.height);
  scaleBar(pen, drawn.metresPerPixel, frame.x + 14, frame.y + frame.height - 16, ui, writer);

  writer.line(`${city.name} ${figures ? figures.title : words.t("overview.kicker")}`, 1, 26, ui.text, { size: 20, bold: true, most: width });
  const period = labels[0] && labels[1] ? labels.join(" | ") : board.month || (figures?.period ? periodText(figures.period) : "");
  writer.line([figures?.unit, figures?.bandwidth, period, `${words.t("generation")} ${city.generation}`].filter(Boolean).join(" · "), 1, 48, ui["text-soft"], { size: 13, most: width });
  legend(pen, writer, figures, mapKeys(app, palette, drawn.zoom), { x: frame.x + frame.width + GAP, y: TOP, bottom: TOP + frame.height }, ui);
  [...foot.map((text) => [text, ui["text-soft"]]), ...synthetic.map((text) => [text, ui.warn])]
    .forEach(([text, ink], i) => writer.line(text, 1, frame.y + frame.height + 18 + i * 16, ink, { size: 12 }));
  return canvas;
}

/** What of the map can be seen beside panel and drawers. @param {any} view @returns {number[]} */
function seen(view) {
  const { left, right, top, bottom } = view.padding(0);
  const { clientWidth, clientHeight } = view.map.getContainer();
  const corners = [[left, top], [clientWidth - right, top], [left, clientHeight - bottom], [clientWidth - right, clientHeight - bottom]]
    .map((place) => view.map.unproject(place));
  const [lons, lats] = [corners.map(({ lng }) => lng), corners.map(({ lat }) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** Where the line between two periods stands on the screen. @param {any} view */
function split(view) {
  const { clientWidth, clientHeight } = view.map.getContainer();
  const percent = Number(document.querySelector(".swipe-line")?.getAttribute("aria-valuenow") ?? 50);
  return view.map.unproject([(clientWidth * percent) / 100, clientHeight / 2]);
}

/** What is counted but not seen, by what was divided, and when it was made. @param {import("../app.mjs").App} app @param {import("../topics/figures.mjs").Figures|null} figures */
function footOf({ words, basemaps }, figures) {
  const english = words.language === "en";
  const lost = [...document.querySelectorAll("#lost .lost")].map((one) => one.textContent ?? "");
  const made = words.t("picture.made", { when: new Date().toLocaleString(english ? "en-GB" : "zh-CN") });
  return [
    ...(figures?.left ?? []).map(({ key, n }) => words.t(key, { n: n.toLocaleString(english ? "en" : "zh-CN") })),
    ...(figures?.notes ?? []), ...lost, made, basemaps?.chosen?.attribution,
  ].filter(Boolean).join(" · ");
}

/**
 * @param {CanvasRenderingContext2D} pen @param {Writer} writer @param {import("../topics/figures.mjs").Figures|null} figures
 * @param {import("./legend.mjs").Key[]} keys @param {{x: number, y: number, bottom: number}} place @param {Record<string, string>} ui
 */
function legend(pen, writer, figures, keys, { x, y, bottom }, ui) {
  let down = y + 4;
  const text = { size: 13, most: LEGEND - 40 };
  for (const { colour, label, count, mark, texture } of figures?.legend ?? []) {
    pen.fillStyle = colour;
    pen.fillRect(x, down, 26, 14);
    pen.strokeStyle = ui["line-strong"];
    pen.lineWidth = 1;
    pen.strokeRect(x, down, 26, 14);
    if (texture) sample(pen, texture, colour, x, down);
    if (mark) writer.line(mark === "hatch" ? "╱╱" : "∴", x + 4, down + 12, ui["text-soft"], { size: 12 });
    writer.line([label, count === undefined || count === null ? "" : `(${count})`].join(" "), x + 36, down + 12, ui.text, text);
    down += LINE;
  }
  if (figures) down += 10;
  for (const { label, draw } of keys) {
    if (down + LINE > bottom) break;
    draw(pen, x, down);
    writer.line(label, x + 36, down + 12, ui.text, text);
    down += LINE;
  }
}
