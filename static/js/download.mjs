/** Files that the page hands out. */

/** @typedef {{name: string, kind?: "text"|"number"}} Column */

/** Save something under a name. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 30000);
}

/** A name without what file systems do not take. @param {...string} parts */
export function fileName(...parts) {
  return parts.filter(Boolean).join("-").replace(/[\\/:*?"<>|\s]+/g, "-").slice(0, 90);
}

/** Rows as a workbook takes them from the clipboard: every cell in its column, the empty ones too. @param {(string|number|null)[][]} rows */
export function pasted(rows) {
  return rows.map((row) => row.map((one) => String(one ?? "").replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
}

/**
 * Have a table written by the server, and save it.
 * @param {import("./incidents/calls.mjs").Calls} calls
 * @param {{name: string, format: "csv"|"xlsx", columns: Column[], rows: (string|number|null)[][]}} table
 */
export async function saveTable(calls, { name, ...table }) {
  save(await calls.file("/tables", table), `${name}.${table.format}`);
}
