/** Who should be asked, by the policy and who is on duty; with their phones. */

import { el, icon } from "../dom.mjs";
import { section } from "../panel/parts.mjs";

/** @typedef {import("../i18n.mjs").Words} Words */

/** @param {any} proposal of /proposal, null while it is on its way @param {Words} words */
export function proposalSection(proposal, words) {
  if (!proposal) return section(words.t("proposal.title"), el("div", { class: "bone" }), el("div", { class: "bone" }));
  const { offers, neighbours, notes, rule_text: rule } = proposal;
  return section(words.t("proposal.title"),
    el("ol", { class: "offers" }, ...offers.map((/** @type {any} */ one) => offerRow(one, words))),
    neighbours.length ? el("p", { class: "offers-title", text: words.t("proposal.neighbours") }) : null,
    neighbours.length ? el("ul", { class: "offers offers-beside" }, ...neighbours.map((/** @type {any} */ one) => offerRow(one, words))) : null,
    notes.length ? el("ul", { class: "offer-notes" }, ...notes.map((/** @type {string} */ text) => el("li", { text }))) : null,
    el("p", { class: "faint offer-rule", text: words.t("proposal.rule", { rule }) }));
}

/** @param {any} offer @param {Words} words */
function offerRow(offer, words) {
  return el("li", { class: "offer" }, people(offer, words),
    offer.phone
      ? el("a", { class: "tel", href: `tel:${offer.phone.replace(/[^\d+*#-]/g, "")}`, "aria-label": words.t("answer.call", { who: offer.label, phone: offer.phone }) }, icon("phone"), offer.phone)
      : el("span", { class: "no-tel", text: offer.label ? words.t("answer.no_phone") : "" }));
}

/** Whom, and why. @param {any} offer @param {Words} words */
export function people(offer, words) {
  return el("span", { class: "choice-text" },
    el("strong", { text: [offer.name, offer.role].filter(Boolean).join(" · ") }),
    // The reason mostly says the same again; what is more is worth a line.
    isPlain(offer) ? null : el("span", { class: "faint", text: offer.reason || words.t("proposal.city") }));
}

/** @param {any} offer */
function isPlain({ reason, name, role }) {
  const bare = reason.replace(name, "").replace(role, "").replace(/[的，,\s]|of|the/g, "");
  return bare === "" && role !== "";
}
