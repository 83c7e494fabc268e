// Runs before the first paint, so that theme and language do not flash. A classic script: modules
// are deferred.
(() => {
  const read = (/** @type {string} */ key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be switched off
    }
  };
  const root = document.documentElement;
  const theme = read("weige.theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = theme === "dark" || theme === "light" ? theme : dark ? "dark" : "light";
  if ("oneLanguage" in root.dataset) return; // a page whose words are not in the dictionaries
  // On the first visit the language of the browser decides, as Accept-Language does on the server.
  const wanted = [read("weige.language"), ...navigator.languages].map((one) => one?.slice(0, 2).toLowerCase());
  root.lang = wanted.find((one) => one === "zh" || one === "en") === "en" ? "en" : "zh-CN";
})();
