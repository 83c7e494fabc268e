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
  root.lang = read("weige.language") === "en" ? "en" : "zh-CN";
})();
