/** What is drawn by hand into a picture of the map: text, marks, the bar of the scale. */

import { texturePath, textureStroke } from "../topics/textures.mjs";

/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {{x: number, y: number}} Place */

export class Writer {
  /** @param {Pen} pen @param {string} family */
  constructor(pen, family) {
    this.pen = pen;
    this.family = family;
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} ink @param {{size: number, bold?: boolean, most?: number}} how */
  line(text, x, y, ink, { size, bold = false, most }) {
    this.pen.font = `${bold ? "600 " : ""}${size}px ${this.family}`;
    this.pen.fillStyle = ink;
    this.pen.fillText(text, x, y, most);
  }

  /** Text in a box of its own. @param {string} text @param {number} x @param {number} y @param {Record<string, string>} ui @param {"left"|"right"} [side] */
  label(text, x, y, ui, side = "left") {
    const { pen } = this;
    pen.font = `600 13px ${this.family}`;
    const width = pen.measureText(text).width + 16;
    const left = side === "left" ? x : x - width;
    pen.fillStyle = ui.surface;
    pen.fillRect(left, y, width, 24);
    pen.strokeStyle = ui["line-strong"];
    pen.lineWidth = 1;
    pen.strokeRect(left, y, width, 24);
    this.line(text, left + 8, y + 17, ui.text, { size: 13, bold: true });
  }

  /** A text in lines that are not longer than `width` pixels. @param {string} text @param {number} size @param {number} width */
  wrapped(text, size, width) {
    this.pen.font = `${size}px ${this.family}`;
    return wrappedBy((one) => this.pen.measureText(one).width, text, width);
  }
}

/**
 * A text in lines: Chinese breaks anywhere but before a mark, other words stay whole.
 * @param {(text: string) => number} measure @param {string} text @param {number} width
 * @returns {string[]}
 */
export function wrappedBy(measure, text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const part of text.match(/[\u0000-\u2e7f]+?(?:\s|$)|.[，。；、：）]?/gu) ?? []) {
    const longer = (lines.at(-1) ?? "") + part;
    if (lines.length && measure(longer.trimEnd()) <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.map((one) => one.trimEnd());
}

/** The texture of a class in its field of the legend, 26 × 14 pixels. @param {Pen} pen @param {import("../topics/textures.mjs").Texture} texture @param {string} below its colour @param {number} x @param {number} y */
export function sample(pen, texture, below, x, y) {
  const { colour, width } = textureStroke(texture, below);
  pen.save();
  pen.translate(x + 1, y + 1);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineCap = "round";
  pen.stroke(new Path2D(texturePath(texture)));
  pen.restore();
}

/** The mark of the place that was asked. @param {Pen} pen @param {Place} tip @param {Record<string, string>} ui */
export function pinAt(pen, { x, y }, ui) {
  pen.save();
  pen.translate(x - 14, y - 35);
  pen.fillStyle = ui.accent;
  pen.strokeStyle = ui.surface;
  pen.lineWidth = 2;
  const drop = new Path2D("M14 35C11 28 3 22 3 13a11 11 0 0 1 22 0c0 9-8 15-11 22z");
  pen.fill(drop);
  pen.stroke(drop);
  pen.fillStyle = ui.surface;
  pen.beginPath();
  pen.arc(14, 13, 4.2, 0, 2 * Math.PI);
  pen.fill();
  pen.restore();
}

/** One of several places to choose from. @param {Pen} pen @param {Place} at @param {number} number @param {Record<string, string>} ui */
export function candidate(pen, { x, y }, number, ui) {
  pen.beginPath();
  pen.arc(x, y, 13, 0, 2 * Math.PI);
  pen.fillStyle = ui.warn;
  pen.fill();
  pen.strokeStyle = ui.surface;
  pen.lineWidth = 2;
  pen.stroke();
  pen.fillStyle = ui.surface;
  pen.font = "600 13px sans-serif";
  pen.textAlign = "center";
  pen.fillText(String(number), x, y + 4.5);
  pen.textAlign = "start";
}

/** A round length that is not longer than `most` metres. @param {number} most */
export function roundLength(most) {
  const unit = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((one) => one * unit).find((one) => one <= most) ?? unit;
}

/** @param {Pen} pen @param {number} perPx metres @param {number} x @param {number} y @param {Record<string, string>} ui @param {Writer} writer */
export function scaleBar(pen, perPx, x, y, ui, writer) {
  const metres = roundLength(perPx * 150);
  const px = metres / perPx;
  pen.fillStyle = ui.surface;
  pen.globalAlpha = 0.85;
  pen.fillRect(x - 6, y - 20, px + 12, 28);
  pen.globalAlpha = 1;
  pen.strokeStyle = ui.text;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x, y - 5);
  pen.lineTo(x, y);
  pen.lineTo(x + px, y);
  pen.lineTo(x + px, y - 5);
  pen.stroke();
  writer.line(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, x + 3, y - 7, ui.text, { size: 12 });
}
