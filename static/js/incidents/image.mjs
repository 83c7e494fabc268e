/** Images that are drawn by a pen, as the map takes them. */

const PIXEL_RATIO = 2;

/**
 * @param {number} side of the image, pixels
 * @param {(pen: CanvasRenderingContext2D) => void} draw
 * @returns {{image: ImageData, pixelRatio: number}}
 */
export function imageOf(side, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * PIXEL_RATIO;
  // In memory from the beginning: to be had back from the graphics processor the map would wait for each.
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  pen.scale(PIXEL_RATIO, PIXEL_RATIO);
  draw(pen);
  return { image: pen.getImageData(0, 0, canvas.width, canvas.height), pixelRatio: PIXEL_RATIO };
}
