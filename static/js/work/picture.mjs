/** The map as a picture with what it needs to be read: title, legend, scale, date, and what of it is not real. */

import { inLanguage } from "../i18n.mjs";
import { metresPerPixel } from "../map/scale.mjs";
import { periodText } from "../topics/spec.mjs";

const GAP = 18;
const LEGEND = 250;
const LINE = 21;

/**
 * @param {import("../app.mjs").App} app @param {import("../topics/board.mjs").Board} board
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function picture(app, board) {
  const { view, words, city } = app;
  const source = await drawn(view.map);
  const ratio = source.width / view.map.getContainer().clientWidth;
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const canvas = document.createElement("canvas");
  const figures = board.figures;
  const [width, height] = [source.width / ratio, source.height / ratio];
  const top = 62;
  const lines = wrapped(inLanguage(city.synthetic, words.language), `12px ${colour("--sans")}`, width + (figures ? LEGEND : 0));
  const bottom = 32 + lines.length * 16;
  canvas.width = (width + 2 * GAP + (figures ? LEGEND : 0)) * ratio;
  canvas.height = (height + top + bottom) * ratio;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(ratio, ratio);
  pen.fillStyle = colour("--surface");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  /** @param {string} text @param {number} x @param {number} y @param {string} font @param {string} ink @param {number} [most] */
  const write = (text, x, y, font, ink, most) => {
    pen.font = `${font} ${colour("--sans")}`;
    pen.fillStyle = colour(ink);
    pen.fillText(text, x, y, most);
  };
  write(`${city.name} ${figures ? figures.title : words.t("overview.kicker")}`, GAP, 28, "600 20px", "--text", width);
  const month = board.topic?.month;
  const period = figures?.period ? periodText(figures.period) : "";
  write([figures?.unit, month || period, `${words.t("generation")} ${city.generation}`].filter(Boolean).join(" · "), GAP, 50, "13px", "--text-soft", width);
  pen.drawImage(source, GAP, top, width, height);
  pen.strokeStyle = colour("--line-strong");
  pen.strokeRect(GAP, top, width, height);
  scaleBar(pen, view, GAP + 14, top + height - 16, colour);
  figures?.legend.forEach(({ colour: swatch, label, count, mark }, i) => {
    const y = top + 10 + i * LINE;
    pen.fillStyle = swatch;
    pen.fillRect(GAP + width + 16, y, 26, 14);
    pen.strokeStyle = colour("--line-strong");
    pen.strokeRect(GAP + width + 16, y, 26, 14);
    if (mark) write(mark === "hatch" ? "╱╱" : "∴", GAP + width + 20, y + 12, "12px", "--text-soft");
    write([label, count === undefined || count === null ? "" : `(${count})`].join(" "), GAP + width + 50, y + 12, "13px", "--text", LEGEND - 60);
  });
  const made = new Date().toLocaleString(words.language === "en" ? "en-GB" : "zh-CN");
  write([words.t("picture.made", { when: made }), app.basemaps?.chosen?.attribution].filter(Boolean).join(" · "), GAP, top + height + 20, "13px", "--text-soft", width);
  lines.forEach((line, i) => write(line, GAP, top + height + 38 + i * 16, "12px", "--warn"));
  return canvas;
}

/** A text in lines that are not longer than `width` pixels. @param {string} text @param {string} font @param {number} width */
function wrapped(text, font, width) {
  const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  pen.font = font;
  /** @type {string[]} */
  const lines = [];
  // Chinese breaks anywhere, other words stay whole.
  for (const part of text.match(/[\u0000-\u2e7f]+?(?:\s|$)|./gu) ?? []) {
    const longer = (lines.at(-1) ?? "") + part;
    if (lines.length && pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** The canvas of the map right after it was drawn, when it still holds its picture. @param {any} map @returns {Promise<HTMLCanvasElement>} */
function drawn(map) {
  return new Promise((done) => {
    map.once("render", () => {
      const canvas = map.getCanvas();
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [canvas.width, canvas.height];
      /** @type {CanvasRenderingContext2D} */ (copy.getContext("2d")).drawImage(canvas, 0, 0);
      done(copy);
    });
    map.triggerRepaint();
  });
}

/** @param {CanvasRenderingContext2D} pen @param {any} view @param {number} x @param {number} y @param {(name: string) => string} colour */
function scaleBar(pen, view, x, y, colour) {
  const perPx = metresPerPixel(view.map.getCenter().lat, view.map.getZoom());
  const most = perPx * 120;
  const unit = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map((one) => one * unit).find((one) => one <= most) ?? unit;
  const px = metres / perPx;
  pen.fillStyle = colour("--surface");
  pen.globalAlpha = 0.85;
  pen.fillRect(x - 6, y - 20, px + 12, 28);
  pen.globalAlpha = 1;
  pen.strokeStyle = colour("--text");
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x, y - 5);
  pen.lineTo(x, y);
  pen.lineTo(x + px, y);
  pen.lineTo(x + px, y - 5);
  pen.stroke();
  pen.lineWidth = 1;
  pen.font = `12px ${colour("--sans")}`;
  pen.fillStyle = colour("--text");
  pen.fillText(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, x + 3, y - 7);
}
