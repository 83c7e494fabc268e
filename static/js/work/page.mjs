/** The view as one file that opens anywhere: the picture, and the figures as a table that a reader can search. */

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (one) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }[one] ?? one));
}

/**
 * @param {import("../app.mjs").App} app @param {import("../topics/board.mjs").Board} board @param {string} image data URL
 * @returns {string}
 */
export function page({ city, words }, { figures }, image) {
  const title = escaped([city.name, figures?.title].filter(Boolean).join(" "));
  const t = words.t.bind(words);
  const cells = (/** @type {(string|number|null)[]} */ all, tag = "td") => all.map((one) => `<${tag}>${escaped(String(one ?? ""))}</${tag}>`).join("");
  const columns = figures ? [t("drawer.name"), t("drawer.code"), t("drawer.state"), figures.columns.value, figures.columns.count, figures.columns.whole] : [];
  const rows = (figures?.rows ?? []).map((row) => `<tr>${cells([row.name, row.code, t(`topic.state.${row.state}`), row.told || row.value, row.count, row.whole])}</tr>`).join("\n");
  const notes = [...(figures?.notes ?? []), ...(figures?.left ?? []).map(({ key, n }) => t(key, { n })), `${t("generation")} ${city.generation}`, city.synthetic].filter(Boolean);
  return `<!doctype html><html lang="${words.language === "en" ? "en" : "zh-CN"}"><meta charset="utf-8"><title>${title}</title>
<style>body{margin:24px;font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}img{max-width:100%;height:auto}table{border-collapse:collapse;margin-top:16px;font-size:13px}td,th{padding:3px 12px;border-bottom:1px solid #ddd;text-align:left}</style>
<h1 hidden>${title}</h1><img src="${image}" alt="${title}"><ul>${notes.map((one) => `<li>${escaped(one)}</li>`).join("")}</ul>
${rows ? `<table><thead><tr>${cells(columns, "th")}</tr></thead><tbody>${rows}</tbody></table>` : ""}</html>
`;
}
