/** Which edition of the boundaries answers. */

/**
 * Say once that other boundaries answer than those that are drawn: the server has changed over.
 * @param {import("./app.mjs").App} app
 * @param {string|undefined} generation
 */
export function tellOfEdition(app, generation) {
  if (!generation || generation === app.edition) return;
  app.edition = generation;
  const reload = { label: app.words.t("edition.reload"), action: () => location.reload() };
  app.shell.toast(app.words.t("edition.changed", { generation }), reload);
}
