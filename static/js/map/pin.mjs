/** The markers of points: the located one, and those to choose from. */

const SVG = "http://www.w3.org/2000/svg";

/** @returns {HTMLElement} */
export function pin() {
  const holder = document.createElement("div");
  holder.className = "pin";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 28 36");
  const drop = document.createElementNS(SVG, "path");
  drop.setAttribute("d", "M14 35C11 28 3 22 3 13a11 11 0 0 1 22 0c0 9-8 15-11 22z");
  const eye = document.createElementNS(SVG, "circle");
  for (const [name, value] of [["cx", "14"], ["cy", "13"], ["r", "4.2"]]) eye.setAttribute(name, value);
  svg.append(drop, eye);
  holder.append(svg);
  return holder;
}

/**
 * A numbered mark. The list in the panel is what keys and readers use.
 * @param {number} number @param {() => void} choose
 * @returns {HTMLElement}
 */
export function numberMark(number, choose) {
  const mark = document.createElement("div");
  mark.className = "number-mark";
  mark.textContent = String(number);
  mark.addEventListener("click", (event) => {
    event.stopPropagation(); // it is no click on the map
    choose();
  });
  return mark;
}
